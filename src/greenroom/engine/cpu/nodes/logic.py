"""Choices between inputs."""

from collections.abc import Sequence

from greenroom.engine.cpu.node import Values, node


def _chosen(values: Values) -> Sequence[str]:
    return ["on_true" if values["switch"] else "on_false"]


@node("ComfySwitchNode", needs=_chosen)
def switch(*, switch: bool, on_false: object = None, on_true: object = None) -> tuple[object]:
    return (on_true if switch else on_false,)
