"""`greenroom secret`: give an installation another secret.key."""

import asyncio
from typing import Annotated

import typer

from greenroom.cli import event_loop, options, output
from greenroom.config import Config
from greenroom.data_folder import DataFolder

secret = typer.Typer(no_args_is_help=True, help="The file secret.key of the data folder.")


@secret.callback()
def _group() -> None:
    pass


@secret.command("renew", epilog="Example: greenroom secret renew --data-dir ~/greenroom")
def renew(
    data_dir: options.DataDir = None,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The database, when it is not in the data folder."),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Make another secret.key, when it is lost or others know it. No server may run meanwhile.

    What is stored sealed is sealed anew where the old file opens it. Links that were signed before
    open no more, and servers that share the database need a copy of the new file.
    """
    config = Config.from_environment(data_dir=data_dir, database=database)
    kept, lost = event_loop.run(_renew(config))
    if as_json:
        output.emit({"kept": kept, "lost": lost})
        return
    path = DataFolder(config.data_folder).secret_file
    output.results.print(f"{path} is new. Copy it to every server that shares the database.")
    output.notes.print(f"Stored secrets that were sealed anew: {kept}; that nothing opens: {lost}.")
    if lost:
        output.notes.print(
            "Receivers of webhooks need the new signing secret: greenroom webhooks secret show"
        )


async def _renew(config: Config) -> tuple[int, int]:
    from greenroom import server_secret  # noqa: PLC0415 - slow to load
    from greenroom.store.database import Database  # noqa: PLC0415 - likewise

    folder = DataFolder(config.data_folder)
    lock = await asyncio.to_thread(folder.lock)
    try:
        database = await Database.open(config.database_url)
        try:
            renewed = await server_secret.renew(folder, database)
        finally:
            await database.close()
    finally:
        lock.release()
    return renewed.kept, renewed.lost
