"""Giving: which causes, what was given, what of it is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import g, request, url_for
from markupsafe import Markup
from sqlalchemy import Connection, Row
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput
from connector.orders import gifts
from connector.rooms.giving import asking, service
from connector.rooms.giving.accounts.log import Search
from connector.web import addresses, statements
from connector.web.admin import door, forms, sentences, store
from connector.web.admin.door import blueprint
from connector.web.papers.remittance import KINDS
from connector.web.runtime import runtime
from connector.web.tongue import mark

PAGE = 25
FOUND = 50  # members of one name whose gifts are looked for
MOST_PAGES = 1_000  # what is older is found by its days
AMOUNTS = ("given_minor", "pledged_minor", "due_minor", "remitted_minor")
ASKED = ("q", "cause", "state", "kind", "since", "until")
STATES = {
    "pledged": mark("pledged"),
    "due": mark("due"),
    "locked": mark("in a batch"),
    "taken_back": mark("taken back"),
}


@dataclass(frozen=True, slots=True)
class Sum:
    """All that is given in one currency, by shoppers and by the shop."""

    currency: str
    given_minor: int
    pledged_minor: int
    due_minor: int
    remitted_minor: int

    @property
    def standing_minor(self) -> int:
        return self.pledged_minor + self.due_minor

    @property
    def owed_minor(self) -> int:
        """What causes still wait for; below 0 after refunds of what was sent."""
        return self.due_minor - self.remitted_minor

    @property
    def owed_share(self) -> float:
        """In percent of what is open."""
        owed = max(self.owed_minor, 0)
        return 100 * owed / (owed + self.pledged_minor) if owed else 0.0


def sums(totals: Sequence[Row[Any]]) -> list[Sum]:
    """Totals of all causes, by currency, the largest first."""
    found: dict[str, list[int]] = {}
    for row in totals:
        have = found.setdefault(row.currency, [0] * len(AMOUNTS))
        for place, name in enumerate(AMOUNTS):
            have[place] += getattr(row, name)
    return sorted(
        (Sum(one, *have) for one, have in found.items()), key=lambda one: -one.given_minor
    )


@blueprint.get("/<shop>/giving", endpoint="giving")
def giving() -> Response:
    return _page({}, {})


@blueprint.post("/<shop>/giving/causes")
def add_cause() -> Response:
    form = {name: request.form.get(name, "") for name in ("name", "story")}
    try:
        name, story = forms.line("name"), forms.text("story")
        runtime().database.run(
            lambda db: service.add_cause(db, g.shop.id, name, story, clock.now())
        )
    except BadInput as problem:
        return _page(form, {problem.field or "": sentences.refusal(problem)})
    return door.redirected(url_for("admin.giving", said="cause"))


@blueprint.post("/<shop>/giving/products")
def keep_products() -> Response:
    """Which products are gifts: those still ticked, and those of the name that is added."""
    ticked = request.form.getlist("kept")[: gifts.MOST]
    form = {"products": request.form.get("products", "")}
    try:
        named = forms.line("products")
        runtime().database.run(lambda db: _keep_products(db, ticked, named))
    except BadInput as problem:
        return _page(form, {problem.field or "": sentences.refusal(problem)})
    return door.redirected(url_for("admin.giving", said="saved"))


def _keep_products(db: Connection, ticked: Sequence[str], named: str) -> None:
    found = store.products_titled(db, g.shop.id, named) if named else []
    if named and not found:
        raise BadInput("product_not_found", "no product is called so", field="products")
    by = f"staff:{g.staff.id}"
    gifts.keep(db, g.shop.id, [*ticked, *found], by, clock.now())


@blueprint.get("/<shop>/giving/log.csv")
def donations_log() -> Response:
    """The donations log as searched, as a file."""
    shop_id, database = g.shop.id, runtime().database
    with database.read() as db:
        search = _search(db)

    def pieces() -> Iterator[bytes]:
        with database.read() as db:
            yield from statements.of_log(db, shop_id, search)

    response = Response(pieces(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="donations.csv"'
    return response


def _search(db: Connection) -> Search:
    """What the address asks for; BadInput names the field that cannot be meant."""
    words = forms.plain(addresses.text("q", 100))
    is_number = words.lstrip("#").isdecimal()
    kind, state = addresses.text("kind"), addresses.text("state")
    if (kind and kind not in KINDS) or (state and state not in STATES):
        raise BadInput("invalid_parameter", "one of the list", field="kind" if kind else "state")
    since, until = _midnight("since", 0), _midnight("until", 1)
    if since and until and since >= until:
        raise BadInput("window", "not before the first day", field="until")
    return Search(
        kinds=(kind,) if kind else (),
        cause_id=addresses.row_id(addresses.text("cause")),
        member_ids=runtime().members.search(db, g.shop.id, words, FOUND)
        if words and not is_number
        else None,
        number=words.lstrip("#") if is_number else "",
        state=state,
        since=since,
        until=until,
    )


def _midnight(name: str, after: int) -> datetime | None:
    """The midnight that a day begins with, or with 1 ``after`` ends with, in the shop's zone."""
    told = service.checked_day(forms.plain(addresses.text(name, 10)), name)
    if told is None:
        return None
    day = date.fromisoformat(told) + timedelta(days=after)
    return datetime.combine(day, time(), ZoneInfo(g.shop.timezone))


def _page(form: Mapping[str, str], errors: Mapping[str, Markup]) -> Response:
    page = addresses.number("page", 1, MOST_PAGES)
    asked = {name: told for name in ASKED if (told := addresses.text(name, 100))}
    with runtime().database.read() as db:
        try:
            search = _search(db)
        except BadInput as problem:
            search = Search(member_ids=())
            errors = {problem.field or "": sentences.refusal(problem), **errors}
        causes = service.causes(db, g.shop.id)
        totals = service.totals(db, g.shop.id)
        log = service.log(db, g.shop.id, PAGE + 1, (page - 1) * PAGE, search)
        people = runtime().members.people(
            db, g.shop.id, [one.member_id for one in log[:PAGE] if one.member_id]
        )
        questions = asking.asked(db, g.shop.id, clock.now())
        products = gifts.kept(db, g.shop.id) if g.shop.platform in gifts.MARKING else None
    return door.page(
        "admin/giving.html",
        here=url_for("admin.giving"),
        status=422 if errors else 200,
        causes=causes,
        totals=totals,
        sums=sums(totals),
        gift_products=products,
        is_silent=questions is None
        and any(one.is_offered and not one.is_closed for one in causes),
        log=log[:PAGE],
        page=page,
        asked=asked,
        people=people,
        kinds=KINDS,
        states=STATES,
        more=len(log) > PAGE and page < MOST_PAGES,
        form=form,
        errors=errors,
        said=sentences.said(addresses.text("said")),
    )
