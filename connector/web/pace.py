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
    """At most ``most`` requests a minute from each caller.

    Counted in memory: each web process allows as many, and a restart forgets. That keeps a
    nuisance small; what a door opens never rests on it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._knocks: TTLCache[str, count[int]] = TTLCache(ADDRESSES, SECONDS)
        self._lock = threading.Lock()

    def check(self, caller: str | None = None) -> None:
        """TooMany ``too_many_requests`` when the caller was here too often.

        caller: an address, or any other name; this request's address unless given.
        """
        caller = _household(request.remote_addr or "" if caller is None else caller)
        with self._lock:
            if caller not in self._knocks:
                self._knocks[caller] = count(1)
            if next(self._knocks[caller]) <= self._most:
                return
        raise TooMany(
            "too_many_requests",
            f"at most {self._most} in {SECONDS} seconds",
            retry_after_seconds=SECONDS,
        )


def _household(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if known.version == 4:  # noqa: PLR2004 - IP's own name
        return address
    return str(ip_network((known, _HOME_BITS), strict=False))
