"""Automatic call distribution: agents, queues, and the choice between them."""
