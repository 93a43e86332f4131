"""The parameters of lists, read from a URL."""

from greenroom.api.console import cursors
from greenroom.api.console.statuses import STATUSES
from greenroom.api.context import Call
from greenroom.domain.asset import Root
from greenroom.domain.browse import AssetSearch, JobSearch, Place
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DeploymentId, JobId
from greenroom.domain.job import TERMINAL_STATES, JobState

_MOST = 200
_MOST_DAYS = 3660
_FARTHEST = 14 * 60
_STATES = {str(word): state for state, word in STATUSES.items()}


def job_search(call: Call) -> JobSearch:
    """Finished jobs unless the request names states. BAD_REQUEST."""
    deployment = call.query("deployment")
    return JobSearch(
        states=_states(call.query("status")),
        workflow_id=call.query("workflow") or None,
        deployment_id=DeploymentId(deployment) if deployment else None,
        tag=_tag(call),
        text=call.query("text") or None,
        created_after=_instant(call, "after"),
        created_before=_instant(call, "before"),
    )


def asset_search(call: Call) -> AssetSearch:
    """Outputs unless the request names another folder. BAD_REQUEST."""
    job, folder = call.query("job"), call.query("subfolder")
    return AssetSearch(
        roots=_roots(call.query("folder") or "output"),
        kind=call.query("kind") or None,
        text=call.query("text") or None,
        job_id=JobId(job) if job else None,
        workflow_id=call.query("workflow") or None,
        subfolder=folder,
        created_after=_instant(call, "after"),
        created_before=_instant(call, "before"),
    )


def place(call: Call) -> Place | None:
    """A job's cursor ends in its seq. BAD_REQUEST."""
    found = cursors.read(call.query("cursor"))
    if found is not None and not (found.key.isascii() and found.key.isdigit()):
        raise AppError(ErrorCode.BAD_REQUEST, "The cursor is not one that a page of jobs gave.")
    return found


def limit(call: Call, default: int = 50) -> int:
    """At most 200. BAD_REQUEST."""
    return min(_whole(call, "limit") or default, _MOST)


def days(call: Call, default: int) -> int:
    """At least one, at most ten years. BAD_REQUEST."""
    return min(max(_whole(call, "days") or default, 1), _MOST_DAYS)


def utc_offset(call: Call) -> int:
    """How many minutes the caller's clock is ahead of UTC. BAD_REQUEST."""
    text = call.query("utc_offset") or "0"
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and int(digits) <= _FARTHEST):
        raise AppError(ErrorCode.BAD_REQUEST, "utc_offset must be minutes, at most 14 hours.")
    return int(text)


def _tag(call: Call) -> str | None:
    """BAD_REQUEST without the deployment whose requests have it."""
    tag = call.query("tag") or None
    if tag is not None and not call.query("deployment"):
        raise AppError(ErrorCode.BAD_REQUEST, "tag needs the deployment whose requests have it.")
    return tag


def _states(text: str | None) -> frozenset[JobState]:
    if not text:
        return TERMINAL_STATES
    words = text.split(",")
    unknown = [word for word in words if word not in STATUSES.values()]
    if unknown:
        raise AppError(ErrorCode.BAD_REQUEST, f"{unknown[0]!r} is not a status.")
    return frozenset(_STATES[word] for word in words)


def _roots(text: str) -> frozenset[Root]:
    try:
        return frozenset(Root(word) for word in text.split(","))
    except ValueError:
        raise AppError(ErrorCode.BAD_REQUEST, f"{text!r} is not a folder.") from None


def _instant(call: Call, name: str) -> Millis | None:
    value = _whole(call, name)
    return None if value is None else Millis(value)


def _whole(call: Call, name: str) -> int | None:
    text = call.query(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise AppError(ErrorCode.BAD_REQUEST, f"{name} must be a whole number.")
    return int(text)
