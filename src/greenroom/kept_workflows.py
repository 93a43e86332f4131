"""The services of a server that keep workflows and run them by name."""

from dataclasses import dataclass

from greenroom.bus.base import Bus
from greenroom.service.deployments import Deployments
from greenroom.service.jobs import Jobs
from greenroom.service.node_info import NodeInfo
from greenroom.service.orders import Orders
from greenroom.service.runner import Runner
from greenroom.service.scheduler import Scheduler
from greenroom.service.submit import Submit
from greenroom.service.workflows import Workflows
from greenroom.store.database import Database


@dataclass(frozen=True, slots=True)
class KeptWorkflows:
    workflows: Workflows
    runner: Runner
    orders: Orders
    deployments: Deployments


def kept_workflows(  # noqa: PLR0917 - what each of the four works with
    database: Database, bus: Bus, nodes: NodeInfo, scheduler: Scheduler, submit: Submit, jobs: Jobs
) -> KeptWorkflows:
    workflows = Workflows(database, nodes)
    runner = Runner(database, bus, workflows, submit)
    orders = Orders(nodes, submit, workflows, runner)
    return KeptWorkflows(
        workflows, runner, orders, Deployments(database, workflows, jobs, scheduler)
    )
