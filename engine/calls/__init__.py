"""Calls: what a call is, who is in it, and the switch that carries it."""
