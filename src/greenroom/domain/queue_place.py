"""Where a job goes in the queue that asks for a priority."""

LARGEST_PRIORITY = 1_000_000

_BEHIND_ALL = 1e15
"""No job comes to a place this far back by itself."""


def place_of(priority: int) -> float | None:
    """Jobs with a priority go before all others, those with a negative one behind them."""
    if not priority:
        return None
    return float(-priority) if priority > 0 else _BEHIND_ALL - priority
