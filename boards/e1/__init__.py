"""E1 trunks: ISDN PRI, channel-associated signalling and MFC/R2, without a reactor; only ``board.py`` opens channels.

ISDN PRI is libpri behind a shim in C (``native/``): frames go in and out through bounded queues, time and chance are arguments. A validator
of our own (``q921.py``, ``q931.py``) stands before it.
"""
