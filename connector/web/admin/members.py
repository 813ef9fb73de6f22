"""Members: who is this person, what do they have, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, redirect, request, url_for
from markupsafe import Markup
from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from connector.core import clock, keyring
from connector.core.commerce import Person
from connector.core.errors import BadInput, InsufficientPoints, NotFound
from connector.members import store as member_store
from connector.orders import store as order_store
from connector.program import service as programme
from connector.program.rules import Rule
from connector.rooms.points import service as points
from connector.rooms.points import timeline
from connector.rooms.points.service import Balance
from connector.rooms.points.timeline import Entry
from connector.rooms.rewards import catalogue, rules
from connector.shops import store as shop_store
from connector.shops import team
from connector.web import addresses
from connector.web.admin import approval, door, forms, sentences, store, traits, ways
from connector.web.admin.approval import Ask
from connector.web.admin.door import blueprint
from connector.web.admin.store import Span
from connector.web.admin.words import count, mark, spoken, t
from connector.web.runtime import runtime

PAGE = 50
FOUND = 50
ENTRIES = 25
GIFTS = {
    "rewards": mark("Gift sent by hand"),
    "tiers": mark("Gift for reaching a level"),
    "referrals": mark("Gift for an introduction"),
}
MOST_ENTRIES = 1000
ORDERS = 10
FORM = ("points", "direction", "reason", "once", "ask")


@dataclass(frozen=True, slots=True)
class Listed:
    """A member in a list."""

    id: int
    state: str
    is_waiting: bool  # an account that has not joined
    person: Person
    span: Span
    balance: Balance


@dataclass(frozen=True, slots=True)
class Told:
    """An entry with the balance after it."""

    entry: Entry
    balance: int
    made_by: str | None
    reward: str | None
    used_in: str | None  # an order's number
    gift: Markup | None  # what it was for


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
        said=sentences.said(addresses.text("said")),
    )


@blueprint.get("/<shop>/members/<id:member_id>")
def member(member_id: int) -> Response:
    """A member; with a colleague's link, what there is to confirm."""
    text = addresses.text("ask")
    if not text:
        return page(member_id, {}, {})
    ask = approval.read(text, member_id)
    with runtime().database.read() as db:
        if shop_store.reply(db, g.shop.id, _key(ask)) is not None:
            here = url_for("admin.member", member_id=member_id, said="confirmed")
            return door.redirected(here)
    form = {"points": str(ask.points), "reason": ask.reason, "once": ask.once, "ask": text}
    return page(member_id, form, {}, ask=ask)


@blueprint.post("/<shop>/members/<id:member_id>/adjustments")
def adjust(member_id: int) -> Response:
    """Show what an adjustment would do; with ``confirmed``, do it, once for each form shown."""
    form = {name: request.form.get(name, "") for name in FORM}
    try:
        ask = approval.read(form["ask"], member_id) if form["ask"] else _wanted(member_id)
        if "confirmed" in request.form and not _takes_two(ask):
            _adjust_once(ask)
            return door.redirected(url_for("admin.member", member_id=member_id, said="adjusted"))
        return page(member_id, form | {"reason": ask.reason}, {}, ask=ask)
    except InsufficientPoints:
        with runtime().database.read() as db:
            left = max(points.balance(db, g.shop.id, member_id).available, 0)
        wrong = {
            "points": sentences.refusal(InsufficientPoints(""), available=count("point", left))
        }
    except BadInput as problem:
        wrong = {problem.field or "": sentences.refusal(problem)}
    return page(member_id, form, wrong)


def _wanted(member_id: int) -> Ask:
    """What the form says: points to give (> 0) or take (< 0), and why."""
    amount = forms.whole(request.form.get("points", ""), "points", points.MOST_ADJUSTED)
    if amount <= 0:
        raise BadInput("amount_range", "above zero", field="points")
    reason = forms.line("reason")
    if not 1 <= len(reason) <= points.REASON_LENGTH:
        raise BadInput("reason_length", "say why", field="reason")
    signed = -amount if request.form.get("direction") == "take" else amount
    once = request.form.get("once", "")[:64] or keyring.token(16)
    return Ask(member_id, signed, reason, once, g.staff.id, clock.now())


def _key(ask: Ask) -> str:
    """What one wish is kept under once it is carried out."""
    return f"admin:{ask.asked_by}:{ask.once}"


def _takes_two(ask: Ask) -> bool:
    """Whether whoever looks may not give this much: nobody confirms what they asked for."""
    with runtime().database.read() as db:
        return ask.is_own and team.needs_second(db, g.staff.business_id, ask.points)


def _adjust_once(ask: Ask) -> None:
    """The same form sent twice adjusts once: its token is kept with what it did."""

    def work(db: Connection) -> None:
        _row(db, ask.member_id)
        key = _key(ask)
        if shop_store.reply(db, g.shop.id, key) is not None:
            return
        now = clock.now()
        people = dict.fromkeys((f"staff:{ask.asked_by}", f"staff:{g.staff.id}"))
        made = points.adjust(
            db,
            g.shop.id,
            ask.member_id,
            ask.points,
            reason=ask.reason,
            made_by="+".join(people),
            now=now,
        )
        shop_store.keep_reply(
            db,
            shop_id=g.shop.id,
            key=key,
            request_hash=keyring.token_hash(f"{ask.member_id}:{ask.points}:{ask.reason}"),
            status=303,
            body={"adjustment": str(made)},
            created_at=now,
        )

    try:
        runtime().database.run(work)
    except IntegrityError:
        return  # the same form, sent at the same moment by another request


def page(
    member_id: int, form: dict[str, str], errors: dict[str, Any], ask: Ask | None = None
) -> Response:
    """The page of one member; with ``ask``, what there is to confirm."""
    limit = addresses.number("entries", ENTRIES, MOST_ENTRIES)
    with runtime().database.read() as db:
        row = _row(db, member_id)
        if row.state == "merged":
            return redirect(url_for("admin.member", member_id=row.merged_into))
        balance = points.balance(db, g.shop.id, member_id)
        makers = store.makers(db, g.shop)
        most = team.limit(db, g.staff.business_id)
        asked = None if ask is None else ask.points
        if asked is not None and balance.available + asked < min(balance.available, 0):
            raise_for = max(balance.available, 0)
            errors = {
                "points": sentences.refusal(
                    InsufficientPoints(""), available=count("point", raise_for)
                )
            }
            ask = asked = None
        needs = ask and ask.is_own and most is not None and abs(ask.points) > most
        entries = timeline.entries(db, g.shop.id, member_id, None, limit + 1)
        values: dict[str, Any] = {
            "row": row,
            "person": runtime().members.person(db, g.shop.id, member_id),
            "balance": balance,
            "span": store.spans(db, g.shop.id, [member_id])[member_id],
            "next_pending": points.next_pending(db, g.shop.id, member_id),
            "told": _told(db, entries, balance, limit, makers),
            "more": min(limit * 4, MOST_ENTRIES) if len(entries) > limit else None,
            "newest": [
                (one, None) for one in store.orders_of_member(db, g.shop.id, member_id, ORDERS)
            ],
        } | traits.of(db, row)
    return door.page(
        "admin/member.html",
        here=url_for("admin.member", member_id=member_id),
        status=422 if errors else 403 if needs else 200,
        form={"direction": "give", **form, "once": form.get("once") or keyring.token(16)},
        errors=errors,
        asked=None if needs else asked,
        asked_by=None if ask is None or ask.is_own else makers.get(f"staff:{ask.asked_by}", ""),
        most=most,
        ask_days=approval.DAYS,
        ask_link=approval.link(ask) if ask and needs else None,
        said=sentences.said(addresses.text("said")),
        **values,
    )


def _told(
    db: Connection,
    entries: Sequence[Entry],
    balance: Balance,
    limit: int,
    makers: Mapping[str, str],
) -> list[Told]:
    """Entries newest first, each with the balance it left and who made it."""
    made_by = store.adjustments_made(db, g.shop.id, [one.occurred_at for one in entries])
    used = catalogue.used_in(
        db, g.shop.id, {one.redemption_id for one in entries if one.redemption_id}
    )
    promised = {rule.id: rule for rule in programme.newest(db, g.shop.id).rules}
    known = ways.names_of(db, g.shop.id, list(promised.values()))
    told: list[Told] = []
    left = balance.available
    for entry in entries[:limit]:
        maker = None
        if entry.kind == "adjustment":
            made = made_by.get((entry.occurred_at, entry.points), "").split("+")
            maker = " + ".join(makers[one] for one in made if one in makers) or None
        reward, order = used.get(entry.redemption_id or 0, (None, None))
        named = rules.spoken(reward.names, spoken()) if reward else None
        told.append(Told(entry, left, maker, named, order, _gift(entry, promised, known)))
        left -= entry.available
    return told


def _gift(entry: Entry, promised: Mapping[str, Rule], known: ways.Names) -> Markup | None:
    """What a gift of points was for, by where it comes from."""
    if entry.gift is None:
        return None
    room, about, *_ = entry.gift.split(":")
    if room == "actions" and about in promised:
        return ways.sentence(promised[about], known, g.shop.currency)
    return t(GIFTS.get(room, "Points earned"))


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
            is_waiting=row.state == "guest" and row.customer_key is not None,
            person=people.get(row.id, Person()),
            span=spans[row.id],
            balance=balances[row.id],
        )
        for row in rows
    ]


def _is_number(words: str) -> bool:
    return any(sign.isdigit() for sign in words)
