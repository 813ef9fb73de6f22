"""The door of the plugin inside a WooCommerce store: signed calls, and its way into the admin.

Every call is a POST of JSON signed with that store's secret (``adapters.woocommerce.pairing``):
the store is named by the path and proven by the signature before a byte of it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from flask import Blueprint, Response, jsonify, request, url_for
from sqlalchemy import Connection

from adapters.woocommerce import inside, pairing
from connector.core import clock
from connector.core.commerce import Delivery
from connector.core.errors import BadInput, Conflict, NotFound, Unauthenticated
from connector.core.inbox import Received
from connector.core.keyring import token
from connector.members import store as member_store
from connector.orders import imports
from connector.rooms.giving import programmes
from connector.rooms.tiers import programs
from connector.shops import joining, plugin
from connector.shops import service as shops
from connector.shops.plugin import Versions
from connector.shops.service import Shop
from connector.web import addresses, body, dossier, shopfront
from connector.web.admin import door, session
from connector.web.runtime import runtime

VERSION = "1"  # of this door: what a plugin may ask of it
MOST_VERSION_CHARS = 40
_BEFORE_CONFIRM = ("confirm", "refuse")
blueprint = Blueprint("plugin", __name__)


class _Said(msgspec.Struct):
    """What a plugin says: what its store runs, and whom a privacy call is about."""

    plugin: str = ""
    woocommerce: str = ""
    wordpress: str = ""
    php: str = ""
    email: str = ""
    customer: str = ""  # the account of this e-mail, if there is one


@dataclass(frozen=True, slots=True)
class _Call:
    """A proven call. ``secret`` is what it was signed with."""

    shop: Shop
    secret: bytes
    said: _Said
    raw: bytes


@blueprint.post("/plugin/woocommerce/<public_id>/<what>")
def call(public_id: str, what: str) -> Response:
    """One signed call; the store is not told apart from an unknown one until it is proven."""
    work = CALLS.get(what)
    if work is None:
        raise NotFound("not_found", "there is no such call")
    raw = body.read_bytes()
    shop, secret = _proven(public_id, what, raw)
    if not shop.is_live and not (shop.state == "pending" and what in _BEFORE_CONFIRM):
        raise Conflict("disconnected", "this store is not connected; connect it again")
    try:
        said = msgspec.json.decode(raw, type=_Said)
    except msgspec.DecodeError:
        raise BadInput("invalid_json", "not a call we can read", status=400) from None
    response = jsonify(work(_Call(shop, secret, said, raw)))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/admin/woocommerce/<public_id>/enter")
def enter(public_id: str) -> Response:
    """From the store's admin into ours: a token of one use and a minute."""
    session.check_host()
    now = clock.now()
    with runtime().database.write() as db:
        shop = _of(shops.by_public_id(db, public_id))
        if not shop.is_live:
            raise Conflict("disconnected", "this store is not connected; connect it again")
        person = _person(plugin.secrets(db, runtime().keys, shop.id), addresses.text("token"))
        plugin.spend(db, shop.id, person.jti, person.expires_at)
        known_as = f"woocommerce:{public_id}:{person.sub}"
        staff = shops.staff_for(db, shop.business_id, known_as, now, name=person.name)
        opened = shops.open_session(db, staff.id, now)
    response = door.redirected(url_for("admin.home", shop=public_id))
    response.headers["Referrer-Policy"] = "no-referrer"
    return session.remember(response, opened)


def _confirm(asked: _Call) -> dict[str, Any]:
    """The store's admin said which account it joins: work begins. Again: as it stands."""
    now = clock.now()
    with runtime().database.write() as db:
        shop = shops.get(db, asked.shop.id)
        offer = plugin.offered(db, shop.id, now)
        if offer is None and not _is_paired(shop, plugin.of(db, shop.id)):
            raise Conflict("not_ready", "connect the store again")
        if offer is not None:
            if shop.state == "pending":
                shop = joining.activate(db, shop, offer.business_id, now)
                imports.begin(db, shop.id, ("products", "orders"), now)
            plugin.pair(db, shop.id, now)
            programs.stand(db, shop.id, now)
            programmes.announce(db, shop.id, now)
        return _standing(asked) | {"settings": shopfront.settings(db, shop)}


def _refuse(asked: _Call) -> dict[str, Any]:
    """The store's admin said no. A store that nobody confirmed lapses with its keys.

    ``lives``: it is connected all the same, as before it was asked, and needs our key.
    """
    with runtime().database.write() as db:
        if not _is_paired(asked.shop, plugin.of(db, asked.shop.id)):
            plugin.refuse(db, asked.shop.id)
    return {"lives": asked.shop.is_live}


def _status(asked: _Call) -> dict[str, Any]:
    """How the connection stands, and what the store is to show."""
    said, now = asked.said, clock.now()
    told = (said.plugin, said.woocommerce, said.wordpress, said.php)
    with runtime().database.write() as db:
        versions = Versions(*(one[:MOST_VERSION_CHARS] for one in told))
        plugin.note(db, asked.shop.id, versions, now)
        return _standing(asked) | {"settings": shopfront.settings(db, asked.shop)}


def _rotate(asked: _Call) -> dict[str, Any]:
    with runtime().database.write() as db:
        return asdict(plugin.rotate(db, runtime().keys, asked.shop.id, clock.now()))


def _rotated(asked: _Call) -> dict[str, Any]:
    """The plugin has its new secrets: it signed this with them."""
    with runtime().database.write() as db:
        known = plugin.secrets(db, runtime().keys, asked.shop.id)
        if asked.secret != known[-1]:
            raise Conflict("old_secret", "sign this with the new secret")
        plugin.rotated(db, runtime().keys, asked.shop.id, clock.now())
    return {}


def _disconnect(asked: _Call) -> dict[str, Any]:
    """The merchant took the plugin out: as if the platform had said so itself."""
    _keep(asked, inside.LEFT)
    return {}


def _erase(asked: _Call) -> dict[str, Any]:
    """A person asks to be forgotten: kept like any delivery, carried out within seconds."""
    with runtime().database.read() as db:
        found = _people(db, asked)
    _keep(asked, inside.ERASE)
    return {"known": bool(found)}


def _export(asked: _Call) -> dict[str, Any]:
    """All that is kept of a person: accounts and guests."""
    members, shop_id = runtime().members, asked.shop.id
    with runtime().database.read() as db:
        found = [dossier.everything(db, members, shop_id, one) for one in _people(db, asked)]
    return {"people": msgspec.to_builtins(found)}


def _people(db: Connection, asked: _Call) -> list[int]:
    """Members of this e-mail, and of its account, whose orders may carry another."""
    email = asked.said.email.strip()
    if not email:
        raise BadInput("email_required", "say whose", field="email")
    members, shop_id = runtime().members, asked.shop.id
    rows = member_store.by_email_hash(db, shop_id, members.email_hash(shop_id, email))
    account = members.by_customer_key(db, shop_id, asked.said.customer)
    return sorted({row.id for row in rows} | ({account} if account is not None else set()))


def _keep(asked: _Call, topic: str) -> None:
    now = clock.now()
    delivery = Delivery(topic, token(), {inside.HEADER: now.isoformat()}, asked.raw)
    runtime().keeper.keep(Received(asked.shop.id, "plugin", delivery, now))
    runtime().wake(asked.shop.id)


def _standing(asked: _Call) -> dict[str, Any]:
    shop = asked.shop
    with runtime().database.read() as db:
        account = shops.business_name(db, shops.get(db, shop.id).business_id)
    return {
        "service": VERSION,
        "account": account,
        "problem": shop.problem,
        "last_event_at": shop.last_event_at,
        "reconciled_at": shop.reconciled_at,
    }


def _is_paired(shop: Shop, known: Any) -> bool:
    return shop.is_live and known is not None and known.paired_at is not None


def _proven(public_id: str, what: str, raw: bytes) -> tuple[Shop, bytes]:
    """The store and the secret that signed; ``bad_signature`` for what is not there, too."""
    problem = Unauthenticated("bad_signature", "not signed with this store's secret")
    with runtime().database.read() as db:
        try:
            shop = _of(shops.by_public_id(db, public_id))
        except NotFound:
            raise problem from None
        known = plugin.secrets(db, runtime().keys, shop.id)
    now = clock.now()
    for secret in known:
        try:
            pairing.check(secret, what, dict(request.headers), raw, now)
        except Unauthenticated as refused:
            problem = refused if refused.code == "expired" else problem
        else:
            return shop, secret
    raise problem


def _person(known: list[bytes], signed: str) -> pairing.Person:
    problem = Unauthenticated("invalid_token", "not a sign-in of this store")
    for secret in known:
        try:
            return pairing.person(secret, signed, clock.now())
        except Unauthenticated as refused:
            problem = refused if refused.code == "expired" else problem
    raise problem


def _of(shop: Shop) -> Shop:
    if shop.platform != "woocommerce":
        raise NotFound("shop_not_found", "there is no such shop")
    return shop


CALLS: dict[str, Callable[[_Call], dict[str, Any]]] = {
    "confirm": _confirm,
    "refuse": _refuse,
    "status": _status,
    "rotate": _rotate,
    "rotated": _rotated,
    "disconnect": _disconnect,
    "erase": _erase,
    "export": _export,
}
