"""How much memory the child may use, so that a node fails before the machine does."""

import contextlib
import os
import resource
from pathlib import Path

_GROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_FIRST_TO_GO = Path("/proc/self/oom_score_adj")
_SHARE = 0.9


def most() -> int:
    """Bytes that the child may have when nobody set a limit."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):
        whole = min(whole, int(_GROUP_LIMIT.read_text()))
    return int(whole * _SHARE)


def limit(size: int) -> None:
    """Beyond `size` bytes allocations fail; if the machine runs out, the child goes first."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
    with contextlib.suppress(OSError):
        _FIRST_TO_GO.write_text("500")
