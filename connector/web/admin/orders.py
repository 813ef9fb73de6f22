"""Order diagnosis: why points, or exactly why none; and a button that repairs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import g, redirect, request, url_for
from sqlalchemy import Connection, Row
from werkzeug.wrappers import Response

from connector.core import clock, outbox
from connector.core.commerce import NeedsFetch
from connector.orders import store as order_store
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points
from connector.rooms.points.service import Diagnosis
from connector.web import addresses, repairs
from connector.web.admin import door, forms, traces, ways
from connector.web.admin import store as asked_store
from connector.web.admin.door import blueprint
from connector.web.admin.home import newest_orders
from connector.web.admin.words import mark, plain
from connector.web.runtime import runtime

SHORTEST_SHOPIFY_ID = 8
_LAST_NUMBER = re.compile(r"([0-9]{1,19})(?:[/?#&].*)?$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Check:
    """One step of an order's way. state: ok, wait, stop, or later when a step before it stops."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Fix:
    """The one thing that would change what stops an order."""

    words: str
    where: str


STOPPED_BY = {
    "matched": ("no_identity",),
    "status": ("not_paid", "not_completed", "cancelled", "refunded", "deleted", "test_order"),
    "exclusions": (
        "nothing_counts",
        "before_program",
        "b2b",
        "excluded_order",
        "excluded_member",
        "blocked",
    ),
    "rule": ("no_rate", "zero_rate", "below_one_point"),
}
FIXES = {
    "no_rate": ("program", "others", mark("Say what {currency} earns")),
    "zero_rate": ("program", "others", mark("Say what {currency} earns")),
    "before_program": ("program", "counts", mark("Let orders from before earn, too")),
    "b2b": ("program", "rules", mark("Change who earns")),
    "excluded_order": ("program", "rules", mark("Change who earns")),
    "excluded_member": ("program", "rules", mark("Change who earns")),
}


@blueprint.get("/<shop>/orders")
def orders() -> Response:
    """Find an order by its number, its id, or the address of its page in the store's admin."""
    typed = forms.plain(addresses.text("number", 200))
    with runtime().database.read() as db:
        found = _found(db, typed) if typed else []
        newest = newest_orders(db, runtime().members, g.shop.id)
        key = _key(typed)
        under_way = asked_store.asked(db, g.shop.id, "order", key) if key and not found else None
    if len(found) == 1:
        return redirect(url_for("admin.order", order_id=found[0].id))
    return door.page(
        "admin/orders.html",
        typed=typed,
        found=found,
        newest=newest,
        key=key,
        under_way=under_way,
        was_asked=under_way is not None or "asked" in request.args,
    )


@blueprint.get("/<shop>/orders/<id:order_id>")
def order(order_id: int) -> Response:
    with runtime().database.read() as db:
        diagnosis = points.diagnose(db, g.shop.id, order_id)
        asked = [
            asked_store.asked(db, g.shop.id, what, diagnosis.order.key)
            for what in ("order", "order_refunds")
        ]
        under_way = [row for row in asked if row is not None]
        rules_of_it = diagnosis.basis.rules
        values: dict[str, Any] = {
            "diagnosis": diagnosis,
            "checks": checks(diagnosis, clock.now()),
            "fix": fix(diagnosis),
            "parts_given": traces.parts(
                diagnosis.trace, diagnosis.basis, ways.names_of(db, g.shop.id, rules_of_it)
            ),
            "revisions": order_store.revisions(db, g.shop.id, order_id),
            "gifts": giving.of_order(db, g.shop.id, order_id),
            "causes": {cause.id: cause for cause in giving.causes(db, g.shop.id)},
            "person": runtime().members.person(db, g.shop.id, diagnosis.member_id)
            if diagnosis.member_id
            else None,
            "under_way": any(row.due_at is not None for row in under_way),
            "given_up": next((row.error for row in under_way if row.due_at is None), None),
        }
    return door.page("admin/order.html", was_asked="asked" in request.args, **values)


@blueprint.post("/<shop>/orders/<id:order_id>/repair")
def repair(order_id: int) -> Response:
    runtime().database.run(lambda db: repairs.repair(db, g.shop.id, order_id, clock.now()))
    return door.redirected(url_for("admin.order", order_id=order_id, asked="yes"))


@blueprint.post("/<shop>/orders/unknown")
def ask_for_unknown() -> Response:
    """Ask the store for an order that never came."""
    number = forms.plain(request.form.get("number", ""))[:200]
    key = _key(number)
    if key is not None:
        want = NeedsFetch("order", key)
        runtime().database.run(lambda db: outbox.ask(db, g.shop.id, [want], clock.now()))
    return door.redirected(url_for("admin.orders", number=number, asked="yes"))


def checks(diagnosis: Diagnosis, now: datetime) -> list[Check]:
    """The steps of an order's way, in order; those after a stop come later."""
    reason = diagnosis.trace.reason
    waits = reason in ("not_paid", "not_completed")
    stopped = {name: reason in reasons for name, reasons in STOPPED_BY.items()}
    found = [Check("received", "ok")]
    is_past_stop = False
    for name, is_stop in stopped.items():
        state = ("wait" if waits else "stop") if is_stop else "ok"
        found.append(Check(name, "later" if is_past_stop else state))
        is_past_stop = is_past_stop or is_stop
    if any(one.limit is not None for one in diagnosis.trace.rules) and not is_past_stop:
        found.append(Check("cap", "ok"))
    if is_past_stop:
        hold = "later"
    else:
        until = diagnosis.available_at
        is_over = until is not None and until <= now and diagnosis.is_confirmed
        hold = "ok" if is_over and not diagnosis.pending else "wait"
    found.append(Check("hold", hold))
    is_booked = diagnosis.posted == diagnosis.trace.points
    found.append(Check("booked", "ok" if is_booked else "stop"))
    return found


def fix(diagnosis: Diagnosis) -> Fix | None:
    """What the merchant can do about what stops it; None where there is nothing to do."""
    reason = diagnosis.trace.reason
    if reason == "blocked":
        there = url_for("admin.member", member_id=diagnosis.member_id)
        return Fix(plain("Look at the member"), there)
    if reason not in FIXES:
        return None
    endpoint, place, words = FIXES[reason]
    own = plain(words, currency=diagnosis.order.currency)
    return Fix(own, f"{url_for(f'admin.{endpoint}')}#{place}")


def _found(db: Connection, number: str) -> list[Row[Any]]:
    found = order_store.by_number(db, g.shop.id, number)
    key = _key(number)
    if not found and key is not None:
        found = list(order_store.by_keys(db, g.shop.id, [key]).values())
    return found


def _key(number: str) -> str | None:
    """The platform's id of an order in what a person pasted, or None.

    WooCommerce numbers its orders by id. Shopify does not, so there only a long id will do: it is
    at the end of the address of the order's page in the Shopify admin. The address of another
    store's page names nothing here.
    """
    host = urlsplit(number).hostname if "://" in number else None
    if host not in (
        None,
        "admin.shopify.com",
        urlsplit(f"//{g.shop.key.split('://')[-1]}").hostname,
    ):
        return None
    if g.shop.platform == "shopify":
        found = _LAST_NUMBER.search(number)
        return found[1] if found and len(found[1]) >= SHORTEST_SHOPIFY_ID else None
    found = re.search(r"(?:post|id)=([0-9]{1,19})", number) or _LAST_NUMBER.search(number)
    return found[1].lstrip("0") or None if found else None
