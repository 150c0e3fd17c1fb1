"""Drivers for telephone boards, behind the board contract."""
