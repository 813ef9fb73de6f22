"""Orders: their state, what they earned and gave, and why."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from flask import g
from msgspec import Meta, Struct
from sqlalchemy import Connection, Row

from connector import orders
from connector.core import clock, outbox
from connector.core.commerce import NeedsFetch, OrderState
from connector.core.errors import BadInput, NotFound
from connector.core.i18n import SOURCE
from connector.orders import store as order_store
from connector.program import basis as bases
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points
from connector.rooms.points.timeline import Diagnosis
from connector.shops.service import Shop
from connector.web import addresses, repairs
from connector.web.admin import sentences, store, traces, ways
from connector.web.api import shapes
from connector.web.api.openapi import Operation


class OrderRequest(Struct):
    key: str
    state: Annotated[
        str,
        Meta(
            description="waiting: the store is being asked. known: GET /orders/{key} tells of it."
            " given_up: the store would not say, see code. missing: nobody asked, or the store"
            " was asked and does not have it."
        ),
    ]
    code: Annotated[str | None, Meta(description="What stood in the way last")]


def get_order(db: Connection, shop: Shop, key: str) -> shapes.Order:
    """One order by the platform's own id: its state, points and donations."""
    row, order = _order(db, shop, key)
    told = points.diagnose(db, shop.id, row.id)
    money = partial(shapes.Money, currency=order.currency)
    names = {cause.id: cause.key for cause in giving.causes(db, shop.id)}
    return shapes.Order(
        key=order.key,
        number=order.number,
        state=order.state,
        placed_at=shapes.utc(row.placed_at),
        member_id=row.member_id and str(row.member_id),
        total=money(order.total_minor),
        refunded=money(sum(refund.amount_minor for refund in order.refunds)),
        points=told.posted,
        pending=told.pending,
        available=told.posted - told.pending,
        available_on=clock.local_date(told.available_at, shop.timezone)
        if told.available_at
        else None,
        donations=[
            shapes.Donation(
                cause=names[one.cause_id],
                given=money(one.given_minor),
                pledged=money(one.pledged_minor),
                due=money(one.due_minor),
            )
            for one in giving.of_order(db, shop.id, row.id)
        ],
        lines=[
            shapes.OrderLine(
                line.title, line.kind, line.product_key, line.quantity, money(line.total_minor)
            )
            for line in order.lines
        ],
    )


def get_diagnosis(db: Connection, shop: Shop, key: str) -> shapes.Diagnosis:
    """What the order earned, line by line, by which rule, or exactly why not."""
    row, order = _order(db, shop, key)
    told = points.diagnose(db, shop.id, row.id)
    g.language = SOURCE  # the API speaks English
    return shapes.Diagnosis(
        order=order.key,
        points=told.trace.points,
        posted=told.posted,
        reason=told.trace.reason,
        why=sentences.stop(told.trace.reason, order.currency).striptags(),
        rule=bases.sentence(told.basis, order.currency),
        rule_version=told.basis.version,
        is_confirmed=told.is_confirmed,
        qualifying=told.trace.qualifying,
        available_at=shapes.utc(told.available_at) if told.available_at else None,
        rules=_rules(db, shop, told),
        lines=[
            shapes.DiagnosisLine(
                line.title,
                line.kind,
                shapes.Money(line.base_minor, order.currency),
                line.earned,
                line.kept,
            )
            for line in told.trace.lines
        ],
    )


def repair_order(db: Connection, shop: Shop, key: str) -> shapes.Diagnosis:
    """Ask the store for the order again and book what is missing; the answer is as of now."""
    row, _ = _order(db, shop, key)
    repairs.repair(db, shop.id, row.id, clock.now())
    return get_diagnosis(db, shop, key)


def ask_for_order(db: Connection, shop: Shop, key: str) -> OrderRequest:
    """Ask the store for an order that never came; one we know is asked for again, too.

    ``key`` is the platform's own id. The answer comes within seconds: read the request again.
    """
    if addresses.row_id(key) is None:
        raise BadInput("invalid_key", "the platform's own id, in digits", field="key")
    outbox.ask(db, shop.id, [NeedsFetch("order", key)], clock.now())
    return get_order_request(db, shop, key)


def get_order_request(db: Connection, shop: Shop, key: str) -> OrderRequest:
    """What came of asking the store for an order."""
    asked = store.asked(db, shop.id, "order", key)
    if asked is not None:
        state = "given_up" if asked.due_at is None else "waiting"
        return OrderRequest(key, state, asked.error)
    row = order_store.by_keys(db, shop.id, [key]).get(key)
    is_there = row is not None and row.state != OrderState.DELETED
    return OrderRequest(key, "known" if is_there else "missing", None)


def _rules(db: Connection, shop: Shop, told: Diagnosis) -> list[shapes.DiagnosisRule]:
    known = ways.names_of(db, shop.id, told.basis.rules)
    return [
        shapes.DiagnosisRule(
            rule_id=one.rule_id or None,
            kind=one.kind,
            sentence=traces.label(one, told.basis, known).striptags(),
            reason=one.reason,
            why=why.striptags() if (why := traces.why_not(one, told.basis.currency)) else None,
            earned=one.earned,
            kept=one.kept,
            limit=one.limit,
            gives_reward=one.gives_reward,
        )
        for one in told.trace.rules
    ]


def _order(db: Connection, shop: Shop, key: str) -> tuple[Row[Any], Any]:
    rows = order_store.by_keys(db, shop.id, [key])
    if key not in rows:
        raise NotFound("order_not_found", "we do not know this order")
    return orders.load(db, shop.id, [rows[key].id])[0]


OPERATIONS = (
    Operation("GET", "/orders/<key>", get_order, shapes.Order),
    Operation("GET", "/orders/<key>/diagnosis", get_diagnosis, shapes.Diagnosis),
    Operation("POST", "/orders/<key>/repair", repair_order, shapes.Diagnosis),
    Operation("POST", "/orders/<key>/request", ask_for_order, OrderRequest),
    Operation("GET", "/orders/<key>/request", get_order_request, OrderRequest),
)
