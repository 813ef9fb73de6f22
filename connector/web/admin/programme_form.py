"""The form of a programme of giving: only what its kind reads, each refusal beside its field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import g, request
from markupsafe import Markup

from connector.core.errors import BadInput
from connector.core.i18n import LANGUAGES
from connector.core.money import LIMIT_MINOR
from connector.rooms.giving import papers, rules
from connector.rooms.giving.papers import Lack
from connector.rooms.giving.rules import Programme, Scope, Terms
from connector.rooms.giving.service import Cause, checked_day
from connector.web.admin import forms
from connector.web.admin.words import amount_text, local, mark, spoken, t

MONEY = ("step", "least", "most", "amount", "least_order", "most_each", "value")
BOUNDS = ("minimum", "cap")
LISTS = ("products", "categories")
NEW: Mapping[str, Terms] = {
    "round_up": rules.RoundUp(),
    "add_on": rules.AddOn(),
    "share": rules.Share(),
    "per_unit": rules.PerUnit(),
    "in_kind": rules.InKind(),
    "match": rules.Match(),
    "points": rules.PointsGiven(),
}
KINDS = {
    "round_up": mark("Shoppers round their order up"),
    "add_on": mark("Shoppers add an amount"),
    "share": mark("You give a share of each order"),
    "per_unit": mark("You give an amount for each piece"),
    "in_kind": mark("You give something in kind for each order"),
    "match": mark("You match shoppers’ gifts"),
    "points": mark("Members give points, you pay"),
}
LACKS = {
    "name": mark("Give it a name."),
    "starts_at": mark("Say its first day."),
    "ends_at": mark("Say its last day."),
    "step_minor": mark("Say to which amount orders are rounded up."),
    "amounts_minor": mark("Name amounts above zero, or let shoppers choose their own."),
    "least_minor": mark("Own amounts need a least, not above the most."),
    "percent_bps": mark("Give a percentage or an amount, and not both."),
    "amount_minor": mark("Say the amount of one: the law wants it in every advertisement."),
    "names": mark("Say in English what one is, such as a meal."),
    "ratio_bps": mark("Say how much of each gift you add."),
    "points": mark("Say how many points."),
    "value_minor": mark("Say what they are worth."),
    "cap_minor": mark("Say what you give at most altogether."),
    "minimum_minor": mark("Say what the cause gets at least, 0 for nothing."),
    "causes": mark("Choose causes."),
    "campaign_id": mark("Choose an open goal in the same currency."),
}
UNTRUE = {
    "begins_past": mark("Its first day is over, and orders of it would get nothing. Begin today."),
    "ends_first": mark("It would end before it begins."),
    "ends_past": mark("Its last day is over."),
    "minimum_above": mark("The least is above the most."),
    "amount_outside": mark("Each amount once, and none outside of the least and the most."),
    "cause_closed": mark("Choose open causes."),
}
PAPERS = {
    "missing": mark("{cause} lacks papers."),
    "unknown_country": mark("The country of {cause} is none: give two letters, such as DE."),
    "signed_later": mark("The contract with {cause} is dated to a day to come."),
}
_NO_TERMS = {"name", "starts_at", "ends_at", "cap_minor", "minimum_minor", "causes", "campaign_id"}
TERMS = frozenset(LACKS) - _NO_TERMS
GIVEN = mark("What is given, exactly")
DAYS = mark("First and last day")
BOUND = mark("The least and the most altogether")
PARTIES = mark("Open causes, each with registration, country and payee")
CONTRACT = mark("A signed contract with each cause on file")
EARLY = mark("Signed ten days before the first day, as some places want")
CLAUSES = (
    mark("Both parties, the cause’s registration number, and who signs for each"),
    mark("What is sold and where, from which day to which"),
    mark("What is given for each piece or order, the least and the most"),
    mark("When accounts and money are sent, and that you keep them for three years"),
    mark("In which words and where you may use the cause’s name"),
    mark("How either side ends it"),
)
NOTICE_DAYS = 10  # some laws ask for the contract so long before a sale that gives
_PERCENT = re.compile(r"([0-9]{1,4})(?:\.([0-9]{1,2}))?", re.ASCII)


def written(one: Programme) -> dict[str, str]:
    """A programme as its form has it."""
    told = {"name": one.name, "currency": one.currency, "campaign_id": str(one.campaign_id or "")}
    for name in MONEY:
        told[f"{name}_minor"] = _money(getattr(one.terms, f"{name}_minor", 0) or None, one)
    for name in BOUNDS:
        told[f"{name}_minor"] = _money(getattr(one, f"{name}_minor"), one)
    amounts = getattr(one.terms, "amounts_minor", ())
    told["amounts_minor"] = " ".join(_money(minor, one) for minor in amounts)
    for name in ("percent_bps", "ratio_bps"):
        bps = getattr(one.terms, name, 0)
        told[name] = f"{bps / 100:.2f}".rstrip("0").rstrip(".") if bps else ""
    told["points"] = str(getattr(one.terms, "points", 0) or "")
    names = getattr(one.terms, "names", {})
    told |= {f"names-{tag}": names.get(tag, "") for tag in LANGUAGES}
    told |= {name: ", ".join(getattr(one.scope, name)) for name in LISTS}
    told |= {f"level-{n}": "on" for n in one.scope.levels}
    told |= {f"cause-{cause_id}": str(weight) for cause_id, weight in one.causes}
    for name, at, back in (("starts_at", one.starts_at, 0), ("ends_at", one.ends_at, 1)):
        told[name] = (local(at) - timedelta(seconds=back)).date().isoformat() if at else ""
    return told


def read(kind: str, programme_id: int, causes: Sequence[Cause], levels: int) -> Programme:
    """The draft as sent; BadInput names the first field that cannot be read."""
    currency = forms.plain(forms.line("currency")).upper()
    last = _day("ends_at")
    return Programme(
        id=programme_id,
        name=forms.line("name"),
        currency=currency,
        terms=_terms(kind, currency, levels),
        causes=tuple(_weights(causes)),
        starts_at=_midnight(_day("starts_at")),
        ends_at=_midnight(last + timedelta(days=1) if last else None),
        minimum_minor=_amount("minimum_minor", currency),
        cap_minor=_amount("cap_minor", currency),
        campaign_id=forms.whole(request.form["campaign_id"], "campaign_id", 2**63)
        if request.form.get("campaign_id")
        else None,
    )


def lacking(
    missing: Sequence[Lack], causes: Sequence[Cause], one: Programme, now: datetime
) -> dict[str, Markup]:
    """Why it cannot be published, by field; a cause's papers stand beside the causes."""
    told = {
        field: t(UNTRUE.get(why, LACKS[field]))
        for field, why in reversed(missing)
        if field in LACKS
    }
    named = {cause_id for cause_id, _ in one.causes}
    wrong: dict[str, list[str]] = {}
    for cause in causes:
        if cause.id in named:
            for why in {each.why for each in papers.lacking(cause, one.kind, local(now))}:
                wrong.setdefault(why, []).append(cause.name)
    if wrong:
        said = [t(PAPERS[why], cause=" · ".join(wrong[why])) for why in PAPERS if why in wrong]
        told["causes"] = Markup(spoken().space).join(said)  # noqa: S704 - a space of ours
    return {"names-en" if name == "names" else name: said for name, said in told.items()}


def checklist(
    missing: Sequence[Lack], causes: Sequence[Cause], one: Programme
) -> list[tuple[str, bool]]:
    """What the law asks for, and whether it is there."""
    lacks = {each.field for each in missing}
    told = [(GIVEN, not lacks & TERMS), (DAYS, not lacks & {"starts_at", "ends_at"})]
    contract = {"cause.agreement", "cause.agreed_on"}
    papers = {name for name in lacks if name.startswith("cause")} - contract
    if one.kind not in rules.ADDING:
        return [*told, (PARTIES, not papers)]
    named = {cause_id for cause_id, _ in one.causes}
    signed = [each.agreed_on for each in causes if each.id in named]
    return [
        *told,
        (BOUND, not lacks & {"cap_minor", "minimum_minor"}),
        (PARTIES, not papers),
        (CONTRACT, bool(signed) and not lacks & contract),
        (EARLY, bool(signed) and all(_is_early(day, one.starts_at) for day in signed)),
    ]


def _is_early(signed_on: str | None, starts_at: datetime | None) -> bool:
    if signed_on is None or starts_at is None:
        return False
    return (local(starts_at).date() - date.fromisoformat(signed_on)).days >= NOTICE_DAYS


def _terms(kind: str, currency: str, levels: int) -> Terms:
    values: dict[str, Any] = {}
    for name in NEW[kind].__struct_fields__:
        if name == "scope":
            values[name] = Scope(
                products=_listed("products"),
                categories=_listed("categories"),
                levels=tuple(n for n in range(1, levels + 1) if f"level-{n}" in request.form),
            )
        elif name == "names":
            told = {tag: forms.line(f"names-{tag}") for tag in LANGUAGES}
            values[name] = {tag: text for tag, text in told.items() if text}
        elif name == "amounts_minor":
            told_amounts = request.form.get(name, "").split()
            values[name] = tuple(forms.amount(one, currency, name) for one in told_amounts)
        elif name == "points":
            values[name] = _whole(name)
        elif name.endswith("_bps"):
            values[name] = _percent(name)
        else:
            values[name] = _amount(name, currency) or 0
    return type(NEW[kind])(**values)


def _weights(causes: Sequence[Cause]) -> list[tuple[int, int]]:
    told = [(one.id, request.form.get(f"cause-{one.id}", "").strip()) for one in causes]
    return [(n, forms.whole(weight, "causes")) for n, weight in told if weight not in ("", "0")]


def _listed(name: str) -> tuple[str, ...]:
    told = (one.strip() for one in re.split("[,،，、\n]", forms.text(name)))
    return tuple(dict.fromkeys(one for one in told if one))


def _amount(name: str, currency: str) -> int | None:
    given = request.form.get(name, "").strip()
    if not given:
        return None
    minor = forms.amount(given, currency, name)
    if not 0 <= minor <= LIMIT_MINOR:
        raise BadInput("least_zero", "0 or more", field=name)
    return minor


def _whole(name: str) -> int:
    given = request.form.get(name, "").strip()
    found = forms.whole(given, name) if given else 0
    if found < 0:
        raise BadInput("least_zero", "0 or more", field=name)
    return found


def _percent(name: str) -> int:
    given = forms.plain(request.form.get(name, "")).rstrip("%")
    if not given:
        return 0
    found = _PERCENT.fullmatch(given)
    if not found or len(found[1]) + 2 > len(str(10 * rules.WHOLE)):
        raise BadInput("percent_range", "0 to 100", field=name)
    bps = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    if name == "percent_bps" and bps > rules.WHOLE:
        raise BadInput("percent_range", "0 to 100", field=name)
    if bps > 10 * rules.WHOLE:
        raise BadInput("ratio_range", "0 to 1000", field=name)
    return bps


def _day(name: str) -> date | None:
    told = checked_day(forms.plain(forms.line(name)), name)
    return date.fromisoformat(told) if told else None


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), ZoneInfo(g.shop.timezone)) if day else None


def _money(minor: int | None, one: Programme) -> str:
    return "" if minor is None else amount_text(minor, one.currency)
