"""Numbering and routing as a pure decision: where a call from outside goes, by which trunks a call goes out, and why."""
