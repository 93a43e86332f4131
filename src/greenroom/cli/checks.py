"""What `doctor` looks at: one function for each thing, and what to do where it is not well."""

import asyncio
import shutil
import socket
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from greenroom.cli.client import Client
from greenroom.config import Config
from greenroom.data_folder import DataFolder
from greenroom.domain import ids
from greenroom.domain.errors import AppError
from greenroom.domain.json import JsonValue
from greenroom.domain.run import RunEvent

_LEAST_FREE = 1 << 30


class Health(StrEnum):
    GOOD = "good"
    NOTE = "note"
    """Nothing is broken, but it is worth knowing."""
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    health: Health
    text: str
    advice: str = ""


Check = Callable[[Config], Awaitable[Finding]]


async def data_folder(config: Config) -> Finding:
    path = config.data_folder
    try:
        await asyncio.to_thread(_try_writing, path)
    except OSError as error:
        advice = "Give this user the right to write there, or choose another --data-dir."
        return Finding("data folder", Health.BAD, f"{path}: {error.strerror}", advice)
    return Finding("data folder", Health.GOOD, f"{path} can be written to")


async def free_space(config: Config) -> Finding:
    folder = next(
        path for path in (config.data_folder, *config.data_folder.parents) if path.exists()
    )
    free = (await asyncio.to_thread(shutil.disk_usage, folder)).free
    text = f"{free / 2**30:.1f} GiB free"
    if free < _LEAST_FREE:
        return Finding("disk", Health.BAD, text, "Free some space: outputs need room.")
    return Finding("disk", Health.GOOD, text)


async def database(config: Config) -> Finding:
    from greenroom.store import connect, migrate  # noqa: PLC0415 - slow to load

    if config.database is None and not (config.data_folder / "greenroom.db").exists():
        return Finding("database", Health.GOOD, "none yet; the first start makes it")

    def look() -> str | None:
        with connect.reading(*connect.parse(config.database_url)).connect() as tx:
            return migrate.revision(tx)

    try:
        revision = await asyncio.to_thread(look)
    except AppError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a driver raises is the finding
        reason = str(error).strip().partition("\n")[0]
        advice = "Check --database and that its server runs, or restore a backup."
        return Finding("database", Health.BAD, reason, advice)
    if revision != migrate.NEWEST:
        text = f"at schema {revision}; the next start brings it to {migrate.NEWEST}"
        return Finding("database", Health.NOTE, text, "Back it up before that start.")
    return Finding("database", Health.GOOD, f"opens, schema {revision} is the newest")


async def port(config: Config) -> Finding:
    url = await asyncio.to_thread(DataFolder(config.data_folder).server_url)
    if url is not None:
        return Finding("port", Health.GOOD, f"the server of this folder has {url}")
    with socket.socket(socket.AF_INET6 if ":" in config.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            text = f"{config.host}:{config.port}: {error.strerror}"
            return Finding("port", Health.BAD, text, "Choose another --port, or 0 for a free one.")
    return Finding("port", Health.GOOD, f"{config.host}:{config.port} is free")


async def engine(_config: Config) -> Finding:
    from greenroom.engine.base import EngineError, Run  # noqa: PLC0415 - slow to load
    from greenroom.engine.cpu.engine import CpuEngine  # noqa: PLC0415 - likewise

    size: dict[str, JsonValue] = {"width": 8, "height": 8, "batch_size": 1, "color": 0}
    graph: dict[str, JsonValue] = {
        "1": {"class_type": "EmptyImage", "inputs": size},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }
    with tempfile.TemporaryDirectory(prefix="greenroom-doctor-") as scratch:
        cpu = CpuEngine(Path(scratch))
        await cpu.start()
        try:
            await cpu.run(Run(ids.new_job_id(), 1, graph, ("2",)), _ignore)
        except EngineError as error:
            advice = "Check memory limits, and that Python may start processes here."
            return Finding("engine", Health.BAD, error.failure.message, advice)
        finally:
            await cpu.stop()
    return Finding("engine", Health.GOOD, "the built-in engine ran a picture")


async def server(config: Config, named: str | None = None) -> Finding:
    url = named or await asyncio.to_thread(DataFolder(config.data_folder).server_url)
    if url is None:
        return Finding("server", Health.NOTE, "none runs on this folder", "greenroom serve")
    try:
        async with Client(url, config.api_key) as client:
            ready = await client.ready()
            await client.jobs(None, 1)
    except AppError as error:
        return Finding("server", Health.BAD, error.message, "Look at its log in the data folder.")
    if not ready.workers_up:
        return Finding("server", Health.NOTE, f"{url} answers; no worker is up", "Jobs will wait.")
    return Finding("server", Health.GOOD, f"{url} answers; workers up: {ready.workers_up}")


async def secret(config: Config) -> Finding:
    from greenroom.server_secret import trouble  # noqa: PLC0415 - slow to load
    from greenroom.service.secret_identity import fingerprint  # noqa: PLC0415 - likewise

    known = await _known_secret(config)
    if known is None:
        return Finding(
            "secret", Health.GOOD, "the database knows none yet; the next start notes it"
        )
    folder = DataFolder(config.data_folder)
    found = await asyncio.to_thread(folder.secret)
    if found is not None and fingerprint(found) == known:
        return Finding("secret", Health.GOOD, "secret.key is the one that the database knows")
    return Finding("secret", Health.BAD, *trouble(folder.secret_file, found))


LOCAL_CHECKS: tuple[Check, ...] = (data_folder, free_space, database, secret, port, engine)


async def _known_secret(config: Config) -> str | None:
    """What the database says, where it can be asked; what else is wrong with it is told apart."""
    from greenroom.service import secret_identity  # noqa: PLC0415 - slow to load
    from greenroom.store import connect  # noqa: PLC0415 - likewise

    if config.database is None and not (config.data_folder / "greenroom.db").exists():
        return None

    def look() -> str | None:
        with connect.reading(*connect.parse(config.database_url)).connect() as tx:
            return secret_identity.known(tx)

    try:
        return await asyncio.to_thread(look)
    except Exception:  # noqa: BLE001 - the check of the database says what
        return None


def _try_writing(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=path) as file:
        file.write(b"greenroom")


async def _ignore(_event: RunEvent) -> None:
    pass
