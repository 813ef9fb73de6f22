"""Orders: their state, what they earned and gave, and why."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import g
from sqlalchemy import Connection, Row

from connector import orders
from connector.core import clock
from connector.core.errors import NotFound
from connector.core.i18n import SOURCE
from connector.orders import store as order_store
from connector.program import basis as bases
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points
from connector.rooms.points.timeline import Diagnosis
from connector.shops.service import Shop
from connector.web import repairs
from connector.web.admin import sentences, traces, ways
from connector.web.api import shapes
from connector.web.api.openapi import Operation


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
)
