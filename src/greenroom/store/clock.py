"""The database server's clock: the local one, corrected by the measured difference."""

from sqlalchemy import Connection, text

from greenroom.domain.clock import Clock, Millis


class ServerClock:
    """Several machines compare deadlines, so all of them read the clock of their database."""

    def __init__(self, local: Clock) -> None:
        self._local = local
        self._ahead_ms = 0

    def now(self) -> Millis:
        return Millis(self._local.now() + self._ahead_ms)

    def measure(self, tx: Connection) -> None:
        """Ask the server for its time; half of the round trip counts as already gone."""
        before = self._local.now()
        server = tx.execute(
            text("SELECT extract(epoch FROM clock_timestamp()) * 1000")
        ).scalar_one()
        after = self._local.now()
        self._ahead_ms = int(server) - (before + after) // 2
