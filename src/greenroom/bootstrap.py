"""The composition root: a Config becomes a running server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web

from greenroom import fleet
from greenroom.api import batch_webhook_body
from greenroom.api.app import EdgeSettings, build_app
from greenroom.api.serverless.webhook_body import RequestBody
from greenroom.api.webhook_body import JobBody
from greenroom.assets.blobs import BlobStore
from greenroom.assets.sweep import Sweep
from greenroom.assets.tree import NamedTree
from greenroom.background.duties import duties
from greenroom.background.retention import Keeper
from greenroom.background.webhooks import WebhookSender
from greenroom.background.workflow_folder import WorkflowFolder
from greenroom.bus.local import LocalBus
from greenroom.config import Config
from greenroom.data_folder import DataFolder
from greenroom.domain.address import AddressRule, is_loopback
from greenroom.domain.clock import Clock, SystemClock
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.principal import Principal
from greenroom.domain.quantity import milliseconds, size
from greenroom.domain.relay import RelayRule
from greenroom.domain.scaling.situation import Pace
from greenroom.domain.webhook import WebhookForm
from greenroom.domain.worker import parse_labels
from greenroom.engine.provider import Provider
from greenroom.file_intake import FetchRule, file_intake
from greenroom.kept_files import KeptFiles, kept_files
from greenroom.kept_workflows import KeptWorkflows, kept_workflows
from greenroom.listener import bound, host_in_url, reached_at
from greenroom.outbound.client import Outbound
from greenroom.provider_choice import ProviderKind, ProviderWish, chosen_provider
from greenroom.service.acceptance import Acceptance
from greenroom.service.asset_library import AssetLibrary
from greenroom.service.browse import Browse
from greenroom.service.content_names import ContentNames
from greenroom.service.deployment_nodes import DeploymentNodes
from greenroom.service.deployment_requests import DeploymentRequests
from greenroom.service.deployment_views import DeploymentViews
from greenroom.service.event_log import EventLog
from greenroom.service.idempotency import IdempotencyKeys
from greenroom.service.instance_relay import InstanceRelay
from greenroom.service.instance_tokens import InstanceTokens
from greenroom.service.instances import Instances
from greenroom.service.intake import Intake
from greenroom.service.job_views import JobViews
from greenroom.service.jobs import Jobs
from greenroom.service.keys import Keys
from greenroom.service.listings import Listings
from greenroom.service.machine_load import MachineLoads
from greenroom.service.media_fetch import MediaLimits
from greenroom.service.metrics import Metrics
from greenroom.service.node_info import NodeInfo
from greenroom.service.page_files import PageFiles
from greenroom.service.policy import Policy
from greenroom.service.queue import Queue
from greenroom.service.records import Records
from greenroom.service.retention import Limits, Retention
from greenroom.service.run_times import RunTimes
from greenroom.service.running_limits import RunningLimits
from greenroom.service.scaling import Scaling
from greenroom.service.scheduler import Scheduler
from greenroom.service.services import Services
from greenroom.service.stations import Stations
from greenroom.service.submit import Submit
from greenroom.service.sweeps import Sweeps
from greenroom.service.tenants import Tenants
from greenroom.service.usage import Usage
from greenroom.service.userdata import UserData
from greenroom.service.watch import Watch
from greenroom.service.webhook_secrets import WebhookSecrets
from greenroom.service.webhook_sending import Bodies, WebhookSending
from greenroom.service.webhooks import Webhooks
from greenroom.service.workers import Workers
from greenroom.store.database import Database

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    url: str
    services: Services
    engine: str
    """What runs the jobs, for people."""


@contextlib.asynccontextmanager
async def serving(config: Config, clock: Clock | None = None) -> AsyncIterator[Server]:
    """A whole server inside this process, from its lock to its last closed file.

    CONFLICT when another server has the data folder or the port; STORAGE_* when it cannot be used.
    """
    folder = DataFolder(config.data_folder)
    async with contextlib.AsyncExitStack() as stack:
        lock = await asyncio.to_thread(folder.lock)
        stack.callback(lock.release)
        database = await Database.open(config.database_url, clock or SystemClock())
        stack.push_async_callback(database.close)
        outbound = Outbound(AddressRule.parse(config.allow_address or ()))
        stack.push_async_callback(outbound.close)
        services = await _build_services(config, folder, database, outbound)
        stack.callback(services.watch.close)
        await services.keys.refresh()
        await services.running_limits.refresh()
        await services.tenants.refresh()
        _refuse_open_address(config, services.keys)
        plan = await _take_over(config, services)
        workers = await _build_workers(config, folder, services, plan)
        url = await _listen(stack, config, services)
        await asyncio.to_thread(folder.announce, url)
        stack.push_async_callback(services.scheduler.save)
        if services.scaling is not None:
            stack.push_async_callback(services.scaling.close)
            services.scaling.serve_with(workers, reached_at(url, config.host, config.public_url))
        stack.push_async_callback(workers.stop)
        await workers.start()
        sender = _webhook_sender(services, database, outbound)
        stack.push_async_callback(sender.stop)
        stack.push_async_callback(services.input_fetches.stop)
        for duty in duties(services, await _keeper(config, folder, database), sender):
            stack.push_async_callback(duty.stop)
            duty.start()
        if config.workflows_dir is not None:
            library = WorkflowFolder(config.workflows_dir, services.workflows, Principal())
            stack.push_async_callback(library.stop)
            library.start()
        yield Server(url, services, _engines(plan, config))


async def _build_services(
    config: Config, folder: DataFolder, database: Database, outbound: Outbound
) -> Services:
    core = await _core(config, folder, database)
    bus, watch, policy, jobs, submit = core.bus, core.watch, core.policy, core.jobs, core.submit
    files, found, library, views = core.files, core.found, core.library, JobViews(database, bus)
    browse, rule = Browse(database), _fetching(config)
    taking = file_intake(database, bus, files.records, submit, outbound, rule)
    deployed = DeploymentViews(database, library.deployments, found.scaling)
    return Services(
        submit=submit, intake=taking.intake, input_fetches=taking.fetches,
        jobs=jobs,
        job_views=views,
        queue=_queue(database, core),
        watch=watch,
        assets=files.assets,
        asset_records=files.records,
        asset_library=AssetLibrary(database),
        content_names=ContentNames(database, files.assets, found.nodes),
        signed_links=files.links,
        nodes=found.nodes, deployment_nodes=found.deployment_nodes,
        workers=found.workers, scheduler=found.scheduler,
        arrivals=files.arrivals, stations=Stations(database, files.tokens),
        running_limits=found.running,
        tenants=found.tenants,
        listings=found.listings,
        page_files=PageFiles(found.workers, found.listings),
        machine_loads=MachineLoads(folder.path, found.workers),
        workflows=library.workflows,
        deployments=library.deployments,
        deployment_requests=_requests(core, views, browse, taking.intake),
        deployment_views=deployed,
        metrics=Metrics(database, found.workers, deployed),
        instance_relay=_relay(database, core),
        scaling=found.scaling,
        sweeps=Sweeps(database, bus, submit, jobs, watch=watch, nodes=found.nodes),
        usage=Usage(database), userdata=UserData(database), browse=browse,
        runner=library.runner, orders=library.orders,
        records=Records(database, watch, jobs, files.assets),
        webhooks=Webhooks(database, outbound, WebhookSecrets(database, files.vault)),
        event_log=EventLog(database), keys=Keys(database),
        policy=policy, clock=database.clock,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Core:
    """What most services are made of."""

    bus: LocalBus
    watch: Watch
    policy: Policy
    files: KeptFiles
    found: "_Fleet"
    jobs: Jobs
    submit: Submit
    library: KeptWorkflows
    clock: Clock


async def _core(config: Config, folder: DataFolder, database: Database) -> _Core:
    bus = LocalBus()
    watch = Watch(bus, times := RunTimes(database))
    policy = _policy(config)
    files = await kept_files(folder, database)
    found = await _fleet(config, folder, database, bus, times, tokens=files.tokens)
    jobs = Jobs(database, bus, watch, found.scheduler)
    allowed = found.tenants.limits.waiting
    acceptance = Acceptance(files.once, files.vault, policy.queue_limit, allowed)
    submit = Submit(database, bus, files.assets, found.nodes, acceptance, found.scheduler)
    library = kept_workflows(database, bus, found.nodes, found.scheduler, submit, jobs)
    return _Core(bus, watch, policy, files, found, jobs, submit, library, database.clock)


def _queue(database: Database, core: _Core) -> Queue:
    found, vault = core.found, core.files.vault
    return Queue(
        database, core.bus, core.watch, core.policy, vault, found.scheduler, limits=found.running
    )


def _relay(database: Database, core: _Core) -> InstanceRelay:
    deployments, workers = core.library.deployments, core.found.workers
    return InstanceRelay(database, deployments, core.jobs, workers, core.policy.relays)


def _fetching(config: Config) -> FetchRule:
    image, other = config.fetch_image_mb * _MIB, config.fetch_video_mb * _MIB
    return FetchRule(MediaLimits(image, other, config.fetch_seconds), config.fetch_wait)


def _requests(core: _Core, views: JobViews, browse: Browse, intake: Intake) -> DeploymentRequests:
    nodes, deployments = core.found.deployment_nodes, core.library.deployments
    return DeploymentRequests(
        deployments, intake, nodes, core.jobs, views, core.watch, browse, core.clock
    )


@dataclass(frozen=True, slots=True)
class _Fleet:
    nodes: NodeInfo
    deployment_nodes: DeploymentNodes
    workers: Workers
    listings: Listings
    running: RunningLimits
    tenants: Tenants
    scheduler: Scheduler
    scaling: Scaling | None


async def _fleet(
    config: Config, folder: DataFolder, database: Database, bus: LocalBus, times: RunTimes,
    *, tokens: InstanceTokens,
) -> _Fleet:  # fmt: skip
    nodes = NodeInfo()
    workers = Workers(database, nodes, config.home)
    tenants = Tenants(database)
    running = RunningLimits(
        database, tenants.paused, tenants.limits, shared=config.database is not None
    )
    scaling = None
    if (provider := await _provider(config, folder)) is not None:
        # The folder is one server's alone, so this names the same one after every restart.
        home = f"{config.home}:{folder.path}"
        instances = Instances(database, workers, provider, home, tokens)
        pace = Pace(start_limit_ms=int(config.provider_patience * 1000))
        scaling = Scaling(database, bus, instances, nodes, home, pace=pace)
    scheduler = Scheduler(
        database, bus, workers, nodes, times=times, limits=running.limits,
        scaled=scaling is not None,
    )  # fmt: skip
    of_deployments = DeploymentNodes(nodes, workers, scaling)
    return _Fleet(
        nodes, of_deployments, workers, Listings(workers), running, tenants, scheduler, scaling
    )


async def _provider(config: Config, folder: DataFolder) -> Provider | None:
    if config.provider is None:
        return None
    wish = ProviderWish(
        ProviderKind(config.provider), config.provider_start or "", config.provider_stop,
        config.provider_list, config.provider_limit, config.provider_timeout, config.gpus,
    )  # fmt: skip
    return await chosen_provider(wish, folder.instances)


def _policy(config: Config) -> Policy:
    kept = config.retain_outputs
    return Policy(
        lease_ms=int(config.lease_seconds * 1000),
        body_limit=config.body_limit_mb * _MIB,
        upload_limit=config.upload_limit_mb * _MIB,
        queue_limit=config.queue_limit,
        retain_outputs_ms=None if kept is None else milliseconds(kept),
        workflows_dir=config.workflows_dir,
        relays=RelayRule.parse(config.proxy_path or ()),
    )


async def _keeper(config: Config, folder: DataFolder, database: Database) -> Keeper:
    blobs = await asyncio.to_thread(BlobStore, folder.blobs)
    limits = Limits(
        None if config.retain_outputs is None else milliseconds(config.retain_outputs),
        None if config.retain_bytes is None else size(config.retain_bytes),
    )
    tree, sweep = NamedTree(folder.path, blobs), Sweep(folder.blobs)
    return Keeper(Retention(database, tree, sweep, IdempotencyKeys(database), limits))


def _webhook_sender(services: Services, database: Database, outbound: Outbound) -> WebhookSender:
    of_jobs = {
        WebhookForm.JOB: JobBody(services).write,
        WebhookForm.SERVERLESS: RequestBody(services).write,
    }
    bodies = Bodies(of_jobs, batch_webhook_body.write)
    return WebhookSender(WebhookSending(database, outbound, services.webhooks.secrets, bodies))


def _refuse_open_address(config: Config, keys: Keys) -> None:
    """FORBIDDEN for an address that others can reach while no key is set or stored."""
    if config.api_key or config.allow_insecure_bind or is_loopback(config.host) or keys.exist:
        return
    raise AppError(
        ErrorCode.FORBIDDEN,
        f"{config.host} can be reached by others, and there is no key. Make one with "
        "`greenroom keys create NAME`, set one with --api-key or GREENROOM_API_KEY, or insist "
        "with --allow-insecure-bind.",
    )


async def _take_over(config: Config, services: Services) -> fleet.Plan:
    """Decide on the workers, and see to what ran when the last server ended."""
    wish = fleet.Wish(
        fleet.EngineChoice(config.engine), tuple(config.comfyui or ()),
        tuple(config.network_comfyui or ()), config.launch, config.gpus, config.workers,
    )  # fmt: skip
    plan = await fleet.plan(wish, services.workers, config.home)
    # Without a shared database, the folder's lock says that no other server lives.
    alone, stall = config.database is None, config.on_restart == "stall"
    kept = plan.ids() | (await services.scaling.open() if services.scaling else frozenset())
    await services.queue.recover(kept, alone=alone, stall=stall)
    if alone:
        await services.input_fetches.recover()
    services.watch.seed(await services.jobs.active_counts())
    await services.scheduler.remember()
    return plan


async def _build_workers(
    config: Config, folder: DataFolder, services: Services, plan: fleet.Plan
) -> fleet.LocalFleet:
    """The workers, not yet started; their nodes are known before the first request comes."""
    workers = fleet.LocalFleet(
        folder,
        services,
        config.home,
        drain=config.drain_seconds,
        cancel_grace=config.cancel_grace,
        labels=parse_labels(config.label or ()),
        patience=config.remote_patience,
    )
    await workers.build(plan)
    return workers


def _engines(plan: fleet.Plan, config: Config) -> str:
    """What runs the jobs, for people."""
    if config.provider is None:
        return str(plan)
    instances = f"instances of deployments, as they are needed ({config.provider})"
    return f"{plan}; {instances}" if plan.ids() or plan.builtin else instances


async def _listen(stack: contextlib.AsyncExitStack, config: Config, services: Services) -> str:
    settings = EdgeSettings(
        api_key=config.api_key,
        key_required=not (config.allow_insecure_bind or is_loopback(config.host)),
        loopback=is_loopback(config.host),
        allowed_hosts=frozenset(config.allowed_hosts or ()),
        allowed_origins=frozenset(config.allowed_origins or ()),
        cloud_hosts=frozenset(name.lower() for name in config.cloud_hosts or ()),
        multi_user=config.multi_user,
    )
    runner = web.AppRunner(build_app(services, settings), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    listener = bound(config.host, config.port)
    await web.SockSite(runner, listener).start()
    port = listener.getsockname()[1]
    return f"http://{host_in_url(config.host)}:{port}"
