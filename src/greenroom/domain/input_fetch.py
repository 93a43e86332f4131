"""Files that a waiting job lacks while they are fetched: which they are, and when to try again."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.workflow.file_inputs import FileKind
from greenroom.domain.workflow.refs import Place

LASTING = "lasting"
"""In the details of an error: the same request would come to the same end again."""
GIVE_UP_MS = 30 * 60_000
"""From the first try; a fetch that breaks later than that is not tried again."""
MOST_BEGUN = 10
"""A fetch that was begun more often, and never ended, may be what ends the servers."""
_WAITS_MS = (2_000, 10_000, 30_000)
_LASTING_CODES = frozenset({
    ErrorCode.BAD_REQUEST, ErrorCode.FORBIDDEN, ErrorCode.TOO_LARGE, ErrorCode.UNSUPPORTED_MEDIA,
})  # fmt: skip
_LONGEST_SHOWN = 120


@dataclass(frozen=True, slots=True)
class AwaitedFile:
    """A file that a graph names by its address."""

    url: str
    kind: FileKind
    places: tuple[Place, ...]
    """The inputs that name it."""
    lease: str | None = None
    """Of the fetch that goes on already; None while nobody fetches it."""


@dataclass(frozen=True, slots=True)
class InputFetch:
    """A fetch that is ours until its lease runs out."""

    job_id: JobId
    tenant: TenantId
    position: int
    """Which of the job's files it is."""
    file: AwaitedFile
    lease: str
    tries: int
    """This one included."""
    give_up_at: Millis


@dataclass(frozen=True, slots=True)
class MissingInput:
    """What a job waits for."""

    url: str
    last_error: str | None
    """Why the last try came to nothing."""


def next_try(fetch: InputFetch, error: AppError, now: Millis) -> Millis | None:
    """When to fetch it again after this error; None when that would be in vain."""
    if error.code in _LASTING_CODES or error.details.get(LASTING):
        return None
    if fetch.tries > len(_WAITS_MS) or now >= fetch.give_up_at:
        return None
    return Millis(now + _WAITS_MS[fetch.tries - 1])


def shown(url: str) -> str:
    """Where the file is, for people: without a query, which may hold a signature."""
    parts = urlsplit(url)
    text = f"{parts.netloc.rpartition('@')[2]}{parts.path}"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def waiting_for(missing: Sequence[MissingInput]) -> str:
    """For people: `inputs: example.com/film.mp4 and 2 more`."""
    if not missing:
        return "inputs"
    first = missing[0]
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    why = f" (tried before: {first.last_error.rstrip('.')})" if first.last_error else ""
    return f"inputs: {shown(first.url)}{more}{why}"
