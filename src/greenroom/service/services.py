"""The frozen bundle of use cases that the front doors call."""

from dataclasses import dataclass

from greenroom.domain.clock import Clock
from greenroom.service.arrivals import Arrivals
from greenroom.service.asset_library import AssetLibrary
from greenroom.service.asset_records import AssetRecords
from greenroom.service.assets import Assets
from greenroom.service.browse import Browse
from greenroom.service.content_names import ContentNames
from greenroom.service.deployment_nodes import DeploymentNodes
from greenroom.service.deployment_requests import DeploymentRequests
from greenroom.service.deployment_views import DeploymentViews
from greenroom.service.deployments import Deployments
from greenroom.service.event_log import EventLog
from greenroom.service.input_fetches import InputFetches
from greenroom.service.instance_relay import InstanceRelay
from greenroom.service.intake import Intake
from greenroom.service.job_views import JobViews
from greenroom.service.jobs import Jobs
from greenroom.service.keys import Keys
from greenroom.service.listings import Listings
from greenroom.service.machine_load import MachineLoads
from greenroom.service.metrics import Metrics
from greenroom.service.node_info import NodeInfo
from greenroom.service.orders import Orders
from greenroom.service.page_files import PageFiles
from greenroom.service.policy import Policy
from greenroom.service.queue import Queue
from greenroom.service.records import Records
from greenroom.service.runner import Runner
from greenroom.service.running_limits import RunningLimits
from greenroom.service.scaling import Scaling
from greenroom.service.scheduler import Scheduler
from greenroom.service.signed_links import SignedLinks
from greenroom.service.stations import Stations
from greenroom.service.submit import Submit
from greenroom.service.sweeps import Sweeps
from greenroom.service.tenants import Tenants
from greenroom.service.usage import Usage
from greenroom.service.userdata import UserData
from greenroom.service.watch import Watch
from greenroom.service.webhooks import Webhooks
from greenroom.service.workers import Workers
from greenroom.service.workflows import Workflows


@dataclass(frozen=True, slots=True)
class Services:
    submit: Submit
    intake: Intake
    input_fetches: InputFetches
    jobs: Jobs
    job_views: JobViews
    queue: Queue
    watch: Watch
    assets: Assets
    asset_records: AssetRecords
    asset_library: AssetLibrary
    content_names: ContentNames
    signed_links: SignedLinks
    nodes: NodeInfo
    deployment_nodes: DeploymentNodes
    workers: Workers
    arrivals: Arrivals
    stations: Stations
    listings: Listings
    page_files: PageFiles
    scheduler: Scheduler
    running_limits: RunningLimits
    tenants: Tenants
    machine_loads: MachineLoads
    workflows: Workflows
    deployments: Deployments
    deployment_requests: DeploymentRequests
    deployment_views: DeploymentViews
    instance_relay: InstanceRelay
    metrics: Metrics
    scaling: Scaling | None
    """None where nothing starts instances."""
    sweeps: Sweeps
    usage: Usage
    userdata: UserData
    browse: Browse
    runner: Runner
    orders: Orders
    records: Records
    event_log: EventLog
    keys: Keys
    webhooks: Webhooks
    policy: Policy
    clock: Clock
