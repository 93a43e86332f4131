"""How people page through jobs and files: what they look for, and where a page begins."""

from dataclasses import dataclass

from greenroom.domain.asset import Root
from greenroom.domain.clock import Millis
from greenroom.domain.ids import DeploymentId, JobId
from greenroom.domain.job import JobState


@dataclass(frozen=True, slots=True)
class Place:
    """The last entry of the page before; the next page begins behind it."""

    at: Millis
    key: str
    """What orders entries of the same instant: a job's seq, a file's id."""


@dataclass(frozen=True, slots=True)
class JobSearch:
    """Which jobs are looked for; None does not filter."""

    states: frozenset[JobState] | None = None
    workflow_id: str | None = None
    deployment_id: DeploymentId | None = None
    tag: str | None = None
    """That the request of a deployment was given; sought with `deployment_id` alone."""
    text: str | None = None
    """The start of the id, or in a value of the graph, or the workflow's name; in any case."""
    created_after: Millis | None = None
    created_before: Millis | None = None


@dataclass(frozen=True, slots=True)
class AssetSearch:
    """Which files are looked for; None does not filter."""

    roots: frozenset[Root] = frozenset({Root.OUTPUT})
    kind: str | None = None
    """The first part of the media type: image, video, audio, text."""
    text: str | None = None
    """Found in the name or the folder; case is ignored."""
    job_id: JobId | None = None
    workflow_id: str | None = None
    """Of the job that made the file."""
    subfolder: str | None = None
    """That folder, and all that lie in it."""
    created_after: Millis | None = None
    created_before: Millis | None = None
