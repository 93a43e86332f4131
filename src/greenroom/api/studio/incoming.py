"""Pictures that come with a form: kept in the input folder under a name of their own."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from greenroom.api.context import Call
from greenroom.api.uploads import Form, Sent
from greenroom.domain import ids
from greenroom.domain.asset import Asset, Root
from greenroom.domain.json import JsonObject
from greenroom.domain.notice import NoticeKind
from greenroom.domain.workflow.output_folder import folder_stamp
from greenroom.service.assets import FileName

_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST_STEM, _LONGEST_SUFFIX = 80, 12


async def keep(call: Call, sent: Sent) -> Asset:
    """Store an uploaded file as `YYYYMMDD_HHMMSS_6hex_name.ext`."""
    stamp = folder_stamp(call.services.clock.now(), ids.new_short_id())
    name = FileName.checked(Root.INPUT, "", f"{stamp}_{_plain(sent.filename or 'image.png')}")
    return await call.services.assets.upload(call.principal, name, sent.landing, overwrite=False)


async def keep_all(call: Call, form: Form) -> Mapping[str, str]:
    """Store every file of a form; field -> name. Fields that were left empty do not count."""
    chosen = {field: sent for field, sent in form.files.items() if sent.landing.size}
    kept = {field: (await keep(call, sent)).name for field, sent in chosen.items()}
    if kept:
        told: JsonObject = {"files": list(kept.values())}
        await call.services.event_log.note(call.principal, NoticeKind.ASSETS_UPLOADED, told)
    return kept


def _plain(filename: str) -> str:
    """A file's own name without what a path or a shell would read otherwise."""
    path = PurePosixPath(filename.replace("\\", "/").rsplit("/", 1)[-1])
    stem = _UNSAFE.sub("_", path.stem)[:_LONGEST_STEM].strip("._") or "file"
    return stem + _UNSAFE.sub("", path.suffix)[:_LONGEST_SUFFIX]
