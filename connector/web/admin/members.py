"""Members: who is this person, what do they have, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, redirect, request, url_for
from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from connector.core import clock, keyring
from connector.core.commerce import Person
from connector.core.errors import BadInput, InsufficientPoints, NotFound
from connector.members import store as member_store
from connector.orders import store as order_store
from connector.rooms.points import service as points
from connector.rooms.points import timeline
from connector.rooms.points.service import Balance
from connector.rooms.points.timeline import Entry
from connector.shops import store as shop_store
from connector.web import addresses
from connector.web.admin import door, forms, sentences, store
from connector.web.admin.door import blueprint
from connector.web.admin.store import Span
from connector.web.admin.words import count
from connector.web.runtime import runtime

PAGE = 50
FOUND = 50
ENTRIES = 25
MOST_ENTRIES = 1000
ORDERS = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """A member in a list."""

    id: int
    state: str
    person: Person
    span: Span
    balance: Balance


@dataclass(frozen=True, slots=True)
class Told:
    """An entry with the balance after it."""

    entry: Entry
    balance: int
    made_by: str | None


@blueprint.get("/<shop>/members")
def members() -> Response:
    """All members, newest first, or those that a search finds."""
    words = addresses.text("q", 100)
    before = addresses.before()
    with runtime().database.read() as db:
        rows = _found(db, words) if words else member_store.page(db, g.shop.id, before, PAGE + 1)
        orders = order_store.by_number(db, g.shop.id, words) if _is_number(words) else []
        listed = _listed(db, rows[:PAGE])
    more = rows[PAGE - 1].id if not words and len(rows) > PAGE else None
    return door.page(
        "admin/member_list.html" if door.wants_part() else "admin/members.html",
        words=words,
        listed=listed,
        orders=orders,
        more=more,
        before=before,
    )


@blueprint.get("/<shop>/members/<id:member_id>")
def member(member_id: int) -> Response:
    return _page(member_id, {}, {})


@blueprint.post("/<shop>/members/<id:member_id>/adjustments")
def adjust(member_id: int) -> Response:
    """Show what an adjustment would do; with ``confirmed``, do it, once for each form shown."""
    form = {name: request.form.get(name, "") for name in ("points", "direction", "reason", "once")}
    try:
        signed, reason = _wanted()
        if "confirmed" in request.form:
            _adjust_once(member_id, signed, reason, form["once"][:64])
            return door.redirected(url_for("admin.member", member_id=member_id, said="adjusted"))
        return _page(member_id, form | {"reason": reason}, {}, asked=signed)
    except InsufficientPoints:
        with runtime().database.read() as db:
            left = max(points.balance(db, g.shop.id, member_id).available, 0)
        wrong = {
            "points": sentences.refusal(InsufficientPoints(""), available=count("point", left))
        }
    except BadInput as problem:
        wrong = {problem.field or "": sentences.refusal(problem)}
    return _page(member_id, form, wrong)


def _wanted() -> tuple[int, str]:
    """Points to give (> 0) or take (< 0), and why."""
    amount = forms.whole(request.form.get("points", ""), "points", points.MOST_ADJUSTED)
    if amount <= 0:
        raise BadInput("amount_range", "above zero", field="points")
    reason = forms.line("reason")
    if not 1 <= len(reason) <= points.REASON_LENGTH:
        raise BadInput("reason_length", "say why", field="reason")
    return -amount if request.form.get("direction") == "take" else amount, reason


def _adjust_once(member_id: int, signed: int, reason: str, once: str) -> None:
    """The same form sent twice adjusts once: its token is kept with what it did."""

    def work(db: Connection) -> None:
        _row(db, member_id)
        key = f"admin:{g.staff.id}:{once}"
        if shop_store.reply(db, g.shop.id, key) is not None:
            return
        now, staff = clock.now(), f"staff:{g.staff.id}"
        made = points.adjust(
            db, g.shop.id, member_id, signed, reason=reason, made_by=staff, now=now
        )
        shop_store.keep_reply(
            db,
            shop_id=g.shop.id,
            key=key,
            request_hash=keyring.token_hash(f"{member_id}:{signed}:{reason}"),
            status=303,
            body={"adjustment": str(made)},
            created_at=now,
        )

    try:
        runtime().database.run(work)
    except IntegrityError:
        return  # the same form, sent at the same moment by another request


def _page(
    member_id: int, form: dict[str, str], errors: dict[str, Any], asked: int | None = None
) -> Response:
    limit = addresses.number("entries", ENTRIES, MOST_ENTRIES)
    with runtime().database.read() as db:
        row = _row(db, member_id)
        if row.state == "merged":
            return redirect(url_for("admin.member", member_id=row.merged_into))
        balance = points.balance(db, g.shop.id, member_id)
        if asked is not None and balance.available + asked < min(balance.available, 0):
            raise_for = max(balance.available, 0)
            errors = {
                "points": sentences.refusal(
                    InsufficientPoints(""), available=count("point", raise_for)
                )
            }
            asked = None
        entries = timeline.entries(db, g.shop.id, member_id, None, limit + 1)
        values: dict[str, Any] = {
            "row": row,
            "person": runtime().members.person(db, g.shop.id, member_id),
            "balance": balance,
            "span": store.spans(db, g.shop.id, [member_id])[member_id],
            "next_pending": points.next_pending(db, g.shop.id, member_id),
            "told": _told(db, entries, balance, limit),
            "more": min(limit * 4, MOST_ENTRIES) if len(entries) > limit else None,
            "newest": [
                (one, None) for one in store.orders_of_member(db, g.shop.id, member_id, ORDERS)
            ],
        }
    return door.page(
        "admin/member.html",
        here=url_for("admin.member", member_id=member_id),
        status=422 if errors else 200,
        form={"direction": "give", **form, "once": form.get("once") or keyring.token(16)},
        errors=errors,
        asked=asked,
        said=sentences.said(addresses.text("said")),
        **values,
    )


def _told(db: Connection, entries: Sequence[Entry], balance: Balance, limit: int) -> list[Told]:
    """Entries newest first, each with the balance it left and who made it."""
    makers = store.makers(db, g.shop)
    made_by = store.adjustments_made(db, g.shop.id, [one.occurred_at for one in entries])
    told: list[Told] = []
    left = balance.available
    for entry in entries[:limit]:
        maker = None
        if entry.kind == "adjustment":
            maker = makers.get(made_by.get((entry.occurred_at, entry.points), ""))
        told.append(Told(entry, left, maker))
        left -= entry.available
    return told


def _row(db: Connection, member_id: int) -> Row[Any]:
    row = member_store.get(db, g.shop.id, member_id)
    if row is None:
        raise NotFound("member_not_found", "no such member")
    return row


def _found(db: Connection, words: str) -> list[Row[Any]]:
    ids = runtime().members.search(db, g.shop.id, words, FOUND)
    rows = [member_store.get(db, g.shop.id, member_id) for member_id in ids]
    return [row for row in rows if row is not None]


def _listed(db: Connection, rows: Sequence[Row[Any]]) -> list[Listed]:
    ids = [row.id for row in rows]
    people = runtime().members.people(db, g.shop.id, ids)
    balances = points.balances(db, g.shop.id, ids)
    spans = store.spans(db, g.shop.id, ids)
    return [
        Listed(
            id=row.id,
            state=row.state,
            person=people.get(row.id, Person()),
            span=spans[row.id],
            balance=balances[row.id],
        )
        for row in rows
    ]


def _is_number(words: str) -> bool:
    return any(sign.isdigit() for sign in words)
