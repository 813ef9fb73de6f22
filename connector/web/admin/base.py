"""The form of what everything earns: the rate by currency, when it is given, and what counts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from flask import g, request
from markupsafe import Markup

from connector.core.errors import BadInput
from connector.core.money import exponent
from connector.program import limits
from connector.program.rules import Program
from connector.web.admin import forms, sentences
from connector.web.admin.words import amount_text, t

MOST_RATES = 20
TICKS = ("counts_tax", "counts_fees", "counts_history")


@dataclass(slots=True)
class Base:
    """The form as written, what it means as far as it means something, and what it does not."""

    rows: list[tuple[str, str, str]]  # currency, points each, per
    hold_days: str
    award_on: str
    ticks: dict[str, bool]
    tried: str
    errors: dict[str, Markup] = field(default_factory=dict)
    program: Program | None = None


def written(known: Program) -> Base:
    """The form that would publish this programme.

    A store that changed its currency has no rate in the new one, and none is guessed.
    """
    own = g.shop.currency
    currencies = sorted(known.rates, key=lambda one: (one != own, one))
    rows = [
        (currency, str(known.rates[currency][0]), short(known.rates[currency][1], currency))
        for currency in currencies
    ]
    form = Base(
        rows=rows,
        hold_days=str(known.hold_days),
        award_on=known.award_on,
        ticks={name: getattr(known, name) for name in TICKS},
        tried=short(50 * 10 ** exponent(own), own),
        program=known,
    )
    if own not in known.rates:
        form.rows.insert(0, (own, "", ""))
        form.program = None
        form.errors["points_each-0"] = t(sentences.CURRENCY_CHANGED, currency=own)
    return form


def read(known: Program) -> Base:
    """The form as sent, over what it does not show. Rows without any figure are no rows."""
    columns = (request.form.getlist(name) for name in ("currency", "points_each", "per"))
    rows = [
        (currency.strip().upper(), each.strip(), per.strip())
        for currency, each, per in list(zip(*columns, strict=False))[:MOST_RATES]
        if currency.strip() or each.strip() or per.strip()
    ]
    form = Base(
        rows=rows,
        hold_days=request.form.get("hold_days", ""),
        award_on=request.form.get("award_on", ""),
        ticks={name: name in request.form for name in TICKS},
        tried=request.form.get("tried", ""),
    )
    rates = _rates(form)
    hold_days = 0
    try:
        hold_days = _hold_days(form.hold_days)
    except BadInput as problem:
        form.errors["hold_days"] = sentences.refusal(problem)
    if form.errors:
        return form
    wanted = replace(
        known,
        rates=rates,
        hold_days=hold_days,
        award_on=form.award_on,
        counts_tax=form.ticks["counts_tax"],
        counts_fees=form.ticks["counts_fees"],
        counts_history=form.ticks["counts_history"],
    )
    try:
        limits.check(wanted, g.shop.currency)
    except BadInput as problem:
        name = problem.field or ""
        own = f"{name}-0" if name in ("points_each", "per") else name
        form.errors[own] = sentences.refusal(problem, currency=g.shop.currency)
    else:
        form.program = wanted
    return form


def short(minor: int, currency: str) -> str:
    """An amount for a form, without decimals that say nothing."""
    return amount_text(minor, currency).removesuffix("." + "0" * exponent(currency))


def _hold_days(given: str) -> int:
    days = forms.whole(given, "hold_days")
    if not 0 <= days <= limits.MAX_HOLD_DAYS:
        raise BadInput("hold_range", f"0 to {limits.MAX_HOLD_DAYS} days", field="hold_days")
    return days


def _rates(form: Base) -> dict[str, tuple[int, int]]:
    rates: dict[str, tuple[int, int]] = {}
    for number, (currency, each, per) in enumerate(form.rows):
        try:
            if currency in rates:
                raise BadInput("rate_doubled", currency, field="currency")  # noqa: TRY301 - a form's rule
            rates[currency] = rate(currency, each, per)
        except BadInput as problem:
            where = f"{problem.field or 'currency'}-{number}"
            told = BadInput("rate_range") if problem.code == "amount_range" else problem
            form.errors[where] = sentences.refusal(told, currency=currency, code=currency[:8])
    return rates


def rate(currency: str, each: str, per: str) -> tuple[int, int]:
    """Points for every so many minor units, as typed."""
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
