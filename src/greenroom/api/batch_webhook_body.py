"""What the webhook of a batch says when its last job has ended."""

from collections import Counter

import msgspec

from greenroom.api.instants import instant
from greenroom.api.library.routes import LIBRARY
from greenroom.api.v2.statuses import STATUSES
from greenroom.domain.batch import EndedBatch
from greenroom.domain.delivery import Delivery
from greenroom.domain.job import TERMINAL_STATES


def write(delivery: Delivery, batch: EndedBatch) -> bytes:
    """How many of its jobs ended how, in API v2's words, with absolute links."""
    counts = Counter({STATUSES[state]: 0 for state in sorted(TERMINAL_STATES)})
    for state, count in batch.counts.items():
        counts[STATUSES[state]] += count
    address = f"{delivery.base}{LIBRARY.prefix}/batches/{batch.id}"
    data = {
        "id": batch.id,
        "total": batch.total,
        "counts": dict(counts),
        "created_at": instant(batch.created_at),
        "ended_at": instant(batch.ended_at),
        "urls": {"self": address, "jobs": f"{address}/jobs"},
    }
    event = {"type": "batch.ended", "timestamp": instant(delivery.at), "data": data}
    return msgspec.json.encode(event)
