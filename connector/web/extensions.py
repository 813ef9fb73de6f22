"""The door of the Shopify extensions: at the checkout, after it, and in a customer's account.

They run in a sandbox of Shopify's without cookies and without an origin of their own. A session
token, signed with the app's secret for five minutes, says which shop it is and who is signed in
there; whoever else asks is a guest. Sentences come from here, in the language asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import Connection, Row

from adapters.shopify import Shopify
from connector.core import clock
from connector.core.errors import BadInput, NotFound, Unauthenticated
from connector.orders import store as order_store
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points
from connector.rooms.points import timeline
from connector.rooms.points.timeline import Diagnosis
from connector.shops import service as shops
from connector.web import addresses, buckets, goals, public, rows
from connector.web.gifts.thanks import thanks
from connector.web.runtime import runtime
from connector.web.storefront import acts, beacons
from connector.web.storefront.asker import Asker, Visitor, forwarded_address, who
from connector.web.storefront.giving import remembered
from connector.web.storefront.me import me
from connector.web.storefront.told import points as told_points
from connector.web.tongue import Tongue, mark

MAX_TOKEN_CHARS = 4096
MOST_SPENT_MINOR = 10**12  # of one checkout: ten thousand millions in cents
MOST_DIGITS = 20
AGAIN_MS = 2_000  # when an order that has just been placed may have reached us
PREFLIGHT_SECONDS = 600
EARNED = mark("This order earned {points}.")
USABLE = mark("You can use them from {date} on.")
WAITING = mark("You can use them after the return period.")
Told = dict[str, Any]
blueprint = Blueprint("extensions", __name__, url_prefix="/ext/shopify")


@blueprint.after_request
def _open(response: Response) -> Response:
    """Any page may read what only a token opens; nobody keeps it."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.route("/me", methods=["OPTIONS"])
@blueprint.route("/redeem", methods=["OPTIONS"])
@blueprint.route("/beacon", methods=["OPTIONS"])
@blueprint.route("/order/<key>", methods=["OPTIONS"])
def preflight(key: str | None = None) -> tuple[str, int, dict[str, str]]:
    """A sandbox asks whether it may send a token, or a wish: yes, for every order alike."""
    del key
    headers = {
        "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
    }
    return "", 204, headers


@blueprint.get("/me", provide_automatic_options=False)
def mine() -> Response:
    """What a member has and what it buys; for everybody the causes, and what ``spend`` earns."""

    def tell(db: Connection, visitor: Visitor, now: datetime) -> Told:
        say = Tongue.of(visitor.shop, visitor.language, now)
        told = me(db, visitor, now)
        said = told_points.have(db, visitor, say) if isinstance(visitor, Asker) else None
        config = public.config(db, visitor.shop)
        offered = {name: config[name] for name in ("causes", "donation", "currency_exponent")}
        offered |= remembered(db, visitor, now)
        earns = _earns(db, visitor, now, say)
        return {**told, **offered, "shop": visitor.shop.name, "have": said, "earns": earns}

    return _answer(tell)


@blueprint.get("/order/<key>", provide_automatic_options=False)
def order(key: str) -> Response:
    """What an order brought, to whose it is; and what goes with its ``product``, to anybody.

    A guest's token does not say which order was theirs, so their order's figures stay unsaid:
    they are told what any order gives.
    """
    if addresses.row_id(key) is None:
        raise NotFound("order_not_found", "no such order")

    def tell(db: Connection, visitor: Visitor, now: datetime) -> Told:
        known = order_store.by_keys(db, visitor.shop.id, [key]).get(key)
        say = Tongue.of(visitor.shop, visitor.language, now)
        named = addresses.text("product")
        member_id = visitor.member_id if isinstance(visitor, Asker) else None
        question = rows.asked(member_id, "thank_you") if named else None
        note = known.row_note if known else None
        bucket = buckets.of_order(visitor.shop.id, key, note, member_id)
        beside = rows.told(db, visitor.shop, question, say, bucket) if question else {}
        awaited = visitor.customer_key is not None and known is None
        found = None
        if isinstance(visitor, Asker) and known and known.member_id == visitor.member_id:
            found = _order(db, visitor, known, say)
        elif not awaited and (beyond := goals.of_any_order(db, visitor.shop, say)):
            found = {"said": [], "donations": [], "impact": beyond}
        return {
            "order": found,
            "signed_in": visitor.customer_key is not None,
            **{
                name: beside.get(name)
                for name in ("surface", "method", "bucket", "row", "heading")
            },
            "recommendations": beside.get("items", []),
            "again_ms": AGAIN_MS * awaited,
        }

    return _answer(tell)


@blueprint.post("/beacon", provide_automatic_options=False)
def beacon() -> tuple[str, int]:
    """What was seen of a row after an order; of which shop, the token says."""
    with runtime().database.read() as db:
        visitor = _visitor(db)
    return beacons.take(visitor.shop, visitor.address)


@blueprint.post("/redeem", provide_automatic_options=False)
def redeem() -> Response:
    """Exchange points for a code; it follows within seconds, in ``me``."""
    with runtime().database.read() as db:
        visitor = _visitor(db)
    return jsonify(acts.carry_out("redeem", visitor))


def _answer(tell: Callable[[Connection, Visitor, datetime], Told]) -> Response:
    with runtime().database.read() as db:
        return jsonify(tell(db, _visitor(db), clock.now()))


def _visitor(db: Connection) -> Visitor:
    """Who a session token proves. Its shop decides, never what a query or a body says."""
    platform = runtime().platforms.get("shopify")
    if platform is None:
        raise NotFound("not_found", "Shopify is not set up here")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or len(token) > MAX_TOKEN_CHARS:
        raise Unauthenticated("invalid_token", "bring a session token")
    proven = cast("Shopify", platform).buyer(token)
    shop = shops.find(db, "shopify", proven.shop_key)
    if shop is None or not shop.is_live:
        raise NotFound("shop_not_found", "no such shop")
    return who(db, shop, proven.customer_key, forwarded_address())


def _earns(db: Connection, visitor: Visitor, now: datetime, say: Tongue) -> Told | None:
    """What a purchase of ``spend`` minor units earns by itself, before any bonus."""
    given = addresses.text("spend", MOST_DIGITS)
    spend = int(given) if given.isascii() and given.isdecimal() else 0
    if spend > MOST_SPENT_MINOR:
        raise BadInput("amount_range", "no purchase is that large", field="spend")
    count = points.preview(db, visitor.shop.id, spend, now) if spend else 0
    return (
        {"points": count, "said": say.t("Earn {points}", points=say.points(count))}
        if count
        else None
    )


def _order(db: Connection, visitor: Asker, order: Row[Any], say: Tongue) -> Told:
    found = timeline.diagnose(db, visitor.shop.id, order.id)
    rows = giving.of_order(db, visitor.shop.id, order.id, giving.OF_ORDERS)
    return {
        "number": found.order.number,
        "points": found.posted,
        "pending": found.pending,
        "said": _earned(found, say),
        "donations": list(thanks(db, visitor.shop, order, say)),
        "impact": goals.of_order(db, visitor.shop, {one.programme_id for one in rows}, say),
    }


def _earned(found: Diagnosis, say: Tongue) -> list[str]:
    """What it earned, and when that can be used; nothing where it earned nothing."""
    if found.posted <= 0:
        return []
    said = [say.t(EARNED, points=say.points(found.posted))]
    if found.pending and found.available_at:
        said.append(say.t(USABLE, date=say.day(found.available_at)))
    elif found.pending:
        said.append(say.t(WAITING))
    return said
