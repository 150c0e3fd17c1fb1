"""Boards driven through DAHDI: the ABI, seam A, analog lines and the media pump."""
