"""What callers and agents hear: prompts, spoken numbers, sessions and flows."""
