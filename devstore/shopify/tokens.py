"""The access and refresh tokens the shop has given to the app; they outlive a restart."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from msgspec import Struct

from devstore.model import replace
from devstore.shelf import Shelf

ACCESS_SECONDS = 3600
REFRESH_LIFE = timedelta(days=90)
RETRY_LIFE = timedelta(days=30)  # how long after its first use a refresh token may be retried

_ACCESS, _REFRESH, _SETTING = "access token", "refresh token", "token setting"


class Pair(Struct, frozen=True):
    """One access token and the refresh token that came with it (None: it never expires)."""

    access: str
    scopes: str
    expires_at: datetime | None = None
    refresh: str | None = None
    refresh_expires_at: datetime | None = None
    first_refreshed_at: datetime | None = None
    successor: str | None = None  # the refresh token that replaces this pair's


class TokenBook:
    """Every token still known. Uninstalling empties it: all of them die at once."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    @property
    def lifetime_seconds(self) -> int:
        return self._shelf.take(_SETTING, "lifetime_seconds", int) or ACCESS_SECONDS

    @lifetime_seconds.setter
    def lifetime_seconds(self, seconds: int) -> None:
        self._shelf.put(_SETTING, "lifetime_seconds", seconds)

    def grant(self, scopes: str, now: datetime, *, expiring: bool) -> Pair:
        """A new pair from a merchant's session; refresh tokens given before it retire."""
        with self._shelf.change():
            self._empty(_REFRESH)
            return self._issue(scopes, now, expiring=expiring)

    def refresh(self, token: str, now: datetime) -> Pair | None:
        """The pair that replaces the one ``token`` came with; None when it is not active.

        Asking again with the same token gives the same pair, until the replacement has been used
        itself: a lost answer must not lose the shop.
        """
        with self._shelf.change():
            pair = self._shelf.take(_REFRESH, token, Pair)
            if pair is None or not _is_active(pair, now):
                return None
            if pair.successor is not None:
                again = self._shelf.take(_REFRESH, pair.successor, Pair)
                return self._prolong(again, now) if again else None
            self._retire_predecessor_of(token)
            fresh = self._issue(pair.scopes, now, expiring=True)
            used = replace(pair, first_refreshed_at=now, successor=fresh.refresh)
            self._shelf.put(_REFRESH, token, used)
            return fresh

    def find(self, access: str, now: datetime) -> Pair | None:
        """The pair of an access token; None when it is unknown or has expired."""
        pair = self._shelf.take(_ACCESS, access, Pair)
        if pair is None or (pair.expires_at is not None and pair.expires_at <= now):
            return None
        return pair

    def expire(self, now: datetime) -> None:
        """Let every access token run out now; refresh tokens stay."""
        with self._shelf.change():
            for access, pair in self._shelf.all(_ACCESS, Pair).items():
                self._shelf.put(_ACCESS, access, replace(pair, expires_at=now))

    def revoke(self) -> None:
        with self._shelf.change():
            self._empty(_ACCESS)
            self._empty(_REFRESH)

    def _issue(self, scopes: str, now: datetime, *, expiring: bool) -> Pair:
        pair = Pair(access=f"shpat_{secrets.token_hex(16)}", scopes=scopes)
        if expiring:
            pair = replace(
                pair,
                expires_at=now + timedelta(seconds=self.lifetime_seconds),
                refresh=f"shprt_{secrets.token_hex(16)}",
                refresh_expires_at=now + REFRESH_LIFE,
            )
        self._keep(pair)
        return pair

    def _prolong(self, pair: Pair, now: datetime) -> Pair:
        pair = replace(pair, expires_at=now + timedelta(seconds=self.lifetime_seconds))
        self._keep(pair)
        return pair

    def _keep(self, pair: Pair) -> None:
        self._shelf.put(_ACCESS, pair.access, pair)
        if pair.refresh is not None:
            self._shelf.put(_REFRESH, pair.refresh, pair)

    def _retire_predecessor_of(self, token: str) -> None:
        for key, pair in self._shelf.all(_REFRESH, Pair).items():
            if pair.successor == token:
                self._shelf.discard(_REFRESH, key)

    def _empty(self, bucket: str) -> None:
        for key in self._shelf.all(bucket, Pair):
            self._shelf.discard(bucket, key)


def _is_active(pair: Pair, now: datetime) -> bool:
    if pair.refresh_expires_at is None or pair.refresh_expires_at <= now:
        return False
    first = pair.first_refreshed_at
    return first is None or now < first + RETRY_LIFE
