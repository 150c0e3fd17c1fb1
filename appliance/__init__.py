"""The appliance: the only package that knows all others. Command line, object graph, files of settings, prompts, texts."""

__all__ = ["VERSION"]

VERSION = "0.1.0"
"""What ``strowger version`` says and the journal notes at every start."""
