"""The technician's console: the command tree as data, a line editor without a terminal, a session without a wire, and how answers look."""
