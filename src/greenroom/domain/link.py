"""On what terms servers and workers elsewhere talk."""

PROTOCOL = 1
"""Grows with every change that the other side, when it is older, cannot understand."""
LARGEST_FRAME = 128 * 1024 * 1024
"""Bytes of one message. Files of runs go beside, in pieces."""
