"""What a store's own plugin needs to know to show us: pushed and pulled whole, never personal.

It is small, because the store loads it with each of its pages: what may be given in the cart, and
what levels take off there, and what is for a level alone for a while.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from adapters.woocommerce import WooCommerce
from connector.core import clock
from connector.core.commerce import Platform, ShopClient
from connector.core.discounts import Standing
from connector.core.errors import PlatformError, PlatformRefused
from connector.core.facts import Fact
from connector.core.i18n import LANGUAGES
from connector.core.keyring import KeyRing
from connector.core.outbox import Errand
from connector.rooms.giving import asking
from connector.rooms.giving.rules import Programme
from connector.rooms.giving.service import Cause
from connector.rooms.tiers import perks, programs
from connector.rooms.tiers.rules import LEVEL_CODE
from connector.shops import plugin
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.web import disclosures, public
from connector.web.tongue import Tongue


def settings(db: Connection, shop: Shop) -> dict[str, Any]:
    """What the shop's plugin is to show and to give."""
    return {
        "currency": shop.currency,
        "donation": donation(db, shop),
        "perks": list(_perks(db, shop)),
        "early": list(_early(db, shop, clock.now())),
    }


def has_standing(db: Connection, platform: Platform, shop: Shop) -> bool:
    """Whether levels can give discounts and free delivery: the platform does, or our plugin."""
    return platform.has_standing or plugin.is_paired(db, shop.id)


def donation(db: Connection, shop: Shop) -> dict[str, Any] | None:
    """What ``public.config`` tells, in every language, and how long it is asked; or None.

    ``times``: from and until by kind, in Unix seconds, where a programme asks.
    """
    now = clock.now()
    asked = asking.asked(db, shop.id, now)
    if asked is None:
        return None
    tongues = [Tongue.of(shop, one, now) for one in LANGUAGES.values()]
    programmes = asked.programmes
    return {
        "causes": [_cause(one, asked.ways(one)) for one in asked.causes],
        **public.donation(shop, asked),
        "said": {
            say.language.tag: disclosures.at_the_ask(say, shop.name, programmes.values())
            for say in tongues
        },
        "times": {kind: _times(one) for kind, one in programmes.items()},
    }


def _cause(one: Cause, ways: Mapping[str, str]) -> dict[str, Any]:
    told = {tag: one.told(tag) for tag in LANGUAGES}
    return {
        "key": one.key,
        "name": one.name,
        "names": {tag: name for tag, (name, _) in told.items()},
        "stories": {tag: story for tag, (_, story) in told.items()},
        "picture_url": one.picture_url,
        "ways": ways,
    }


def _times(one: Programme) -> dict[str, int]:
    """Of a programme that is live."""
    starts_at, ends_at = one.starts_at, one.ends_at
    return {
        "from": int(starts_at.timestamp()) if starts_at else 0,
        "until": int(ends_at.timestamp()) if ends_at else 0,
    }


def _perks(db: Connection, shop: Shop) -> Iterator[dict[str, Any]]:
    """What each tag gives, and the code under which orders will tell of it."""
    published = programs.current(db, shop.id)
    program = published.given if published else None
    names = {str(level.id): level.names for level in program.levels} if program else {}
    for about, one in perks.standings(program).items() if program else ():
        yield _perk(one, names.get(about.split(":")[1] if about.startswith("level") else "", {}))


def _perk(one: Standing, names: Mapping[str, str]) -> dict[str, Any]:
    _, _, place = one.tag.partition("-")
    code = f"{LEVEL_CODE}{place}{'-category' if one.collection else ''}"
    return {
        "tag": one.tag,
        "code": code,
        "kind": str(one.kind),
        "percent": one.percent,
        "category": one.collection,
        "names": dict(names),
    }


def _early(db: Connection, shop: Shop, now: datetime) -> Iterator[dict[str, Any]]:
    """Pages that are, or will be, for members of a level alone; times in Unix seconds.

    None where levels have no tags: nobody could be let in.
    """
    published = programs.current(db, shop.id)
    if published is None or not published.has_standing:
        return
    for level, lets_in in published.given.early_pages():
        early = level.perks.early
        if early is not None and early.ends_at > now:
            yield {
                "url": early.url,
                "tags": [f"{perks.TAG}{number}" for number in lets_in],
                "names": dict(level.names),
                "from": int(early.starts_at.timestamp()),
                "until": int(early.ends_at.timestamp()),
            }


@dataclass(frozen=True, slots=True)
class _Telling:
    """What a store's plugin is to be told, and the secret that signs it."""

    store: str
    secret: bytes
    settings: Mapping[str, Any]


class SettingsErrand:
    """Bring a store's plugin up to date; what it is told is read when it is told."""

    def __init__(self, keys: KeyRing, woocommerce: WooCommerce) -> None:
        self._keys, self._woocommerce = keys, woocommerce

    def prepare(
        self, db: Connection, shop_id: int, _about: str, _now: datetime
    ) -> _Telling | None:
        secret = shops.secret(db, self._keys, shop_id, "plugin_secret")
        if secret is None or not plugin.is_paired(db, shop_id):
            return None
        shop = shops.get(db, shop_id)
        return _Telling(shop.key, secret, settings(db, shop))

    def carry_out(self, _client: ShopClient, todo: _Telling) -> None:
        """A plugin that does not take our word says nothing about the shop's keys."""
        try:
            self._woocommerce.tell(todo.store, "settings", todo.secret, todo.settings, clock.now())
        except PlatformRefused as problem:
            raise PlatformError("plugin_refused", str(problem)) from problem

    def finish(
        self, _db: Connection, _shop_id: int, _about: str, _answer: None, _now: datetime
    ) -> Sequence[Fact]:
        return []

    def fail(
        self, _db: Connection, _shop_id: int, _about: str, _code: str, _now: datetime
    ) -> Sequence[Fact]:
        """The plugin is switched off or too old; it asks by itself once a day."""
        return []


def errands(keys: KeyRing, found: Mapping[str, Platform]) -> Mapping[str, Errand]:
    """What is told to the plugins of stores that have one."""
    stores = [one for one in found.values() if isinstance(one, WooCommerce)]
    return {plugin.SETTINGS: SettingsErrand(keys, stores[0])} if stores else {}
