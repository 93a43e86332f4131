"""The workers elsewhere: who may work, where each connects from, what it may read and bring."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeAlias

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import WorkerId
from greenroom.domain.principal import Principal
from greenroom.domain.scaling.instance import Phase, is_instance
from greenroom.domain.worker import Elsewhere
from greenroom.service.instance_tokens import InstanceTokens
from greenroom.store import instances as rows
from greenroom.store.database import Database


@dataclass(frozen=True, slots=True)
class Wire:
    """A connection that a worker has opened."""

    address: str
    """Where it comes from, as the server sees it."""
    send: Callable[[bytes], None]
    hang_up: Callable[[], None]


class Line(Protocol):
    """The server's end of a connection."""

    def hear(self, frame: bytes) -> None:
        """BAD_REQUEST for what cannot be understood."""

    def end(self) -> None:
        """The connection is no more."""


Admit: TypeAlias = Callable[[WorkerId], Awaitable[None]]
"""Raises AppError when the caller may not work as that worker."""


class Hosts(Protocol):
    """Whoever runs the workers that connect."""

    async def receive(self, hello: bytes, wire: Wire, admit: Admit) -> Line:
        """Take up a worker that begins with `hello`. BAD_REQUEST, CONFLICT, what `admit` says."""

    def expects(self, worker: WorkerId) -> bool:
        """Whether a worker of that id has its place here."""

    def input_path(self, worker: WorkerId, digest: str) -> Path | None:
        """Where a file lies that a run of this worker reads."""

    def elsewhere(self, worker: WorkerId) -> Elsewhere | None:
        """Where a worker is that runs on another machine."""


class Stations:
    def __init__(self, database: Database, tokens: InstanceTokens) -> None:
        self._db = database
        self._tokens = tokens
        self._hosts: Hosts | None = None

    def serve_with(self, hosts: Hosts) -> None:
        """Let workers connect."""
        self._hosts = hosts

    def instance_of(self, token: str) -> WorkerId | None:
        """Whose token it is, of all instances that ever were; None when it is no such token."""
        return self._tokens.read(token)

    async def admit(self, principal: Principal, worker: WorkerId) -> None:
        """FORBIDDEN for a token of another; NOT_FOUND, GONE or CONFLICT for no such instance.

        UNAVAILABLE while it is not known here, which may pass.
        """
        require_own(principal, worker)
        if is_instance(worker):
            await self._require_expected(worker)

    async def receive(self, principal: Principal, hello: bytes, wire: Wire) -> Line:
        """BAD_REQUEST, CONFLICT, UNAVAILABLE while the server starts, and as in `admit`."""
        return await self._hosts_here().receive(hello, wire, partial(self.admit, principal))

    def require_here(self, principal: Principal, worker: WorkerId) -> None:
        """FORBIDDEN for a token of another; UNAVAILABLE once the instance has no place here."""
        require_own(principal, worker)
        if principal.worker is not None and not self._hosts_here().expects(worker):
            raise _not_here(worker)

    def input_path(self, worker: WorkerId, digest: str) -> Path:
        """NOT_FOUND for a file that none of the worker's runs reads."""
        path = None if self._hosts is None else self._hosts.input_path(worker, digest)
        if path is None:
            raise AppError(ErrorCode.NOT_FOUND, "no run of this worker reads that file")
        return path

    def elsewhere(self, worker: WorkerId) -> Elsewhere | None:
        """Where a worker is that runs on another machine; None for one of this server's own."""
        return None if self._hosts is None else self._hosts.elsewhere(worker)

    async def _require_expected(self, instance: WorkerId) -> None:
        one = await self._db.read(lambda tx: rows.find(tx, instance))
        if one is None:
            told = f"There is no instance {instance}: --instance takes $GREENROOM_INSTANCE."
            raise AppError(ErrorCode.NOT_FOUND, told)
        if one.ended_at is not None or one.phase is Phase.ENDING:
            raise AppError(ErrorCode.GONE, f"The instance {instance} has ended: {one.reason}.")
        if one.url:
            told = f"The instance {instance} is reached at {one.url}, as its start command said."
            raise AppError(ErrorCode.CONFLICT, told)
        if not self._hosts_here().expects(instance):
            raise _not_here(instance)

    def _hosts_here(self) -> Hosts:
        if self._hosts is None:
            raise AppError(ErrorCode.UNAVAILABLE, "the server does not take workers yet")
        return self._hosts


def require_own(principal: Principal, worker: WorkerId) -> None:
    """FORBIDDEN for whoever shows the token of another instance."""
    if principal.worker not in {None, worker}:
        told = (
            f"This token is for the instance {principal.worker} alone: "
            f"give --instance {principal.worker}, or another token."
        )
        raise AppError(ErrorCode.FORBIDDEN, told)


def _not_here(instance: WorkerId) -> AppError:
    told = f"The instance {instance} is not expected at this server now."
    return AppError(ErrorCode.UNAVAILABLE, told)
