"""What the workers that can run a deployment know: the nodes that its requests may use."""

from greenroom.domain.deployment import KEPT_FOR, Deployment, asked_labels
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DeploymentId, WorkerId
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.service.node_info import NodeInfo, Nodes
from greenroom.service.workers import Workers


class DeploymentNodes:
    def __init__(self, nodes: NodeInfo, workers: Workers, *, scaled: bool) -> None:
        """`scaled`: jobs of a deployment go to its own instances, and nowhere else."""
        self._nodes = nodes
        self._workers = workers
        self._scaled = scaled

    def of(self, deployment: Deployment) -> Nodes:
        """Those that are up and those that are not. UNAVAILABLE when none was ever seen."""
        found = self._found(deployment)
        if found is None:
            what = "instance" if self._scaled else "worker"
            wanted = f" on {deployment.hardware}" if deployment.hardware is not None else ""
            told = f"No {what}{wanted} that could run {deployment.name!r} was ever up."
            raise AppError(ErrorCode.UNAVAILABLE, f"{told} So its nodes are not known yet.")
        return found

    def view(self, deployment: Deployment) -> ObjectInfo:
        """To check requests with; while nobody is known who could run them, the whole fleet's."""
        return (self._found(deployment) or self._nodes.fleet()).view

    def _found(self, deployment: Deployment) -> Nodes | None:
        asked = asked_labels(deployment.id, deployment.hardware, scaled=self._scaled).items()
        able = [
            one.id
            for one in self._workers.all()
            if one.labels.items() >= asked and one.labels.get(KEPT_FOR) in {None, deployment.id}
        ]
        return self._nodes.of([*able, nodes_of(deployment.id)])


def nodes_of(deployment: DeploymentId) -> WorkerId:
    """The name under which the nodes of a deployment's instances are known, also without any."""
    return WorkerId(f"deployment {deployment}")
