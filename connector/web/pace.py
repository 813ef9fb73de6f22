"""How often one address, or member, may knock at a door that costs us a call or a row."""

from __future__ import annotations

import threading
from ipaddress import ip_address, ip_network
from itertools import count

from cachetools import TTLCache
from flask import request

from connector.core.errors import TooMany

SECONDS = 60
ADDRESSES = 10_000
_HOME_BITS = 64  # one household or machine has that much of IPv6


class Pace:
    """At most ``most`` requests from each caller in ``seconds``, a minute unless given.

    Counted in memory: each web process allows as many, and a restart forgets. That keeps a
    nuisance small; what a door opens never rests on it.
    """

    def __init__(self, most: int, seconds: float | None = None) -> None:
        self._most = most
        self._seconds = SECONDS if seconds is None else seconds
        self._knocks: TTLCache[str, count[int]] = TTLCache(ADDRESSES, self._seconds)
        self._lock = threading.Lock()

    def check(self, caller: str | None = None, *names: object) -> None:
        """TooMany ``too_many_requests`` where ``lets`` does not."""
        if not self.lets(caller, *names):
            raise TooMany(
                "too_many_requests",
                f"at most {self._most} in {self._seconds} seconds",
                retry_after_seconds=int(self._seconds),
            )

    def lets(self, caller: str | None = None, *names: object) -> bool:
        """Count this request; whether the caller was not here too often.

        caller: an address, or any other name; this request's address unless given. names: what is
        counted apart, as a shop.
        """
        address = request.remote_addr or "" if caller is None else caller
        key = " ".join((_household(address), *map(str, names)))
        with self._lock:
            if key not in self._knocks:
                self._knocks[key] = count(1)
            return next(self._knocks[key]) <= self._most


def _household(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if known.version == 4:  # noqa: PLR2004 - IP's own name
        return address
    return str(ip_network((known, _HOME_BITS), strict=False))
