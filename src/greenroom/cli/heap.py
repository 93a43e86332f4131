"""When Python looks for garbage in a process that becomes a server."""

import gc

_GARBAGE_BEFORE_A_LOOK = 20_000


def grow() -> None:
    """Look for none: a start makes little, and to look for it would be a tenth of the time."""
    gc.disable()


def settle() -> None:
    """Look from here on, and never at what is there now: it lives as long as the process."""
    gc.freeze()
    gc.set_threshold(_GARBAGE_BEFORE_A_LOOK, 20, 20)
    gc.enable()
