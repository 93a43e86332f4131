"""`greenroom serve`: a server until a signal stops it."""

import contextlib
import logging

from rich.markup import escape

from greenroom.assets.storage_error import storage_error
from greenroom.cli import event_loop, heap, options, output
from greenroom.cli.setting_options import with_settings
from greenroom.cli.stop import Stop
from greenroom.config import Config
from greenroom.domain.address import is_loopback
from greenroom.telemetry.logs import logging_to

EXAMPLE = "greenroom serve --port 8190 --data-dir ~/greenroom --workers 2"

_log = logging.getLogger(__name__)


@with_settings
def serve(config: Config, as_json: options.AsJson = False) -> None:
    """Serve until Ctrl-C or SIGTERM, which let running jobs end; a second one stops at once."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(logging_to(config.data_folder / "logs", config.log_level))
        except OSError as error:
            raise storage_error(error) from error
        event_loop.run(_serve(config, as_json=as_json))


async def _serve(config: Config, *, as_json: bool) -> None:
    heap.grow()
    from greenroom.bootstrap import serving  # noqa: PLC0415 - loads the whole server

    stop = Stop()
    stop.listen()
    async with serving(config) as server:
        heap.settle()
        keyed = config.api_key is not None or server.services.keys.exist
        _announce(config, server.url, server.engine, keyed=keyed, as_json=as_json)
        _log.info("serving at %s", server.url)
        await stop.asked.wait()
        _log.info("stopping: running jobs have %g s to end", config.drain_seconds)
    _log.info("stopped")


def _announce(config: Config, url: str, engine: str, *, keyed: bool, as_json: bool) -> None:
    key = "with a key" if keyed else "open to this machine; `greenroom keys create NAME` closes it"
    if not (keyed or is_loopback(config.host)):
        key = "[red]open to everybody who can reach it[/]"
    if as_json:
        told = {
            "url": url,
            "data_dir": str(config.data_folder),
            "workers": config.workers,
            "engine": engine,
            "key": keyed,
        }
        output.emit_line(told)
        return
    output.results.print(f"[bold]Greenroom[/] serves at [bold]{escape(url)}[/]")
    output.results.print(f"  data     {escape(str(config.data_folder))}")
    output.results.print(f"  engine   {escape(engine)}")
    output.results.print(f"  access   {key}")
    output.results.print("  Ctrl-C lets running jobs end and stops.")
