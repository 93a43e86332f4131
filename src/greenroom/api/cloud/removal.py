"""The bodies that take jobs out of a list: some that are named, or all."""

from greenroom.api.bodies import read_object
from greenroom.api.cloud.parameters import bad
from greenroom.api.comfy.ids import job_ids
from greenroom.api.context import Call
from greenroom.domain.ids import JobId


async def read_removal(call: Call) -> tuple[list[JobId], bool]:
    """The jobs that are named, and whether all are meant. BAD_REQUEST."""
    body = await read_object(call.request)
    delete, clear = body.get("delete"), body.get("clear", False)
    if set(body) - {"delete", "clear"} or not isinstance(clear, bool):
        raise bad("The body may hold 'delete', a list of ids, and 'clear', true or false.")
    if delete is not None and not isinstance(delete, list):
        raise bad("'delete' must be a list of ids.")
    return job_ids(delete), clear
