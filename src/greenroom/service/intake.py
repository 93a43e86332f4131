"""Submit a graph whose loaders name files that are elsewhere."""

from dataclasses import replace

from greenroom.domain.json import JsonObject, compact
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.submission import Submission
from greenroom.service.input_fetches import InputFetches
from greenroom.service.media_inputs import MediaInputs
from greenroom.service.node_info import NodeInfo
from greenroom.service.submit import Submit, Submitted


class Intake:
    def __init__(
        self, submit: Submit, nodes: NodeInfo, media: MediaInputs, fetches: InputFetches
    ) -> None:
        self._submit = submit
        self._nodes = nodes
        self._media = media
        self._fetches = fetches

    async def submit(
        self, principal: Principal, submission: Submission, graph: JsonObject, origin: str,
        key: str | None = None,
    ) -> Submitted:  # fmt: skip
        """As Submit.submit; the job waits for the files of `graph` that do not come at once.

        `origin` says where the graph stands in the request. BAD_REQUEST with `problems` names each
        input whose file cannot be had.
        """
        await self._submit.require_unused(principal, key)
        taken = await self._media.take_in(principal, graph, self._nodes.view(), origin)
        accepted = replace(
            submission,
            prompt=taken.prompt,
            awaited=taken.awaited,
            is_taken_in=taken.prompt is not taken.sent,
        )
        text = compact(taken.sent).encode()
        try:
            made = await self._submit.submit(principal, accepted, text, key)
        except BaseException:
            taken.drop()
            raise
        if made.created:
            self._fetches.adopt(made.job, taken)
        else:
            taken.drop()
        return made
