"""The form of one rule: only what its kind reads, and each refusal beside its field."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import g, request
from markupsafe import Markup
from msgspec import structs
from sqlalchemy import Connection

from connector.core.errors import BadInput, PerennialError
from connector.core.i18n import LANGUAGES, SOURCE
from connector.program import limits, rules
from connector.program.rules import Caps, Program, Rule, Scope
from connector.rooms.rewards import catalogue
from connector.web.admin import base, forms, sentences, store, ways
from connector.web.admin.words import local, t

CAPS = ("per_member", "per_day", "per_month", "per_rule")
SCOPES = ("products", "categories", "collections", "tags")
SCOPED = (rules.SPEND, rules.ORDER, rules.FIRST_ORDER, rules.MULTIPLIER)
LEAST_PERCENT = 100
SUGGESTED = 200  # of each kind of name
_FACTOR = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?", re.ASCII)
_PLACED = re.compile(r"rules\.[0-9]+\.")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(slots=True)
class RuleForm:
    """The form as written, and the rule it means unless something is refused."""

    kind: str
    id: str
    values: dict[str, str]
    scope: dict[str, list[str]] = field(default_factory=dict)  # chosen so far
    qualifies: bool = True
    errors: dict[str, Markup] = field(default_factory=dict)
    rule: Rule | None = None

    @property
    def is_scoped(self) -> bool:
        return self.kind in SCOPED

    @property
    def is_of_orders(self) -> bool:
        return self.kind in rules.ORDER_KINDS

    @property
    def gives_fixed(self) -> bool:
        """Whether it gives something that does not grow with an amount."""
        return self.kind not in (rules.MULTIPLIER, rules.SPEND)


def fresh(kind: str, rule_id: str = "") -> Rule:
    """A rule to begin with. Its id is new for ever: caps and locks are counted by it."""
    return Rule(
        id=rule_id or f"{kind}-{secrets.token_hex(4)}",
        kind=kind,
        points=0 if kind in (rules.MULTIPLIER, rules.SPEND) else 100,
        percent=200 if kind == rules.MULTIPLIER else 100,
        occasion="birthday" if kind == rules.OCCASION else "",
        count=7 if kind == rules.STREAK else 1,
    )


def written(rule: Rule, currencies: Sequence[str]) -> RuleForm:
    """The form that would keep this rule."""
    gift = f"reward:{rule.reward_id}" if rule.reward_id is not None else "points"
    is_known_day = rule.occasion in ways.OCCASIONS
    values = {
        "gift": "days" if rule.tier_days else gift,
        "points": str(rule.tier_days or rule.points),
        "factor": f"{(Decimal(rule.percent) / 100).normalize():f}",
        "starts_on": _date_text(rule.starts_at),
        "ends_on": _date_text(rule.ends_at and ways.last_day(rule.ends_at)),
        "priority": str(rule.priority),
        "hold_days": str(rule.hold_days),
        "occasion": rule.occasion if is_known_day or not rule.occasion else "other",
        "occasion_name": "" if is_known_day else rule.occasion,
        "target": rule.target,
        "count": str(rule.count),
        "most": str(rule.most or ""),
    }
    for cap in CAPS:
        most = getattr(rule.caps, cap)
        values[cap] = "" if most is None else str(most)
    for one in LANGUAGES.values():
        values[f"label-{one.tag}"] = rule.labels.get(one.tag, "")
    for currency in currencies:
        each, per = rule.rates.get(currency, (None, None))
        values[f"each-{currency}"] = "" if each is None else str(each)
        values[f"per-{currency}"] = "" if per is None else base.short(per, currency)
        least = rule.minimum.get(currency)
        values[f"least-{currency}"] = "" if least is None else base.short(least, currency)
    scope = {kind: list(getattr(rule.scope, kind)) for kind in SCOPES}
    return RuleForm(rule.kind, rule.id, values, scope, rule.qualifies, rule=rule)


def read(db: Connection, known: Rule, program: Program) -> RuleForm:
    """The form as sent, over the rule it changes; ``program`` is the draft it is for."""
    currencies = sorted(program.rates)
    form = written(known, currencies)
    form.rule = None
    for name in form.values:
        form.values[name] = request.form.get(name, form.values[name]).strip()
    form.qualifies = "qualifies" in request.form
    if form.is_scoped:
        _read_scope(db, form)
    said = _Reader(form)
    wanted = structs.replace(
        known,
        starts_at=said.moment("starts_on"),
        ends_at=said.moment("ends_on", days=1),
        qualifies=form.qualifies,
        caps=Caps(**{cap: said.maybe(cap) for cap in CAPS}),
        labels=said.labels(),
        scope=Scope(**{kind: tuple(form.scope[kind]) for kind in SCOPES}),
        **_of_kind(form, said, currencies),
    )
    if wanted.reward_id is not None and not _is_offered(db, wanted.reward_id):
        form.errors["gift"] = sentences.refusal(BadInput("reward_not_found"))
    if not form.errors:
        _check(form, wanted, program)
    return form


def _is_offered(db: Connection, reward_id: int) -> bool:
    return any(one.id == reward_id for one in catalogue.rewards(db, g.shop.id))


def factor(given: str) -> int | None:
    """Percent of a factor as typed, from 1 to 10 with two decimals; None if it is none."""
    bare = forms.plain(given)
    percent = int(Decimal(bare) * 100) if _FACTOR.fullmatch(bare) else 0
    return percent if LEAST_PERCENT <= percent <= limits.MAX_PERCENT else None


def moment(given: str, days: int = 0, at: time = time()) -> datetime | None:
    """A time on a day as typed, in the shop's zone, ``days`` later; None if it is none."""
    bare = forms.plain(given)
    try:
        found = date.fromisoformat(bare if _DAY.fullmatch(bare) else "") + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(found, at, ZoneInfo(g.shop.timezone))


def put(program: Program, rule: Rule) -> Program:
    """The programme with this rule in the place of its older self, or at the end."""
    if all(one.id != rule.id for one in program.rules):
        return replace(program, rules=(*program.rules, rule))
    return replace(
        program, rules=tuple(rule if one.id == rule.id else one for one in program.rules)
    )


def suggestions(db: Connection, shop_id: int) -> dict[str, list[str]]:
    """Names in the shop's own catalogue, the most used first."""
    counted: dict[str, Counter[str]] = {kind: Counter() for kind in SCOPES[1:]}
    for row in store.catalogue_names(db, shop_id):
        for kind, names in counted.items():
            names.update(getattr(row, kind) or ())
    return {
        kind: [name for name, _ in names.most_common(SUGGESTED)] for kind, names in counted.items()
    }


def _of_kind(form: RuleForm, said: _Reader, currencies: Sequence[str]) -> dict[str, Any]:
    """The fields that only this kind of rule reads."""
    found: dict[str, Any] = {}
    if form.is_of_orders:
        found["minimum"] = said.minimum(currencies)
    else:
        found["hold_days"] = said.whole("hold_days")
    if form.kind == rules.MULTIPLIER:
        found |= {"percent": said.percent(), "priority": said.whole("priority")}
    elif form.kind == rules.SPEND:
        found["rates"] = said.rates(currencies)
    else:
        found |= said.gift()
    if form.kind == rules.OCCASION:
        given = form.values["occasion"]
        found["occasion"] = given if given in ways.OCCASIONS else form.values["occasion_name"]
    if form.kind in (rules.STREAK, rules.SHARES):
        found["count"] = said.whole("count")
    if form.kind in (rules.VISIT, rules.CUSTOM):
        found["target"] = form.values["target"]
    if form.kind == rules.CUSTOM:
        found["most"] = said.maybe("most") or 0
    return found


class _Reader:
    """Reads fields of a form; what is refused is noted beside its field."""

    def __init__(self, form: RuleForm) -> None:
        self._form = form

    def whole(self, name: str) -> int:
        try:
            return forms.whole(self._form.values[name], name, limits.MAX_CAP)
        except BadInput as problem:
            self._refuse(name, problem)
            return 0

    def maybe(self, name: str) -> int | None:
        return self.whole(name) if self._form.values[name] else None

    def moment(self, name: str, days: int = 0) -> datetime | None:
        """Midnight of a day in the shop's zone, ``days`` later."""
        given = self._form.values[name]
        found = moment(given, days=days)
        if given and found is None:
            self._refuse(name, BadInput("date"))
        return found

    def percent(self) -> int:
        found = factor(self._form.values["factor"])
        if found is None:
            self._refuse("factor", BadInput("factor_range"))
        return found or limits.MAX_PERCENT

    def rates(self, currencies: Sequence[str]) -> dict[str, tuple[int, int]]:
        found = {}
        for currency in currencies:
            each, per = self._form.values[f"each-{currency}"], self._form.values[f"per-{currency}"]
            if not each and not per and currency != g.shop.currency:
                continue
            try:
                found[currency] = base.rate(currency, each, per)
            except BadInput as problem:
                place = "per" if problem.field == "per" else "each"
                told = BadInput("rate_range") if problem.code == "amount_range" else problem
                self._refuse(f"{place}-{currency}", told, currency=currency)
        return found

    def minimum(self, currencies: Sequence[str]) -> dict[str, int]:
        found = {}
        for currency in currencies:
            name = f"least-{currency}"
            if not self._form.values[name]:
                continue
            try:
                found[currency] = forms.amount(self._form.values[name], currency, name)
            except BadInput as problem:
                self._refuse(name, problem, currency=currency)
        return found

    def gift(self) -> dict[str, Any]:
        chosen, _, reward = self._form.values["gift"].partition(":")
        nothing = {"points": 0, "reward_id": None, "tier_days": 0}
        if chosen == "reward" and reward.isdecimal():
            return nothing | {"reward_id": int(reward)}
        if chosen == "days":
            return nothing | {"tier_days": self.whole("points")}
        return nothing | {"points": self.whole("points")}

    def labels(self) -> Mapping[str, str]:
        found = {}
        for one in LANGUAGES.values():
            name = f"label-{one.tag}"
            try:
                given = forms.line(name)
            except BadInput as problem:
                self._refuse(name, problem)
            else:
                if given:
                    found[one.tag] = given
        return found

    def _refuse(self, name: str, problem: BadInput, **values: object) -> None:
        self._form.errors[name] = sentences.refusal(problem, **values)


def _read_scope(db: Connection, form: RuleForm) -> None:
    for kind in SCOPES:
        form.scope[kind] = [one for one in request.form.getlist(kind) if one][: limits.MAX_NAMES]
        try:
            given = forms.line(f"{kind}-more")
        except BadInput as problem:
            form.errors[f"{kind}-more"] = sentences.refusal(problem)
            continue
        if not given:
            continue
        if kind == "products":
            found = store.products_titled(db, g.shop.id, given)
            if not found:
                form.errors["products-more"] = t("No product is called so.")
            form.values["products-more"] = "" if found else given
        else:
            found = [given]
        form.scope[kind] += [one for one in found if one not in form.scope[kind]]


def _check(form: RuleForm, wanted: Rule, program: Program) -> None:
    try:
        limits.check(put(program, wanted), g.shop.currency)
    except BadInput as problem:
        told = BadInput(_OWN_WORDS.get(problem.code, problem.code))
        form.errors[field_of(problem)] = sentences.refusal(told, currency=g.shop.currency)
    else:
        form.rule = wanted


_OWN_WORDS = {"percent_range": "factor_range", "cap_range": "most_range"}


def field_of(problem: PerennialError) -> str:
    """The form's field that a refusal of the engine is about."""
    name = _PLACED.sub("", problem.field or "").removeprefix("terms.").removeprefix("caps.")
    own = {
        "rates": f"each-{g.shop.currency}",
        "minimum": f"least-{g.shop.currency}",
        "percent": "factor",
        "ends_at": "ends_on",
        "starts_at": "starts_on",
        "reward_id": "gift",
        "tier_days": "points",
        "occasion": "occasion_name",
        "labels": f"label-{SOURCE.tag}",
    }
    if name.startswith("scope."):
        return f"{name.removeprefix('scope.')}-more"
    return own.get(name, name)


def _date_text(at: datetime | None) -> str:
    return "" if at is None else local(at).date().isoformat()
