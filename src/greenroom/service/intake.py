"""Submit a graph whose loaders name files that are elsewhere."""

from dataclasses import dataclass, replace

from greenroom.domain.json import JsonObject, compact
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.submission import Submission
from greenroom.service.input_fetches import InputFetches
from greenroom.service.media_inputs import MediaInputs
from greenroom.service.submit import Submit, Submitted


@dataclass(frozen=True, slots=True)
class Taking:
    """How a graph is taken in."""

    origin: str
    """Where the graph stands in the request."""
    view: ObjectInfo
    """What those know who can run it."""
    key: str | None = None
    """Works once, unless no job came of it."""


class Intake:
    def __init__(self, submit: Submit, media: MediaInputs, fetches: InputFetches) -> None:
        self._submit = submit
        self._media = media
        self._fetches = fetches

    async def submit(
        self, principal: Principal, submission: Submission, graph: JsonObject, how: Taking
    ) -> Submitted:
        """As Submit.submit; the job waits for the files of `graph` that do not come at once.

        BAD_REQUEST with `problems` names each input whose file cannot be had.
        """
        await self._submit.require_unused(principal, how.key)
        taken = await self._media.take_in(principal, graph, how.view, how.origin)
        accepted = replace(
            submission,
            prompt=taken.prompt,
            awaited=taken.awaited,
            is_taken_in=taken.prompt is not taken.sent,
        )
        text = compact(taken.sent).encode()
        try:
            made = await self._submit.submit(principal, accepted, text, how.key, view=how.view)
        except BaseException:
            taken.drop()
            raise
        if made.created:
            self._fetches.adopt(made.job, taken)
        else:
            taken.drop()
        return made
