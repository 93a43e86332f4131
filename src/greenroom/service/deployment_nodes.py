"""What the workers that can run a deployment know: the nodes that its requests may use."""

from typing import NoReturn

from greenroom.domain.deployment import KEPT_FOR, Deployment, asked_labels
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.service.node_info import NodeInfo, Nodes
from greenroom.service.scaling import Scaling, nodes_of
from greenroom.service.workers import Workers


class DeploymentNodes:
    def __init__(self, nodes: NodeInfo, workers: Workers, scaling: Scaling | None) -> None:
        """With `scaling`, jobs of a deployment go to its own instances, and nowhere else."""
        self._nodes = nodes
        self._workers = workers
        self._scaling = scaling

    def of(self, deployment: Deployment) -> Nodes:
        """Those that are up and those that are not. UNAVAILABLE when none was ever seen."""
        return self._found(deployment) or self._refuse(deployment)

    def view(self, deployment: Deployment) -> ObjectInfo:
        """To check requests with; while nobody is known who could run them, the whole fleet's.

        UNAVAILABLE when that is empty.
        """
        found = self._found(deployment)
        if found is None and not self._nodes.fleet().parts:
            self._refuse(deployment)
        return (found or self._nodes.fleet()).view

    def _refuse(self, deployment: Deployment) -> NoReturn:
        unknown = "was ever up, so its nodes are not known yet"
        if self._scaling is not None:
            self._scaling.look(deployment.id)
            told = f"No instance of {deployment.name!r} {unknown}."
            told = f"{told} One is started to show them; the page Deployments says how that goes."
        else:
            on = "" if deployment.hardware is None else f" on {deployment.hardware}"
            told = f"No worker{on} that could run {deployment.name!r} {unknown}."
        raise AppError(ErrorCode.UNAVAILABLE, told)

    def _found(self, deployment: Deployment) -> Nodes | None:
        asked = asked_labels(
            deployment.id, deployment.hardware, scaled=self._scaling is not None
        ).items()
        able = [
            one.id
            for one in self._workers.all()
            if one.labels.items() >= asked and one.labels.get(KEPT_FOR) in {None, deployment.id}
        ]
        return self._nodes.of([*able, nodes_of(deployment.id)])
