"""The API's table of operations, and what each does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import msgspec
from flask import Blueprint, Response, g, jsonify, render_template, request
from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError

from connector import orders
from connector.core import clock
from connector.core.errors import BadInput, Conflict, Forbidden, NotFound, Unauthenticated
from connector.members import store as member_store
from connector.orders import store as order_store
from connector.rooms.giving import service as giving
from connector.rooms.points import rules, timeline
from connector.rooms.points import service as points
from connector.rooms.recommend import service as recommend
from connector.shops import service as shops
from connector.shops import store as shop_store
from connector.shops import team
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.api import shapes
from connector.web.api.openapi import Operation, Parameter, describe
from connector.web.body import read_json
from connector.web.runtime import runtime

MAX_PAGE = 200
MAX_KEY_CHARS = 255
blueprint = Blueprint("api", __name__, url_prefix="/api/v1", template_folder="../templates")


def list_members(db: Connection, shop: Shop) -> shapes.MemberPage:
    """By e-mail, by platform id, or all of them a page at a time."""
    if "email" in request.args:
        ids = [runtime().members.by_email(db, shop.id, addresses.text("email"))]
    elif "customer_key" in request.args:
        key = addresses.text("customer_key")
        found = runtime().members.by_customer_key(db, shop.id, key)
        if found is None:
            raise NotFound("member_not_found", "no member has this platform id")
        ids = [found]
    else:
        limit = addresses.number("limit", 50, MAX_PAGE)
        rows = member_store.page(db, shop.id, addresses.before(), limit)
        members = _members(db, shop, rows)
        return shapes.MemberPage(members, members[-1].id if len(rows) == limit else None)
    rows = [row for one in ids if (row := member_store.get(db, shop.id, one))]
    return shapes.MemberPage(_members(db, shop, rows), None)


def get_member(db: Connection, shop: Shop, member_id: str) -> shapes.Member:
    """One member with what can be used, what waits and what is owed."""
    return _members(db, shop, [_member(db, shop, member_id)])[0]


def list_entries(db: Connection, shop: Shop, member_id: str) -> shapes.EntryPage:
    """The member's ledger entries, newest first."""
    limit = addresses.number("limit", 50, MAX_PAGE)
    row = _member(db, shop, member_id)
    found = timeline.entries(db, shop.id, row.id, addresses.before(), limit)
    entries = [
        shapes.Entry(
            id=str(entry.id),
            at=_time(entry.occurred_at),
            kind=entry.kind,
            points=entry.points,
            available=entry.available,
            pending=entry.pending,
            order=entry.order_number,
            note=entry.why.note if entry.why else None,
        )
        for entry in found
    ]
    return shapes.EntryPage(entries, entries[-1].id if len(found) == limit else None)


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
        placed_at=_time(row.placed_at),
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
    return shapes.Diagnosis(
        order=order.key,
        points=told.trace.points,
        posted=told.posted,
        reason=told.trace.reason,
        rule=rules.sentence(told.basis, order.currency),
        rule_version=told.basis.version,
        is_confirmed=told.is_confirmed,
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


def add_adjustment(db: Connection, shop: Shop, member_id: str) -> shapes.Adjustment:
    """Give or take points by hand; once for each Idempotency-Key.

    Above the limit of a team that has one: 403 ``approval_needed``; people confirm in the admin.
    """
    wanted = read_json(shapes.AdjustmentRequest)
    if team.needs_second(db, shop.business_id, wanted.points):
        raise Forbidden("approval_needed", "so many points take two people, in the admin")
    row = _member(db, shop, member_id)
    adjustment_id = points.adjust(
        db,
        shop.id,
        row.id,
        wanted.points,
        reason=wanted.reason,
        made_by=f"api:{g.api_key_id}",
        now=clock.now(),
    )
    left = points.balance(db, shop.id, row.id).available
    return shapes.Adjustment(str(adjustment_id), str(row.id), wanted.points, wanted.reason, left)


def list_recommendations(db: Connection, shop: Shop, key: str) -> shapes.Recommendations:
    """What is bought together with a product, by the shop's own orders; none if unknown."""
    return shapes.Recommendations(
        [
            shapes.Recommendation(
                item.key,
                item.title,
                item.url,
                None
                if item.price is None
                else shapes.Money(item.price.minor, item.price.currency),
                item.together,
            )
            for item in recommend.together(db, shop.id, [key])
        ]
    )


_PAGE = (
    Parameter("before", "The ``next`` of the page before"),
    Parameter("limit", f"1 to {MAX_PAGE}, 50 if not given"),
)
OPERATIONS = (
    Operation(
        "GET",
        "/members",
        list_members,
        shapes.MemberPage,
        parameters=(
            Parameter("email", "The member with this e-mail"),
            Parameter("customer_key", "The member behind this platform id"),
            *_PAGE,
        ),
    ),
    Operation("GET", "/members/<member_id>", get_member, shapes.Member),
    Operation(
        "GET", "/members/<member_id>/entries", list_entries, shapes.EntryPage, parameters=_PAGE
    ),
    Operation(
        "POST",
        "/members/<member_id>/adjustments",
        add_adjustment,
        shapes.Adjustment,
        body=shapes.AdjustmentRequest,
    ),
    Operation("GET", "/orders/<key>", get_order, shapes.Order),
    Operation("GET", "/orders/<key>/diagnosis", get_diagnosis, shapes.Diagnosis),
    Operation(
        "GET", "/products/<key>/recommendations", list_recommendations, shapes.Recommendations
    ),
)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """What this API is, for machines."""
    return jsonify(describe(OPERATIONS, runtime().settings.public_url))


@blueprint.get("/docs")
def docs() -> Response:
    """What this API is, for people."""
    told = describe(OPERATIONS, runtime().settings.public_url)
    response = Response(render_template("api/docs.html", api=told))
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
    )
    return response


def _serve(operation: Operation, **path: str) -> Response:
    with runtime().database.read() as db:
        shop = _shop_of_key(db)
        if operation.body is None:
            return _answer(operation.view(db, shop, **path))
    return _once(operation, shop, path)


def _once(operation: Operation, shop: Shop, path: dict[str, str]) -> Response:
    """Carry out a change once for each Idempotency-Key; the same key again is told the same."""
    key = request.headers.get("Idempotency-Key", "")
    if not key or len(key) > MAX_KEY_CHARS:
        raise BadInput(
            "idempotency_key", f"give an Idempotency-Key of 1 to {MAX_KEY_CHARS}", status=400
        )
    told = hashlib.sha256(request.path.encode() + b"\n" + request.get_data()).hexdigest()

    def work(db: Connection) -> Response:
        kept = shop_store.reply(db, shop.id, key)
        if kept is None:
            reply = msgspec.to_builtins(operation.view(db, shop, **path))
            shop_store.keep_reply(
                db,
                shop_id=shop.id,
                key=key,
                request_hash=told,
                status=200,
                body=reply,
                created_at=clock.now(),
            )
            return _answer(reply)
        if kept.request_hash != told:
            raise Conflict("idempotency_mismatch", "this key was used for another request")
        return _answer(kept.body)

    try:
        return runtime().database.run(work)
    except IntegrityError:  # the same key at the same moment: the other one was first
        return runtime().database.run(work)


def _answer(shape: Any) -> Response:
    response = Response(msgspec.json.encode(shape), mimetype="application/json")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _shop_of_key(db: Connection) -> Shop:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not key:
        raise Unauthenticated("invalid_api_key", "send Authorization: Bearer <key>")
    shop, g.api_key_id = shops.by_api_key(db, key)
    return shop


def _member(db: Connection, shop: Shop, member_id: str) -> Row[Any]:
    found = addresses.row_id(member_id)
    row = member_store.get(db, shop.id, found) if found else None
    if row is None or row.state == "erased":
        raise NotFound("member_not_found", "no such member")
    if row.merged_into is not None:
        return _member(db, shop, str(row.merged_into))
    return row


def _members(db: Connection, shop: Shop, rows: list[Row[Any]]) -> list[shapes.Member]:
    ids = [row.id for row in rows]
    people = runtime().members.people(db, shop.id, ids)
    balances = points.balances(db, shop.id, ids)
    return [
        shapes.Member(
            id=str(row.id),
            customer_key=row.customer_key,
            state=row.state,
            name=people[row.id].name if row.id in people else None,
            email=people[row.id].email if row.id in people else None,
            available=balances[row.id].available,
            pending=balances[row.id].pending,
            held=balances[row.id].held,
            debt=balances[row.id].debt,
            created_at=_time(row.created_at),
        )
        for row in rows
    ]


def _order(db: Connection, shop: Shop, key: str) -> tuple[Row[Any], Any]:
    rows = order_store.by_keys(db, shop.id, [key])
    if key not in rows:
        raise NotFound("order_not_found", "we do not know this order")
    return orders.load(db, shop.id, [rows[key].id])[0]


def _time(at: Any) -> str:
    return str(at.isoformat()).replace("+00:00", "Z")


for _operation in OPERATIONS:
    blueprint.add_url_rule(
        _operation.path,
        _operation.view.__name__,
        cast("Callable[..., Response]", partial(_serve, _operation)),
        methods=[_operation.method],
    )
