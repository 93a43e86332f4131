"""One operation of the console API with its types: routes and description are made from it."""

from dataclasses import dataclass

import msgspec

from greenroom.api.context import Handler


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    path: str
    """Below /api/console; placeholders as aiohttp writes them."""
    handler: Handler
    summary: str
    answer: type[msgspec.Struct] | None = None
    """None for files and streams."""
    body: type[msgspec.Struct] | None = None
    query: tuple[str, ...] = ()
