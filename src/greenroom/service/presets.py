"""Presets and saved prompts of a user, kept among the user's files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue
from greenroom.domain.preset import Preset, checked_preset_id, preset_id_from, preset_of
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.questions import answered
from greenroom.service.runner import Order, Runner, Started
from greenroom.service.userdata import UserData

_FOLDER = "presets"


@dataclass(frozen=True, slots=True)
class PresetRun:
    """What a run of a preset brings."""

    answers: Mapping[str, str]
    """Index of a question -> its answer."""
    seed: int | None = None
    """Instead of the preset's own; -1 draws one."""
    files: Mapping[str, str] | None = None


class Presets:
    """NOT_FOUND for an unknown preset."""

    def __init__(self, userdata: UserData, runner: Runner) -> None:
        self._userdata = userdata
        self._runner = runner

    async def list(self, principal: Principal) -> list[Preset]:
        """By name."""
        paths = [file.path for file in await self._userdata.files(principal)]
        names = [path for path in paths if path.startswith(f"{_FOLDER}/")]
        found = [await self._read(principal, path) for path in names]
        return sorted((one for one in found if one is not None), key=lambda one: one.name)

    async def get(self, principal: Principal, preset_id: str) -> Preset:
        found = await self._read(principal, _path(checked_preset_id(preset_id)))
        if found is None:
            raise _unknown(preset_id)
        return found

    async def save(self, principal: Principal, value: JsonValue, source: str = "user") -> Preset:
        """Keep a new preset. BAD_REQUEST, CONFLICT when its id is taken."""
        preset = preset_of(value, source)
        await self._write(principal, preset, overwrite=False)
        return preset

    async def rename(self, principal: Principal, preset_id: str, name: str) -> Preset:
        """The id follows the name. CONFLICT when another preset has it."""
        old = await self.get(principal, preset_id)
        new = replace(old, id=preset_id_from(name), name=name)
        await self._write(principal, new, overwrite=new.id == old.id)
        if new.id != old.id:
            await self._userdata.delete(principal, _path(old.id))
        return new

    async def delete(self, principal: Principal, preset_id: str) -> None:
        if not await self._userdata.delete(principal, _path(checked_preset_id(preset_id))):
            raise _unknown(preset_id)

    async def run(self, principal: Principal, preset_id: str, wish: PresetRun) -> Started:
        """Run its workflow; BAD_REQUEST for a question without answer, and as the runner says."""
        preset = await self.get(principal, preset_id)
        params = answered(preset.params, wish.answers)
        if wish.seed is not None:
            params["seed"] = wish.seed
        return await self._runner.execute(
            principal, preset.workflow_id, Order(params, wish.files or {})
        )

    async def _read(self, principal: Principal, path: str) -> Preset | None:
        content = await self._userdata.read(principal, path)
        if content is None:
            return None
        try:
            return preset_of(json.loads(content.data))
        except (ValueError, AppError):
            return None  # a file of the user's own that happens to lie there

    async def _write(self, principal: Principal, preset: Preset, *, overwrite: bool) -> None:
        data = json.dumps(preset.as_json(), ensure_ascii=False, indent=2).encode()
        try:
            await self._userdata.write(principal, _path(preset.id), data, overwrite=overwrite)
        except AppError as error:
            if error.code is not ErrorCode.CONFLICT:
                raise
            raise AppError(
                ErrorCode.CONFLICT, f"There is a preset {preset.id!r} already."
            ) from error


def _path(preset_id: str) -> str:
    return f"{_FOLDER}/{preset_id}.json"


def _unknown(preset_id: str) -> AppError:
    return AppError(ErrorCode.NOT_FOUND, f"Preset '{preset_id}' not found")
