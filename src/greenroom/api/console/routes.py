"""The route table of the console API."""

from greenroom.api.console import (
    assets,
    canvas,
    deployments,
    errors,
    jobs,
    library,
    orders,
    shapes,
    tenants,
    usage,
    workflows,
)
from greenroom.api.console.cards import Cards
from greenroom.api.console.deployment_shapes import DeploymentOrder, Deployments
from greenroom.api.console.endpoints import Endpoint
from greenroom.api.console.info import InfoApi
from greenroom.api.console.jobs import JobsApi
from greenroom.api.console.queue import QueueApi
from greenroom.api.console.stream import Stream
from greenroom.api.console.thumbnails import Thumbnails
from greenroom.api.console.workers import WorkersApi
from greenroom.api.console.workflow_shapes import (
    Form,
    Library,
    Order,
    Ordered,
    Rename,
    Save,
    WorkflowList,
)
from greenroom.api.console.workflows import WorkflowsApi
from greenroom.api.operators import for_operators
from greenroom.api.routes import Dialect, Route
from greenroom.api.settings import EdgeSettings
from greenroom.service.services import Services

PREFIX = "/api/console"
_JOB_FILTERS = (
    "status", "workflow", "deployment", "tag", "text", "after", "before", "cursor", "limit",
)  # fmt: skip
_FILE_FILTERS = (
    "folder", "kind", "text", "job", "workflow", "subfolder", "after", "before", "cursor", "limit",
)  # fmt: skip
_USAGE = ("by", "days", "utc_offset")


def console(services: Services, settings: EdgeSettings) -> Dialect:
    stream = Stream(services)
    return Dialect(
        name="console",
        routes=tuple(
            Route(one.method, one.path, one.handler)
            for one in endpoints(services, stream, settings)
        ),
        errors=errors.answer,
        prefix=PREFIX,
        lifespan=stream.running,
    )


def endpoints(services: Services, stream: Stream, settings: EdgeSettings) -> tuple[Endpoint, ...]:
    cards, workers = Cards(services), WorkersApi(services, stream)
    return (
        *_jobs(JobsApi(cards), QueueApi(cards, stream, workers), stream),
        *_workers(workers),
        *_assets(Thumbnails()),
        *_workflows(WorkflowsApi(cards)),
        *_deployments(),
        Endpoint("GET", "/usage", usage.show, "What was used", shapes.UsageView, query=_USAGE),
        Endpoint("GET", "/info", InfoApi(settings).show, "What this server is", shapes.Info),
        Endpoint("GET", "/events", stream.open, "Everything that happens, as it happens"),
    )


def _jobs(api: JobsApi, queue: QueueApi, stream: Stream) -> tuple[Endpoint, ...]:
    ids, changed = shapes.Ids, shapes.Changed
    return (
        Endpoint("GET", "/jobs", api.page, "Finished jobs", shapes.JobPage, query=_JOB_FILTERS),
        Endpoint("GET", "/jobs/{job_id}", api.one, "All about a job", shapes.JobDetail),
        Endpoint("GET", "/jobs/{job_id}/preview", stream.preview, "The picture in progress"),
        Endpoint("GET", "/jobs/{job_id}/package", assets.package, "The job and its files as ZIP"),
        Endpoint("POST", "/jobs/cancel", jobs.cancel, "Stop jobs", changed, ids),
        Endpoint("POST", "/jobs/rerun", jobs.rerun, "Run jobs again", changed, ids),
        Endpoint("POST", "/jobs/delete", jobs.delete, "Delete jobs and files", changed, ids),
        Endpoint("GET", "/queue", queue.show, "What runs and waits", shapes.QueueView),
        Endpoint("POST", "/queue/move", queue.move, "Rearrange jobs", changed, shapes.Move),
    )


def _workers(api: WorkersApi) -> tuple[Endpoint, ...]:
    order, address, changed = shapes.WorkerOrder, shapes.WorkerAddress, shapes.Changed
    one = "/workers/{worker_id}"
    steer = for_operators(api.order)
    return (
        Endpoint("GET", "/workers", api.show, "The workers", shapes.Workers),
        Endpoint("POST", "/workers", steer, "Pause, resume or drain", changed, order),
        Endpoint("POST", "/workers/add", for_operators(api.add), "Add a worker", changed, address),
        Endpoint("DELETE", one, for_operators(api.remove), "Remove a worker", changed),
        Endpoint(
            "POST", "/tenants", tenants.order, "Pause or resume a tenant", changed,
            shapes.TenantOrder,
        ),
    )  # fmt: skip


def _assets(thumbnails: Thumbnails) -> tuple[Endpoint, ...]:
    ids, changed = shapes.Ids, shapes.Changed
    return (
        Endpoint("GET", "/assets", assets.page, "Files", shapes.AssetPage, query=_FILE_FILTERS),
        Endpoint("GET", "/assets/zip", assets.download, "Files as ZIP", query=("ids",)),
        Endpoint("POST", "/assets/delete", assets.delete, "Delete files", changed, ids),
        Endpoint(
            "GET", "/thumbnail", thumbnails.show, "A small picture of a file",
            query=("filename", "subfolder", "type", "size"),
        ),
    )  # fmt: skip


def _deployments() -> tuple[Endpoint, ...]:
    changed, order = shapes.Changed, DeploymentOrder
    return (
        Endpoint(
            "GET", "/deployments", deployments.show, "Deployments and their load", Deployments
        ),
        Endpoint("POST", "/deployments", deployments.order, "Make or change one", changed, order),
        Endpoint("POST", "/deployments/delete", deployments.delete, "Delete", changed, shapes.Ids),
    )


def _workflows(api: WorkflowsApi) -> tuple[Endpoint, ...]:
    form, changed = Form, shapes.Changed
    return (
        Endpoint("GET", "/workflows", api.gallery, "Workflows to run", WorkflowList),
        Endpoint("POST", "/workflows", workflows.save, "Save a workflow", changed, Save),
        Endpoint("GET", "/workflows/{workflow_id:.+}", workflows.open_one, "A form", form),
        Endpoint("GET", "/canvas/{workflow_id}", canvas.show, "A workflow for the editor"),
        Endpoint("POST", "/workflow-file", workflows.read, "A file's form", form, query=("name",)),
        Endpoint("POST", "/run", orders.run, "Run a form", Ordered, Order),
        Endpoint("GET", "/library", library.show, "The library", Library),
        Endpoint("POST", "/library", library.take_in, "Keep a file", changed, query=("name",)),
        Endpoint("POST", "/library/rename", library.rename, "Rename", changed, Rename),
        Endpoint("POST", "/library/delete", library.delete, "Delete", changed, shapes.Ids),
    )
