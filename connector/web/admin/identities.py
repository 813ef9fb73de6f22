"""What a merchant does with who somebody is: merge and undo, block, days of the year."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import g, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector import mirror
from connector.core import clock, noticed
from connector.core.errors import BadInput, NotFound
from connector.core.facts import Fact
from connector.members import blocking, joining, merging, occasions
from connector.members import store as member_store
from connector.orders import claiming
from connector.web import addresses, days
from connector.web.admin import door, forms, members, sentences
from connector.web.admin.door import blueprint
from connector.web.runtime import runtime

_Work = Callable[[Connection, datetime], Sequence[Fact]]


@blueprint.post("/<shop>/members/<id:member_id>/merges")
def merge(member_id: int) -> Response:
    """Somebody else, named by e-mail, platform id or our number, becomes part of this member."""

    def work(db: Connection, now: datetime) -> Sequence[Fact]:
        other = _other(db, forms.line("other"))
        return merging.by_hand(db, g.shop.id, member_id, other, now, _who())

    return _do(member_id, work, "merged")


@blueprint.post("/<shop>/members/<id:member_id>/merges/<id:gone_id>/undo")
def undo_merge(member_id: int, gone_id: int) -> Response:
    """Make them two again."""

    def work(db: Connection, now: datetime) -> Sequence[Fact]:
        known = {one.gone_id for one in merging.of_member(db, g.shop.id, member_id, now)}
        if gone_id not in known:
            raise NotFound("merge_not_found", "nobody of this id became part of this member")
        return runtime().members.unmerge(db, g.shop.id, gone_id, now, _who())

    return _do(member_id, work, "unmerged")


@blueprint.post("/<shop>/members/joining")
def set_joining() -> Response:
    """Say whether accounts are members by buying, or once they joined."""
    wanted = request.form.get("joins") == "first"
    runtime().database.run(lambda db: joining.join_first(db, g.shop.id, wanted=wanted))
    return door.redirected(url_for("admin.members", said="saved"))


@blueprint.post("/<shop>/members/level-tags")
def set_level_tags() -> Response:
    """Say whether customers carry their level as a tag, where their platform has tags."""
    wanted = "tags_levels" in request.form
    runtime().database.run(
        lambda db: mirror.switch_tags(db, g.shop.id, clock.now(), wanted=wanted)
    )
    return door.redirected(url_for("admin.members", said="saved"))


@blueprint.post("/<shop>/members/<id:member_id>/join")
def join(member_id: int) -> Response:
    """An account that has not joined does: the shop asked the shopper."""
    with runtime().database.read() as db:
        row = member_store.get(db, g.shop.id, member_id)
    key = row.customer_key if row is not None else None

    def work(db: Connection, now: datetime) -> Sequence[Fact]:
        return claiming.join(db, g.shop.id, runtime().members, member_id, now)

    done = _do(member_id, work, "joined")
    with runtime().database.read() as db:
        found = runtime().members.by_customer_key(db, g.shop.id, key) if key else None
    if found in (None, member_id):
        return done
    return door.redirected(url_for("admin.member", member_id=found, said="joined"))


@blueprint.post("/<shop>/members/<id:member_id>/block")
def block(member_id: int) -> Response:
    """Block the member for a reason, or let them take part again."""
    ends = "end" in request.form

    def work(db: Connection, now: datetime) -> Sequence[Fact]:
        if ends:
            return blocking.unblock(db, g.shop.id, member_id, now, _who())
        reason = forms.line("block_reason")
        return blocking.block(db, g.shop.id, member_id, reason, now, _who())

    return _do(member_id, work, "unblocked" if ends else "blocked")


@blueprint.post("/<shop>/members/<id:member_id>/occasions")
def occasion(member_id: int) -> Response:
    """Set, change or remove a day of the year."""
    name, month, day = (request.form.get(field, "") for field in ("name", "month", "day"))

    def work(db: Connection, now: datetime) -> Sequence[Fact]:
        if "remove" in request.form:
            return occasions.remove(db, g.shop.id, member_id, name, now)
        month_day = f"{month.zfill(2)}-{day.zfill(2)}"
        days.put(db, g.shop.id, member_id, name, month_day, now, greet="greet" in request.form)
        return []

    return _do(member_id, work, "saved")


def _do(member_id: int, work: _Work, said: str) -> Response:
    """Carry it out and show the member; what cannot be meant is said beside its field."""

    def attempt(db: Connection) -> None:
        if member_store.get(db, g.shop.id, member_id) is None:
            raise NotFound("member_not_found", "no such member")
        now = clock.now()
        noticed.notice(db, work(db, now), now)

    try:
        runtime().database.run(attempt)
    except BadInput as problem:
        field = "block_reason" if problem.field == "reason" else problem.field or ""
        return members.page(member_id, {}, {field: sentences.refusal(problem)})
    return door.redirected(url_for("admin.member", member_id=member_id, said=said))


def _other(db: Connection, named: str) -> int:
    """Whom the merchant means; BadInput ``other_not_found``."""
    number = addresses.row_id(forms.plain(named))
    found: int | None = None
    if "@" in named:
        try:
            found = runtime().members.by_email(db, g.shop.id, named)
        except NotFound:
            found = None
    elif number is not None and member_store.get(db, g.shop.id, number) is not None:
        found = number
    elif named:
        found = runtime().members.by_customer_key(db, g.shop.id, named)
    if found is None:
        raise BadInput("other_not_found", "nobody is known by this", field="other")
    return found


def _who() -> str:
    return f"staff:{g.staff.id}"
