"""Recording conversations: stereo A-law WAV files that outlive a power cut."""
