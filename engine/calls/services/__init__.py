"""Supplementary services of extensions: what users have set, who is rung for a call because of it, and what may be set. Pure."""
