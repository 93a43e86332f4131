"""What the console API says, as types: the UI's TypeScript is generated from them.

Instants are milliseconds since the Unix epoch, lengths of time are seconds unless named otherwise.
"""

from typing import Any, Literal, TypeAlias

import msgspec

Status: TypeAlias = Literal[
    "queued", "running", "cancelling", "completed", "error", "stalled", "cancelled", "expired"
]

Kind: TypeAlias = Literal["image", "video", "audio", "text", "3d", "file"]


class Problem(msgspec.Struct):
    """Why a request was refused."""

    code: str
    message: str
    details: dict[str, Any]


class Image(msgspec.Struct):
    """A picture that can be shown."""

    name: str
    url: str
    thumbnail: str


class JobCard(msgspec.Struct):
    """A job in a list."""

    id: str
    status: Status
    workflow_id: str | None
    workflow_name: str
    queued_at: int
    started_at: int | None
    finished_at: int | None
    duration: float | None
    prompt: str
    """The start of the positive prompt."""
    preview: Image | None
    """The first picture that came out."""
    outputs_count: int
    input_image: Image | None
    attempt: int
    error: str | None
    """What went wrong, in one line."""
    tags: list[str]
    """What a request of a deployment was given to be found by."""


class JobPage(msgspec.Struct):
    jobs: list[JobCard]
    next: str | None
    """Cursor of the next page."""


class Parameter(msgspec.Struct):
    label: str
    type: str
    """The kind of form field it would be."""
    value: Any
    node_id: str | None
    input_name: str | None
    image: Image | None
    advanced: bool


class Output(msgspec.Struct):
    node_id: str
    kind: Kind
    name: str
    folder: str
    """input, output or temp."""
    subfolder: str
    url: str
    thumbnail: str | None
    text: str | None


class AttemptView(msgspec.Struct):
    number: int
    worker: str
    started_at: int
    ended_at: int | None
    outcome: str | None
    error: str | None


class ErrorView(msgspec.Struct):
    kind: str
    message: str
    node_id: str | None
    node_type: str | None
    advice: str
    traceback: str


class JobDetail(msgspec.Struct):
    card: JobCard
    parameters: list[Parameter]
    outputs: list[Output]
    attempts: list[AttemptView]
    error: ErrorView | None
    output_directory: str | None
    client_id: str | None
    worker: str | None
    graph: dict[str, Any]
    extra_data: dict[str, Any]
    waiting_for: str | None = None
    """What keeps every worker from running the waiting job; None when nothing does."""
    starts_in_seconds: int | None = None
    """When the waiting job will begin; None when nothing can be said."""
    has_webhook: bool = False


class Ids(msgspec.Struct):
    ids: list[str]


class Move(msgspec.Struct):
    ids: list[str]
    before: str | None = None
    """The waiting job to stand before; None for the front of the queue."""


class Changed(msgspec.Struct):
    ids: list[str]
    """The jobs that the request changed, or made."""


class Live(msgspec.Struct):
    """How far a run is."""

    id: str
    percent: int
    node_id: str | None
    step: float
    total_steps: float
    nodes_done: int
    total_nodes: int
    cached_count: int
    step_rate: float | None
    eta_seconds: int | None
    started_at: int | None
    preview: int
    """Counts the previews so far; 0 when there is none."""


class RunningJob(msgspec.Struct):
    card: JobCard
    live: Live
    worker: str | None
    node_titles: dict[str, str]


class WaitingJob(msgspec.Struct):
    card: JobCard
    position: int
    eta_seconds: int | None
    not_before: int | None
    waiting_for: str | None = None
    """What keeps every worker from running it; None when it only waits for its turn."""


class Device(msgspec.Struct):
    """What a worker computes on; memory in bytes."""

    name: str
    memory_total: int | None
    memory_free: int | None


class WorkerView(msgspec.Struct):
    id: str
    kind: str
    url: str | None
    status: str
    reason: str | None
    last_seen_at: int
    jobs: list[str]
    labels: dict[str, str]
    added: bool = False
    """Whether it was added while the server ran, so that it can be removed."""
    warm: list[str] = []
    """The model files that its last run loaded."""
    devices: list[Device] = []
    restarts: int | None = None
    """How often its ComfyUI was started anew; null where the server does not start it."""
    restart_reason: str | None = None
    """Why it was the last time."""
    remote: bool = False
    """Whether it connects from another machine."""
    address: str | None = None
    """Where it connects from; null while it is away."""
    latency_ms: float | None = None
    """Of the newest ping, there and back."""


class WorkerAddress(msgspec.Struct):
    """The ComfyUI that a new worker is for."""

    url: str


class TenantView(msgspec.Struct):
    id: str
    active: int
    """How many jobs wait or run."""
    paused: bool
    own: bool
    """Whether the caller belongs to it."""


class TenantOrder(msgspec.Struct):
    action: Literal["pause", "resume"]
    tenant: str | None = None
    """Null for the caller's own."""


class QueueView(msgspec.Struct):
    running: list[RunningJob]
    waiting: list[WaitingJob]
    waiting_total: int
    workers: list[WorkerView]
    tenants: list[TenantView]
    """Those that the caller may pause, its own among them."""


class UsageTotal(msgspec.Struct):
    name: str
    """The id of what is asked for; empty for graphs without workflow and jobs without key."""
    jobs: int
    """Those that came to an end, well or not."""
    succeeded: int
    attempts: int
    gpu_seconds: float
    """How long they held a worker."""


class UsageDay(UsageTotal, kw_only=True):
    at: int
    """When the day begins, in milliseconds since the epoch as if its time zone were UTC."""


class UsageView(msgspec.Struct):
    days: list[UsageDay]
    names: list[UsageTotal]
    """What used most comes first."""
    total: UsageTotal


class Workers(msgspec.Struct):
    workers: list[WorkerView]


class WorkerOrder(msgspec.Struct):
    action: Literal["pause", "resume", "drain"]
    worker: str | None = None
    """None for every worker."""


class AssetView(msgspec.Struct):
    id: str
    name: str
    folder: str
    subfolder: str
    kind: Kind
    mime: str
    size: int
    """Bytes."""
    width: int | None
    """Pixels; null where there is no picture."""
    height: int | None
    duration_ms: int | None
    """Of a film or a sound."""
    created_at: int
    job_id: str | None
    url: str
    thumbnail: str | None


class AssetPage(msgspec.Struct):
    assets: list[AssetView]
    next: str | None


class Setting(msgspec.Struct):
    name: str
    value: str
    help: str


class Info(msgspec.Struct):
    version: str
    settings: list[Setting]
    key_required: bool
    node_classes: int
    remaining: int
    editor: bool = False
    """Whether ComfyUI's own frontend is installed here, at /editor/."""


class JobNews(msgspec.Struct):
    """A job changed its state."""

    id: str
    status: Status
    deleted: bool
    remaining: int
    """How many jobs run or wait now."""


class Hello(msgspec.Struct):
    """The first event of a stream: what runs now."""

    runs: list[Live]
    remaining: int
