"""63-bit ids, ordered by time within a process.

41 bits of milliseconds since 2024, 11 bits that tell processes apart, 11 bits of sequence. A busy
process borrows from the next millisecond instead of waiting. No sequences in the database: SQLite
cannot autoincrement a composite key, and a distributed PostgreSQL would pay for one.
"""

from __future__ import annotations

import os
import secrets
import threading
import time

_EPOCH_MS = 1_704_067_200_000
_NODE_BITS = _SEQUENCE_BITS = 11
_lock = threading.Lock()
_node = secrets.randbits(_NODE_BITS)
_last = 0  # milliseconds << sequence bits | sequence


def _after_fork() -> None:
    global _node
    _node = secrets.randbits(_NODE_BITS)


os.register_at_fork(after_in_child=_after_fork)


def new_id() -> int:
    """An id greater than every id this process gave before."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[int]:
    """``count`` ids, ascending."""
    global _last
    with _lock:
        first = max(_last + 1, (time.time_ns() // 1_000_000 - _EPOCH_MS) << _SEQUENCE_BITS)
        _last = first + count - 1
    mask = (1 << _SEQUENCE_BITS) - 1
    return [
        (tick >> _SEQUENCE_BITS) << (_NODE_BITS + _SEQUENCE_BITS)
        | _node << _SEQUENCE_BITS
        | tick & mask
        for tick in range(first, first + count)
    ]
