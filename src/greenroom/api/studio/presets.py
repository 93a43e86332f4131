"""Presets: list, keep, rename, delete, import, export, ask, run."""

from collections.abc import Mapping
from dataclasses import asdict

from aiohttp import web

from greenroom.api.bodies import parse_json, read_object
from greenroom.api.context import Call
from greenroom.api.files import disposition
from greenroom.api.studio import incoming
from greenroom.api.uploads import Form, read_form
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.questions import questions
from greenroom.service.presets import PresetRun, Presets


class PresetsApi:
    def __init__(self, presets: Presets) -> None:
        self._presets = presets

    async def show(self, call: Call) -> web.StreamResponse:
        return json_response([one.as_json() for one in await self._presets.list(call.principal)])

    async def one(self, call: Call) -> web.StreamResponse:
        preset = await self._presets.get(call.principal, call.part("preset_id"))
        return json_response(preset.as_json())

    async def save(self, call: Call) -> web.StreamResponse:
        preset = await self._presets.save(call.principal, await read_object(call.request))
        return json_response(preset.as_json())

    async def take_in(self, call: Call) -> web.StreamResponse:
        """What was exported, as a body or as a file in a form."""
        if call.request.content_type != "multipart/form-data":
            value = await read_object(call.request)
        else:
            async with read_form(call, call.services.policy.body_limit) as form:
                files = list(form.files.values())
                if not files:
                    raise AppError(ErrorCode.BAD_REQUEST, "The form has no file.")
                decoded = parse_json(b"".join([chunk async for chunk in files[0].landing]))
            value = decoded if isinstance(decoded, dict) else {}
        preset = await self._presets.save(call.principal, {**value, "source": "import"})
        return json_response(preset.as_json())

    async def export(self, call: Call) -> web.StreamResponse:
        preset = await self._presets.get(call.principal, call.part("preset_id"))
        response = json_response(preset.as_json())
        name = disposition(f"preset_{preset.id}.json")
        response.headers["Content-Disposition"] = f"attachment; {name}"
        return response

    async def rename(self, call: Call) -> web.StreamResponse:
        name = (await read_object(call.request)).get("name")
        if not isinstance(name, str) or not name.strip():
            raise AppError(ErrorCode.BAD_REQUEST, "A preset needs a name.")
        preset_id = call.part("preset_id")
        preset = await self._presets.rename(call.principal, preset_id, name.strip())
        return json_response(preset.as_json())

    async def delete(self, call: Call) -> web.StreamResponse:
        await self._presets.delete(call.principal, call.part("preset_id"))
        return json_response({"ok": True})

    async def placeholders(self, call: Call) -> web.StreamResponse:
        """What a run of the preset asks for."""
        preset = await self._presets.get(call.principal, call.part("preset_id"))
        return json_response([asdict(one) for one in questions(preset.params)])

    async def run(self, call: Call) -> web.StreamResponse:
        """A form: `input_image` or `existing_image`, `seed`, and `answers` by index."""
        async with read_form(call, call.services.policy.upload_limit) as form:
            answers, seed = _answers(form), _seed(form)
            files = dict(await incoming.keep_all(call, form))
        existing = form.fields.get("existing_image")
        if existing:
            files.setdefault("input_image", existing)
        started = await self._presets.run(
            call.principal, call.part("preset_id"), PresetRun(answers, seed, files)
        )
        return json_response({"prompt_id": started.job.id, "seeds": dict(started.seeds)})


def _answers(form: Form) -> Mapping[str, str]:
    value = parse_json((form.fields.get("answers") or "{}").encode())
    if not isinstance(value, dict):
        raise AppError(ErrorCode.BAD_REQUEST, "answers must be a JSON object")
    return {index: str(answer) for index, answer in value.items()}


def _seed(form: Form) -> int | None:
    text = form.fields.get("seed", "").strip()
    if not text:
        return None
    if not text.removeprefix("-").isdecimal() or len(text) > 20:
        raise AppError(ErrorCode.BAD_REQUEST, "seed must be a whole number")
    return int(text)
