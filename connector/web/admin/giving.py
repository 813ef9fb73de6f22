"""Giving: which causes, what was given, what of it is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, request, url_for
from markupsafe import Markup
from sqlalchemy import Connection, Row
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput
from connector.orders import gifts
from connector.rooms.giving import service
from connector.rooms.giving.store import Search
from connector.web import addresses, statements
from connector.web.admin import door, forms, sentences, store
from connector.web.admin.door import blueprint
from connector.web.admin.remittances import KINDS
from connector.web.runtime import runtime

PAGE = 25
MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Sum:
    """All gifts in one currency."""

    currency: str
    given_minor: int
    pledged_minor: int
    due_minor: int

    @property
    def standing_minor(self) -> int:
        return self.pledged_minor + self.due_minor

    @property
    def due_share(self) -> float:
        return 100 * self.due_minor / self.standing_minor if self.standing_minor else 0.0


def sums(totals: Sequence[Row[Any]]) -> list[Sum]:
    """Totals of all causes, by currency, the largest first."""
    found: dict[str, list[int]] = {}
    for row in totals:
        have = found.setdefault(row.currency, [0, 0, 0])
        have[0] += row.given_minor
        have[1] += row.pledged_minor
        have[2] += row.due_minor
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
    shop_id, search = g.shop.id, _search()
    database = runtime().database

    def pieces() -> Iterator[bytes]:
        with database.read() as db:
            yield from statements.of_log(db, shop_id, search)

    response = Response(pieces(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="donations.csv"'
    return response


def _search() -> Search:
    return Search(number=forms.plain(addresses.text("order")).lstrip("#"))


def _page(form: Mapping[str, str], errors: Mapping[str, Markup]) -> Response:
    page = addresses.number("page", 1, MOST_PAGES)
    with runtime().database.read() as db:
        causes = service.causes(db, g.shop.id)
        totals = service.totals(db, g.shop.id)
        log = service.log(db, g.shop.id, PAGE + 1, (page - 1) * PAGE, _search())
        from_points = service.owed_for_points(db, g.shop.id)
        products = gifts.kept(db, g.shop.id) if g.shop.platform in gifts.MARKING else None
    return door.page(
        "admin/giving.html",
        here=url_for("admin.giving"),
        status=422 if errors else 200,
        causes=causes,
        totals=totals,
        sums=sums(totals),
        from_points=from_points,
        gift_products=products,
        log=log[:PAGE],
        page=page,
        asked=addresses.text("order"),
        kinds=KINDS,
        more=len(log) > PAGE,
        form=form,
        errors=errors,
        said=sentences.said(addresses.text("said")),
    )
