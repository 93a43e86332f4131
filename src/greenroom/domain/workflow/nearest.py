"""The known names that come closest to an unknown one."""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST_NAME = 200
_MOST_NAMES = 10_000


def nearest(name: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """Up to `most` of the known names, best first; case does not matter."""
    by_folded: dict[str, str] = {}
    for candidate in known:
        if len(by_folded) >= _MOST_NAMES:
            break
        by_folded.setdefault(candidate.casefold(), candidate)
    folded = name.casefold()[:_LONGEST_NAME]
    return tuple(by_folded[match] for match in get_close_matches(folded, by_folded, n=most))
