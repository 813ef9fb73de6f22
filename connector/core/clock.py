"""Time: aware UTC everywhere. The present is passed in; this module is where it is read."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present, aware UTC, in whole microseconds."""
    return datetime.now(UTC)


def from_timestamp(seconds: float) -> datetime:
    """Seconds since 1970 as aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def local_date(at: datetime, zone: str) -> str:
    """``at`` as an ISO date in the shop's zone: what SQL groups by."""
    return at.astimezone(_zone(zone)).date().isoformat()


_zone = lru_cache(maxsize=1000)(ZoneInfo)
