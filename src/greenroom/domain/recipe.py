"""What a job was made of: a workflow of the library, and the parameters of its form."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from greenroom.domain.ids import JobId
from greenroom.domain.job import Job
from greenroom.domain.json import JsonObject
from greenroom.domain.record import Payload


@dataclass(frozen=True, slots=True)
class Recipe:
    workflow_id: str
    workflow_name: str
    """As it was when the job was made."""
    version: int
    params: JsonObject
    """What was given for the form, without what the caller marked as its own with `_`."""
    seeds: Mapping[str, int]
    """Every seed that the run uses, by the name of its input."""
    output_dir: str
    """The folder below `output/` that is this job's alone."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Input id -> name of an uploaded file."""
    input_image: str | None = None
    """The first of them."""
    retry_of: JobId | None = None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job with all that a history tells of it."""

    job: Job
    payload: Payload
    outputs: bytes | None
    """Node id -> `ui` dict, as JSON in UTF-8; None when nothing came out."""
    recipe: Recipe | None
    """None for a job that came as a bare graph."""
