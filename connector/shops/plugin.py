"""The plugin inside a WooCommerce store: pairing, its secrets and their rotation, its sign-ins.

A store's plugin holds two secrets of ours: one for calls both ways, one to sign shoppers' tokens.
New ones are kept beside the old until the plugin proves that it has them, so a lost answer locks
nobody out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from connector.core import keyring, outbox
from connector.core.db import upsert
from connector.core.errors import Unauthenticated
from connector.core.keyring import KeyRing
from connector.shops import service as shops
from connector.shops import store
from connector.shops.models import install_intent, plugin, shop, spent_token

OLD_TOKENS = timedelta(days=1)
SETTINGS = "plugin_settings"
_WIDGET = ("widget_secret", "widget_secret_next", "widget_secret_old")
_NEXT = ("plugin_secret_next", "widget_secret_next")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a plugin is handed."""

    plugin: str
    widget: str


@dataclass(frozen=True, slots=True)
class Versions:
    """What a store runs."""

    plugin: str
    woocommerce: str
    wordpress: str
    php: str


def fresh(db: Connection, keys: KeyRing, shop_id: int) -> Secrets:
    """Secrets to offer, not kept yet. Shoppers' tokens stay good."""
    widget = shops.secret(db, keys, shop_id, "widget_secret") or b""
    return Secrets(keyring.token(), widget.decode())


def arm(db: Connection, keys: KeyRing, shop_id: int, secret: str, now: datetime) -> None:
    """The plugin took this secret: an older pairing ends."""
    shops.put_secret(db, keys, shop_id, "plugin_secret", secret.encode(), now)
    store.drop_credentials(db, shop_id, _NEXT)


def note(
    db: Connection, shop_id: int, versions: Versions, now: datetime, admin_url: str | None = None
) -> None:
    """The plugin was heard. ``admin_url`` None: as before."""
    values = {
        "version": versions.plugin,
        "woocommerce": versions.woocommerce,
        "wordpress": versions.wordpress,
        "php": versions.php,
        "seen_at": now,
        **({"admin_url": admin_url} if admin_url else {}),
    }
    statement = upsert(db, plugin).values(shop_id=shop_id, **({"admin_url": ""} | values))
    db.execute(statement.on_conflict_do_update(index_elements=["shop_id"], set_=values))


def expect(db: Connection, state: str, shop_id: int, admin_url: str) -> None:
    """The plugin has the offer; the browser goes on at its page."""
    db.execute(
        update(install_intent)
        .where(install_intent.c.state_hash == keyring.token_hash(state))
        .values(shop_id=shop_id, admin_url=admin_url)
    )


def offered(db: Connection, shop_id: int, now: datetime) -> Row[Any] | None:
    """The newest living offer of the shop."""
    return db.execute(
        select(install_intent)
        .where(
            install_intent.c.shop_id == shop_id,
            install_intent.c.admin_url.is_not(None),
            install_intent.c.expires_at > now,
        )
        .order_by(install_intent.c.expires_at.desc())
    ).first()


def pair(db: Connection, shop_id: int, now: datetime) -> None:
    """The store's admin said yes: this store's plugin is ours to talk to."""
    db.execute(update(plugin).where(plugin.c.shop_id == shop_id).values(paired_at=now))
    db.execute(update(shop).where(shop.c.id == shop_id).values(state="active"))
    db.execute(install_intent.delete().where(install_intent.c.shop_id == shop_id))


def refuse(db: Connection, shop_id: int) -> None:
    """The store's admin said no, or the plugin went: it can tell us nothing any more."""
    store.drop_credentials(db, shop_id, ("plugin_secret", *_NEXT))
    db.execute(plugin.delete().where(plugin.c.shop_id == shop_id))
    db.execute(install_intent.delete().where(install_intent.c.shop_id == shop_id))


def of(db: Connection, shop_id: int) -> Row[Any] | None:
    """What is known of the shop's plugin; None when it has none."""
    return db.execute(select(plugin).where(plugin.c.shop_id == shop_id)).one_or_none()


def is_paired(db: Connection, shop_id: int) -> bool:
    """Whether the store's admin has said yes to us."""
    known = of(db, shop_id)
    return known is not None and known.paired_at is not None


def tell_settings(db: Connection, shop_id: int, at: datetime, about: str = "all") -> None:
    """What the store's plugin shows or gives is another from ``at`` on: it is told then."""
    if is_paired(db, shop_id):
        outbox.send(db, shop_id, SETTINGS, [about], at)


def secrets(db: Connection, keys: KeyRing, shop_id: int) -> list[bytes]:
    """What a call of the plugin may be signed with: what it has, and what it was handed."""
    kinds = ("plugin_secret", "plugin_secret_next")
    found = (shops.secret(db, keys, shop_id, kind) for kind in kinds)
    return [secret for secret in found if secret]


def widget_secrets(db: Connection, keys: KeyRing, shop_id: int, now: datetime) -> list[bytes]:
    """What shoppers' tokens may be signed with: the present one, the next, and one just gone."""
    found = store.live_credentials(db, shop_id, _WIDGET, now)
    return [keys.decrypt(shop_id, secret) for secret in found]


def rotate(db: Connection, keys: KeyRing, shop_id: int, now: datetime) -> Secrets:
    """The next secrets; the same ones until the plugin signs with them."""
    held = [shops.secret(db, keys, shop_id, kind) or b"" for kind in _NEXT]
    if not all(held):
        held = [keyring.token().encode() for _ in _NEXT]
        for kind, secret in zip(_NEXT, held, strict=True):
            shops.put_secret(db, keys, shop_id, kind, secret, now)
    return Secrets(*(secret.decode() for secret in held))


def rotated(db: Connection, keys: KeyRing, shop_id: int, now: datetime) -> None:
    """The plugin signed with the next secrets: they are the present ones now.

    Tokens that shoppers' browsers still hold are good for a day more.
    """
    following = [shops.secret(db, keys, shop_id, kind) or b"" for kind in _NEXT]
    present = shops.secret(db, keys, shop_id, "widget_secret")
    if not all(following) or present is None:
        return
    until = now + OLD_TOKENS
    shops.put_secret(db, keys, shop_id, "widget_secret_old", present, now, until)
    for kind, secret in zip(("plugin_secret", "widget_secret"), following, strict=True):
        shops.put_secret(db, keys, shop_id, kind, secret, now)
    store.drop_credentials(db, shop_id, _NEXT)


def spend(db: Connection, shop_id: int, token: str, until: datetime) -> None:
    """Use a token; Unauthenticated ``link_spent`` the second time."""
    first = db.execute(
        upsert(db, spent_token)
        .values(shop_id=shop_id, token_hash=keyring.token_hash(token), expires_at=until)
        .on_conflict_do_nothing()
        .returning(spent_token.c.shop_id)
    ).first()
    if first is None:
        raise Unauthenticated("link_spent", "open Perennial from the store's admin again")
