"""Answers what the server asks of this machine's engine."""

import asyncio
import logging
import shutil
from pathlib import Path
from typing import assert_never

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import JobId
from greenroom.engine.base import Engine, EngineError, Run
from greenroom.engine.owner import Owner
from greenroom.engine.remote import messages as wire
from greenroom.engine.remote import questions
from greenroom.outpost.outputs import Outputs

_log = logging.getLogger(__name__)


class Calls:
    def __init__(
        self, engine: Engine, owner: Owner | None, outputs: Outputs, scratch: Path
    ) -> None:
        self._engine = engine
        self._owner = owner
        self._outputs = outputs
        self._scratch = scratch

    async def answer(self, call: wire.Call) -> wire.Answer | wire.Refusal:
        try:
            return await self._answer(call.id, call.question)
        except AppError as error:
            return wire.Refusal(call.id, error.code, error.message)
        except EngineError as error:
            return wire.Refusal(call.id, error.failure.kind, error.failure.message)
        except OSError as error:
            return wire.Refusal(call.id, ErrorCode.STORAGE_UNAVAILABLE, str(error))
        except Exception:  # noqa: BLE001 - the last resort: logged here, told as INTERNAL
            _log.exception("a request of the server broke")
            told = "The worker could not answer; its log says why."
            return wire.Refusal(call.id, ErrorCode.INTERNAL, told)

    async def _answer(self, call: int, asked: wire.Question) -> wire.Answer:  # noqa: PLR0911 - one for each
        match asked:
            case wire.AskNodes():
                definitions = await self._engine.object_info()
                told, digest = await asyncio.to_thread(
                    questions.pack_nodes, definitions, asked.known
                )
                return wire.Answer(call, told, (digest,))
            case wire.AskMachine():
                return await questions.answer_machine(call, self._engine)
            case wire.AskListing():
                return await questions.answer_listing(call, asked, self._engine)
            case wire.AskPage():
                return await questions.answer_page(call, asked, self._engine)
            case wire.Relay():
                return await questions.answer_relay(call, asked, self._engine)
            case wire.FreeMemory():
                await self._engine.free(
                    unload_models=asked.unload_models, free_memory=asked.free_memory
                )
            case wire.Restart():
                if self._owner is not None:
                    await self._owner.restart(asked.generation, asked.why)
            case wire.Fetch():
                return wire.Answer(call, more=(await self._fetch(call, asked),))
            case never:
                assert_never(never)
        return wire.Answer(call)

    async def _fetch(self, call: int, asked: wire.Fetch) -> str:
        run = Run(JobId(asked.job), asked.attempt, {}, ())
        scratch = self._scratch / f"{asked.job}-{call}"
        try:
            await asyncio.to_thread(scratch.mkdir, parents=True, exist_ok=True)
            path = await self._engine.fetch(run, wire.unpack(asked.item), scratch)
            return await self._outputs.send(path)
        finally:
            await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)
