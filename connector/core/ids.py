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
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_EPOCH_MS = int(_EPOCH.timestamp()) * 1000
_NODE_BITS = _SEQUENCE_BITS = 11
_lock = threading.Lock()
_node = secrets.randbits(_NODE_BITS)
_last = 0  # milliseconds << sequence bits | sequence


def _after_fork() -> None:
    global _node  # noqa: PLW0603 - ids are of the process, not of an object somebody passes on
    _node = secrets.randbits(_NODE_BITS)


os.register_at_fork(after_in_child=_after_fork)


def new_id() -> int:
    """An id greater than every id this process gave before."""
    return new_ids(1)[0]


def first_id(at: datetime) -> int:
    """The least id of that moment: every id given before ``at`` is below it."""
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    return max(milliseconds, 0) << (_NODE_BITS + _SEQUENCE_BITS)


def given_at(an_id: int) -> datetime:
    """The moment an id was given, to the millisecond (a busy process may run a little ahead)."""
    return _EPOCH + timedelta(milliseconds=an_id >> (_NODE_BITS + _SEQUENCE_BITS))


def new_ids(count: int) -> list[int]:
    """``count`` ids, ascending."""
    global _last  # noqa: PLW0603 - the same
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
