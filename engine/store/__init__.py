"""What is remembered: the journal of all facts, the tables made of it, the start after a stop, and the questions asked."""
