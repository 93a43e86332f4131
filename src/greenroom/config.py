"""Every setting: its type, its default, and one line of help. Read once, validated whole."""

import os
import socket
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

import platformdirs

from greenroom.domain.address import AddressRule
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.quantity import milliseconds, size
from greenroom.domain.relay import RelayRule
from greenroom.domain.worker import parse_labels

_PREFIX = "GREENROOM_"
_LISTS = frozenset({
    "comfyui", "network_comfyui", "allowed_hosts", "allowed_origins", "cloud_hosts",
    "allow_address", "proxy_path", "label",
})  # fmt: skip
_FOLDERS = frozenset({"data_dir", "workflows_dir"})
_LOG_LEVELS = ("debug", "info", "warning", "error")
_ENGINES = ("auto", "cpu", "comfyui")
_PROVIDERS = (None, "process", "command")
_ON_RESTART = ("resume", "stall")


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one process. Each can be given as GREENROOM_<NAME> in the environment."""

    host: Annotated[str, "address to listen on"] = "127.0.0.1"
    port: Annotated[int, "port to listen on; 0 takes a free one"] = 8190
    data_dir: Annotated[Path | None, "folder of database, files and logs"] = None
    database: Annotated[str | None, "postgresql://... instead of SQLite in the data folder"] = None
    api_key: Annotated[str | None, "key that every request must show"] = None
    allow_insecure_bind: Annotated[bool, "listen beyond loopback without a key"] = False
    allowed_hosts: Annotated[
        list[str] | None, "host name, beside loopback ones, that a proxy passes on; repeatable"
    ] = None
    allowed_origins: Annotated[
        list[str] | None, "origin such as https://studio.example whose pages may call; repeatable"
    ] = None
    multi_user: Annotated[bool, "the editor asks who works; each user has own settings"] = False
    cloud_hosts: Annotated[
        list[str] | None, "host name under which Comfy Cloud's API stands at the root; repeatable"
    ] = None
    allow_address: Annotated[
        list[str] | None,
        "network, such as 10.1.0.0/16, that requests may make us reach; repeatable",
    ] = None
    fetch_image_mb: Annotated[int, "largest picture that a request makes us fetch, in MiB"] = 50
    fetch_video_mb: Annotated[int, "largest film or other file likewise, in MiB"] = 100
    fetch_seconds: Annotated[float, "how long fetching one such file may take"] = 300.0
    fetch_wait: Annotated[
        float, "how long a request waits for its files, in seconds, before it is queued without"
    ] = 5.0
    comfyui: Annotated[
        list[str] | None, "URL of a ComfyUI that runs the jobs; may be given more than once"
    ] = None
    network_comfyui: Annotated[
        list[str] | None,
        "URL of a ComfyUI that runs nothing but graphs of partner nodes, beside the others; "
        "repeatable",
    ] = None
    launch: Annotated[
        str | None, "command of a ComfyUI to own, such as 'python main.py --port {port}'"
    ] = None
    gpus: Annotated[
        str | None, "GPUs for --launch or --provider process, such as 0,1 (else all)"
    ] = None
    provider: Annotated[
        str | None, "what starts instances of deployments: process (on this machine) or command"
    ] = None
    provider_start: Annotated[
        str | None, "command of one instance, or for --provider command, one that starts it"
    ] = None
    provider_stop: Annotated[
        str | None, "for --provider command: what ends the instance $GREENROOM_HANDLE"
    ] = None
    provider_list: Annotated[
        str | None, "for --provider command: what tells which instances there are"
    ] = None
    provider_limit: Annotated[int, "instances at once, of all deployments; 0: one for each GPU"] = 0
    provider_timeout: Annotated[float, "how long such a command may take, in seconds"] = 900.0
    provider_patience: Annotated[
        float, "how long an instance may stay without an answer, in seconds"
    ] = 900.0
    public_url: Annotated[
        str | None, "where others reach this server, such as https://greenroom.example"
    ] = None
    proxy_path: Annotated[
        list[str] | None, "what else is passed on to instances, such as 'GET view'; repeatable"
    ] = None
    engine: Annotated[str, "what runs the jobs: auto, cpu (built in) or comfyui"] = "auto"
    on_restart: Annotated[str, "what becomes of active jobs: resume, or stall (they end)"] = (
        "resume"
    )
    cancel_grace: Annotated[float, "how long a node may ignore a cancel, in seconds"] = 30.0
    label: Annotated[
        list[str] | None,
        "what this server's workers are, such as hardware=AMPERE_48; repeatable",
    ] = None
    workers: Annotated[int, "how many jobs the built-in engine runs at once"] = 1
    lease_seconds: Annotated[float, "how long a silent worker keeps its job"] = 30.0
    remote_patience: Annotated[
        float, "how long a `greenroom worker` may be out of reach before its job is tried elsewhere"
    ] = 120.0
    drain_seconds: Annotated[float, "how long a stop waits for running jobs"] = 10.0
    body_limit_mb: Annotated[int, "largest JSON body, in MiB"] = 100
    upload_limit_mb: Annotated[int, "largest uploaded file, in MiB"] = 2048
    workflows_dir: Annotated[Path | None, "folder of workflows to keep imported"] = None
    queue_limit: Annotated[int, "how many jobs may wait; 0 sets no limit"] = 0
    retain_outputs: Annotated[str | None, "how long outputs are kept, such as 7d"] = None
    retain_bytes: Annotated[str | None, "how much outputs may take, such as 200GB"] = None
    log_level: Annotated[str, "debug, info, warning or error"] = "info"

    @classmethod
    def from_environment(cls, **given: Any) -> Self:
        """What is given wins, then the environment, then the defaults.

        BAD_REQUEST names a value that cannot be.
        """
        values: dict[str, Any] = {}
        for entry in fields(cls):
            chosen = given.pop(entry.name, None)
            if chosen == []:
                chosen = None
            text = os.environ.get(_PREFIX + entry.name.upper())
            if chosen is None and text:
                chosen = _parse(entry.name, entry.default, text)
            if chosen is not None:
                values[entry.name] = chosen
        if given:
            raise AppError(ErrorCode.BAD_REQUEST, f"unknown settings: {', '.join(sorted(given))}")
        config = cls(**values)
        config.check()
        return config

    @property
    def data_folder(self) -> Path:
        return (self.data_dir or Path(platformdirs.user_data_path("greenroom"))).absolute()

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.data_folder / 'greenroom.db'}"

    @property
    def home(self) -> str:
        """The name of this server among those that share a database."""
        return "" if self.database is None else socket.gethostname()

    def check(self) -> None:
        """BAD_REQUEST for a value that cannot be."""
        if not 0 <= self.port <= 65535:
            raise AppError(ErrorCode.BAD_REQUEST, f"{self.port} is not a port")
        if self.workers < 0:
            raise AppError(ErrorCode.BAD_REQUEST, "workers must be 0 or more")
        if self.log_level not in _LOG_LEVELS:
            raise AppError(
                ErrorCode.BAD_REQUEST, f"the log level is one of {', '.join(_LOG_LEVELS)}"
            )
        self._check_engine()
        self._check_provider()
        if self.public_url is not None and not _is_server_url(self.public_url):
            told = f"{self.public_url} is no public URL, such as https://greenroom.example"
            raise AppError(ErrorCode.BAD_REQUEST, told)
        RelayRule.parse(self.proxy_path or ())
        AddressRule.parse(self.allow_address or ())
        parse_labels(self.label or ())
        if self.on_restart not in _ON_RESTART:
            raise AppError(ErrorCode.BAD_REQUEST, f"on-restart is one of {', '.join(_ON_RESTART)}")
        if self.workflows_dir is not None and not self.workflows_dir.is_dir():
            raise AppError(ErrorCode.BAD_REQUEST, f"there is no folder {self.workflows_dir}")
        if self.retain_outputs is not None:
            milliseconds(self.retain_outputs)
        if self.retain_bytes is not None:
            size(self.retain_bytes)
        self._check_times()

    def _check_times(self) -> None:
        if self.fetch_wait < 0:
            raise AppError(ErrorCode.BAD_REQUEST, "the fetch wait is 0 seconds or more")
        if self.lease_seconds < 1:
            raise AppError(ErrorCode.BAD_REQUEST, "a lease lasts one second or more")

    def _check_provider(self) -> None:
        if self.provider not in _PROVIDERS:
            raise AppError(ErrorCode.BAD_REQUEST, "the provider is process or command")
        if self.provider_patience < 1:
            raise AppError(ErrorCode.BAD_REQUEST, "the provider patience is one second or more")
        if self.provider is not None and not self.provider_start:
            told = f"--provider {self.provider} needs --provider-start"
            raise AppError(ErrorCode.BAD_REQUEST, told)
        if self.provider == "command" and not self.provider_stop:
            raise AppError(ErrorCode.BAD_REQUEST, "--provider command needs --provider-stop")
        if self.provider == "process" and self.launch is not None:
            told = "--launch and --provider process would take the same GPUs: leave out one"
            raise AppError(ErrorCode.BAD_REQUEST, told)

    def _check_engine(self) -> None:
        if self.engine not in _ENGINES:
            raise AppError(ErrorCode.BAD_REQUEST, f"the engine is one of {', '.join(_ENGINES)}")
        if self.launch is not None and self.engine == "cpu":
            raise AppError(ErrorCode.BAD_REQUEST, "--launch starts a ComfyUI: --engine is not cpu")


def _is_server_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _parse(name: str, default: Any, text: str) -> Any:
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "0": False, "false": False}[text.lower()]
        if isinstance(default, int | float):
            return type(default)(text)
    except (KeyError, ValueError):
        variable = _PREFIX + name.upper()
        raise AppError(ErrorCode.BAD_REQUEST, f"{variable}={text} cannot be read") from None
    if name in _LISTS:
        return [part.strip() for part in text.split(",") if part.strip()]
    return Path(text) if name in _FOLDERS else text
