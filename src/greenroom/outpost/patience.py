"""How long to wait before the next try."""

import asyncio
import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Patience:
    """Longer from try to try, and never quite as long as others wait. In seconds."""

    first: float = 0.5
    longest: float = 15.0
    _next: float = field(default=0.0, init=False)

    async def wait(self) -> None:
        delay = self._next or self.first
        self._next = min(delay * 2, self.longest)
        await asyncio.sleep(delay * random.uniform(0.75, 1.0))  # noqa: S311 - no secret

    def renew(self) -> None:
        """It went well: begin again with a short wait."""
        self._next = 0.0
