"""The message catalogues: English is in the source, every other language in a folder here."""
