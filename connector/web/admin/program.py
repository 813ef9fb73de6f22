"""Program: one sentence that says what earns, tried before it is published."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from flask import g, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput
from connector.core.money import exponent
from connector.program import limits
from connector.program.basis import spend_points
from connector.program.rules import Program
from connector.rooms.points import service as points
from connector.web import addresses
from connector.web.admin import door, forms, sentences
from connector.web.admin.door import blueprint
from connector.web.admin.words import amount_text, t
from connector.web.runtime import runtime

MOST_RATES = 20
TICKS = ("counts_tax", "counts_fees", "counts_history")


@dataclass(slots=True)
class Draft:
    """The form as written, what it means as far as it means something, and what it does not."""

    rows: list[tuple[str, str, str]]  # currency, points each, per
    hold_days: str
    award_on: str
    ticks: dict[str, bool]
    tried: str
    errors: dict[str, Markup] = field(default_factory=dict)
    program: Program | None = None


@blueprint.get("/<shop>/program")
def program() -> Response:
    with runtime().database.read() as db:
        known = points.program(db, g.shop.id)
    return _page(_written(known), known)


@blueprint.post("/<shop>/program")
def publish() -> Response:
    """Publish the form's rule; with ``try``, only show what it would award."""
    with runtime().database.read() as db:
        known = points.program(db, g.shop.id)
    draft = _read(known)
    if door.wants_part():
        return door.page("admin/program_try.html", **_trial(draft))
    if draft.program is None or "try" in request.form:
        return _page(draft, known)
    wanted = draft.program
    if known.version and wanted == replace(known, version=wanted.version):
        return door.redirected(url_for("admin.program", said="unchanged"))
    runtime().database.run(lambda db: points.publish_program(db, g.shop.id, wanted, clock.now()))
    return door.redirected(url_for("admin.program", said="published"))


def _page(draft: Draft, known: Program) -> Response:
    trial = _trial(draft)
    return door.page(
        "admin/program.html",
        status=422 if draft.errors and request.method == "POST" else 200,
        known=known,
        errors=draft.errors,
        said=sentences.said(addresses.text("said")),
        **trial,
    )


def _written(known: Program) -> Draft:
    """The form that would publish this rule.

    A store that changed its currency has no rate in the new one, and none is guessed.
    """
    own = g.shop.currency
    currencies = sorted(known.rates, key=lambda one: (one != own, one))
    rows = [
        (currency, str(known.rates[currency][0]), _short(known.rates[currency][1], currency))
        for currency in currencies
    ]
    draft = Draft(
        rows=rows,
        hold_days=str(known.hold_days),
        award_on=known.award_on,
        ticks={name: getattr(known, name) for name in TICKS},
        tried=_short(50 * 10 ** exponent(own), own),
        program=known,
    )
    if own not in known.rates:
        draft.rows.insert(0, (own, "", ""))
        draft.program = None
        draft.errors["points_each-0"] = t(sentences.CURRENCY_CHANGED, currency=own)
    return draft


def _read(known: Program) -> Draft:
    """The form as sent, over what it does not show. Rows without any figure are no rows."""
    columns = (request.form.getlist(name) for name in ("currency", "points_each", "per"))
    rows = [
        (currency.strip().upper(), each.strip(), per.strip())
        for currency, each, per in list(zip(*columns, strict=False))[:MOST_RATES]
        if currency.strip() or each.strip() or per.strip()
    ]
    draft = Draft(
        rows=rows,
        hold_days=request.form.get("hold_days", ""),
        award_on=request.form.get("award_on", ""),
        ticks={name: name in request.form for name in TICKS},
        tried=request.form.get("tried", ""),
    )
    rates = _rates(draft)
    hold_days = 0
    try:
        hold_days = _hold_days(draft.hold_days)
    except BadInput as problem:
        draft.errors["hold_days"] = sentences.refusal(problem)
    if draft.errors:
        return draft
    wanted = replace(
        known,
        version=0,
        rates=rates,
        hold_days=hold_days,
        award_on=draft.award_on,
        counts_tax=draft.ticks["counts_tax"],
        counts_fees=draft.ticks["counts_fees"],
        counts_history=draft.ticks["counts_history"],
    )
    try:
        limits.check(wanted, g.shop.currency)
    except BadInput as problem:
        name = problem.field or ""
        own = f"{name}-0" if name in ("points_each", "per") else name
        draft.errors[own] = sentences.refusal(problem, currency=g.shop.currency)
    else:
        draft.program = wanted
    return draft


def _hold_days(given: str) -> int:
    days = forms.whole(given, "hold_days")
    if not 0 <= days <= limits.MAX_HOLD_DAYS:
        raise BadInput("hold_range", f"0 to {limits.MAX_HOLD_DAYS} days", field="hold_days")
    return days


def _rates(draft: Draft) -> dict[str, tuple[int, int]]:
    rates: dict[str, tuple[int, int]] = {}
    for number, (currency, each, per) in enumerate(draft.rows):
        try:
            if currency in rates:
                raise BadInput("rate_doubled", currency, field="currency")  # noqa: TRY301 - a form's rule
            rates[currency] = _rate(currency, each, per)
        except BadInput as problem:
            where = f"{problem.field or 'currency'}-{number}"
            told = BadInput("rate_range") if problem.code == "amount_range" else problem
            draft.errors[where] = sentences.refusal(told, currency=currency, code=currency[:8])
    return rates


def _rate(currency: str, each: str, per: str) -> tuple[int, int]:
    if not currency:
        raise BadInput("currency_missing", "a rate is of a currency", field="currency")
    exponent(currency)
    points_each = forms.whole(each, "points_each", limits.MAX_POINTS_EACH)
    per_minor = forms.amount(per, currency, "per")
    if points_each < 0:
        raise BadInput("rate_range", "points from 0 on", field="points_each")
    if not 1 <= per_minor <= limits.MAX_PER_MINOR:
        raise BadInput("rate_range", "an amount above zero", field="per")
    return points_each, per_minor


def _trial(draft: Draft) -> dict[str, Any]:
    """What the drafted rule awards for the tried amount, by the award's own arithmetic."""
    values: dict[str, Any] = {"tried": None, "draft": draft}
    if draft.program is None or not draft.tried.strip():
        return values
    try:
        minor = forms.amount(draft.tried, g.shop.currency, "tried")
    except BadInput as problem:
        draft.errors["tried"] = sentences.refusal(problem, currency=g.shop.currency)
        return values
    awarded = spend_points(max(minor, 0), draft.program.rates[g.shop.currency])
    return values | {"tried": (minor, awarded, draft.program.hold_days)}


def _short(minor: int, currency: str) -> str:
    """An amount for a form, without decimals that say nothing."""
    return amount_text(minor, currency).removesuffix("." + "0" * exponent(currency))
