"""The services that take in files which requests name by address, put together."""

from dataclasses import dataclass

from greenroom.bus.base import Bus
from greenroom.outbound.client import Outbound
from greenroom.service.asset_records import AssetRecords
from greenroom.service.input_fetches import InputFetches
from greenroom.service.intake import Intake
from greenroom.service.media_fetch import MediaFetch, MediaLimits
from greenroom.service.media_inputs import MediaInputs
from greenroom.service.submit import Submit
from greenroom.store.database import Database


@dataclass(frozen=True, slots=True)
class FetchRule:
    limits: MediaLimits
    wait_s: float
    """How long files may take until their request is queued without them."""


@dataclass(frozen=True, slots=True)
class FileIntake:
    intake: Intake
    fetches: InputFetches


def file_intake(  # noqa: PLR0917 - what each of its parts works with
    database: Database, bus: Bus, records: AssetRecords, submit: Submit,
    outbound: Outbound, rule: FetchRule,
) -> FileIntake:  # fmt: skip
    media = MediaFetch(records, outbound, rule.limits)
    fetches = InputFetches(database, bus, media)
    inputs = MediaInputs(media, fetches.reserve, rule.wait_s)
    return FileIntake(Intake(submit, inputs, fetches), fetches)
