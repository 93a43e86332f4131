"""How a batch of calls becomes transactions: three runners for the lanes."""

from collections.abc import Callable

from sqlalchemy import Connection, Engine

from greenroom.store.failure import Trouble, translated, trouble
from greenroom.store.lane import Call
from greenroom.store.statement import driver

_TRIES = 4
_CAREFUL_GROUPS = 50
_SYNC = "PRAGMA synchronous = FULL"
_SYNC_LATER = "PRAGMA synchronous = NORMAL"
"""The commit leaves the disk to the next one that does sync, which covers all before it."""
_SPOILS_GROUP = frozenset({Trouble.FULL, Trouble.UNAVAILABLE, Trouble.DISCONNECTED})


class _Session:
    """The one connection of a lane, opened on first use and again after it was lost."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def connection(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def end(self) -> None:
        """Give up the transaction, if there is one."""
        if self._connection is not None:
            self._connection.rollback()

    def recover(self, error: BaseException) -> None:
        """Undo what the failed transaction did; throw the connection away if it may be broken."""
        if trouble(error) in _SPOILS_GROUP:
            self.close()
        else:
            self.end()

    def close(self) -> None:
        if self._connection is None:
            return
        self._connection.invalidate()
        self._connection.close()
        self._connection = None


class Reading:
    """Many calls in one read transaction; all of them began before it, so none sees old data."""

    def __init__(self, engine: Engine) -> None:
        self._session = _Session(engine)

    def run(self, calls: list[Call]) -> None:
        for call in calls:
            _attempt(self._session, call, self._read)
        try:
            self._session.end()
        except Exception:  # noqa: BLE001 - the answers are there; only the connection is lost
            self._session.close()

    def close(self) -> None:
        self._session.close()

    def _read(self, call: Call) -> None:
        connection = self._session.connection()
        if not connection.in_transaction():
            connection.begin()
        call.value = call.work(connection)


class Writing:
    """One transaction per call: right where commits of several connections proceed together."""

    def __init__(self, engine: Engine) -> None:
        self._session = _Session(engine)

    def run(self, calls: list[Call]) -> None:
        for call in calls:
            _attempt(self._session, call, self._write)
            if call.error is None:
                self._commit(call)

    def close(self) -> None:
        self._session.close()

    def _write(self, call: Call) -> None:
        connection = self._session.connection()
        connection.begin()
        if not call.lasting:
            driver(connection).execute("SET LOCAL synchronous_commit = off")
        call.value = call.work(connection)

    def _commit(self, call: Call) -> None:
        # Never repeated: when the answer to a COMMIT is lost, nobody knows whether it counted.
        try:
            self._session.connection().commit()
        except Exception as error:  # noqa: BLE001 - handed to the caller
            call.error = translated(error)
            self._session.recover(error)


class GroupWriting:
    """One transaction and one commit for all calls: right where there is a single writer.

    Calls seldom fail, and a savepoint before each costs a fifth of what they cost themselves. So a
    group is tried without, and done once more with savepoints when one of its calls fails.
    """

    def __init__(self, engine: Engine) -> None:
        self._session = _Session(engine)
        self._careful_groups = 0
        """How many of the next groups get savepoints at once: failures come in swarms."""

    def run(self, calls: list[Call]) -> None:
        apart = len(calls) > 1 and self._careful_groups > 0
        try:
            self._run(calls, _call_apart if apart else _call)
        except Exception as error:  # noqa: BLE001 - handed to the callers
            if apart or len(calls) == 1 or trouble(error) in _SPOILS_GROUP:
                self._fail_all(calls, error)
                return
            self._careful_groups = _CAREFUL_GROUPS
            self.run(calls)
        else:
            self._careful_groups = max(self._careful_groups - int(apart), 0)

    def close(self) -> None:
        self._session.close()

    def _run(self, calls: list[Call], do: Callable[[Connection, Call], None]) -> None:
        connection = self._session.connection()
        # Said anew each time, so that no failure leaves a lasting call without its sync.
        lasting = any(call.lasting for call in calls)
        driver(connection).execute(_SYNC if lasting else _SYNC_LATER)
        with connection.begin():
            for call in calls:
                do(connection, call)

    def _fail_all(self, calls: list[Call], error: Exception) -> None:
        if trouble(error) in _SPOILS_GROUP:
            self._session.close()
        told = translated(error)
        for call in calls:
            if call.error is None:
                call.error = told


def _call(connection: Connection, call: Call) -> None:
    call.value = call.work(connection)


def _call_apart(connection: Connection, call: Call) -> None:
    raw = driver(connection)
    raw.execute("SAVEPOINT caller")
    try:
        _call(connection, call)
    except Exception as error:
        if trouble(error) in _SPOILS_GROUP:
            raise
        call.error = translated(error)
        raw.execute("ROLLBACK TO caller")
    raw.execute("RELEASE caller")


def _attempt(session: _Session, call: Call, work: Callable[[Call], None]) -> None:
    """Run `work` on the call, again after a lost connection or a conflict; nothing is committed."""
    lost = False
    for tries_left in reversed(range(_TRIES)):
        try:
            return work(call)
        except Exception as error:  # noqa: BLE001 - handed to the caller
            kind = trouble(error)
            session.recover(error)
            again = kind is Trouble.CONFLICT or (kind is Trouble.DISCONNECTED and not lost)
            lost = lost or kind is Trouble.DISCONNECTED
            if not again or not tries_left:
                call.error = translated(error)
                return None
    return None
