"""The one door: commands and snapshots for desk phones, command line, page and console, each checked by ``people``."""
