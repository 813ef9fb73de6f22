"""What a programme may say: every refusal has a stable code and names the field.

A field of a rule is named ``rules.<its place>.<name>``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from connector.core.errors import BadInput
from connector.core.money import exponent
from connector.members import occasions
from connector.program import rules
from connector.program.rules import Program, Rule, Terms

MAX_POINTS_EACH = 1_000_000
MAX_PER_MINOR = 10**9
MAX_HOLD_DAYS = 365
MAX_RULES = 60
MAX_POINTS = 1_000_000  # of one rule, once
MAX_CAP = 10**9
MAX_PERCENT = 1000
MAX_NAMES = 200  # in a scope, or tags in the terms
MAX_TEXT = 200
MAX_COUNT = 365
MAX_MONTHS = 60
MAX_FORGIVEN = 10_000
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z]{2,4})?")
_PAGE = ("products", "categories", "collections", "tags")


def read_rules(told: object) -> tuple[Rule, ...]:
    """Rules as JSON tells them; BadInput ``rules_unreadable`` for what is none."""
    found: tuple[Rule, ...] = _read(told, tuple[Rule, ...], "rules")
    return found


def read_terms(told: object) -> Terms:
    found: Terms = _read(told, Terms, "terms")
    return found


def check(program: Program, shop_currency: str) -> None:
    """BadInput for a programme that cannot be meant; ``field`` names the form's field."""
    if shop_currency not in program.rates:
        raise BadInput("rate_missing", f"say what {shop_currency} earns", field="points_each")
    _check_rates(program.rates, "points_each", "per")
    _whole(program.hold_days, 0, MAX_HOLD_DAYS, "hold_range", "hold_days", "days")
    if program.award_on not in ("paid", "completed"):
        raise BadInput("award_on", "paid or completed", field="award_on")
    for name in ("name", "note"):
        _text(getattr(program, name), MAX_TEXT, name)
    _check_terms(program.terms)
    if len(program.rules) > MAX_RULES:
        raise BadInput("too_many_rules", f"at most {MAX_RULES}", field="rules")
    known: set[str] = set()
    for place, rule in enumerate(program.rules):
        _check_rule(rule, f"rules.{place}")
        if rule.id in known:
            raise BadInput("rule_doubled", f"{rule.id} is there twice", field=f"rules.{place}.id")
        known.add(rule.id)


def _check_terms(terms: Terms) -> None:
    if terms.hold_from not in ("paid", "delivery"):
        raise BadInput("hold_from", "paid or delivery", field="terms.hold_from")
    if terms.expiry not in rules.EXPIRIES:
        raise BadInput("expiry", "off, lot or inactivity", field="terms.expiry")
    if terms.expiry == "lot" and terms.no_time_expiry:
        raise BadInput(
            "expiry_region",
            "where time alone may not end points, lots do not",
            field="terms.expiry",
        )
    _whole(terms.expiry_months, 1, MAX_MONTHS, "expiry_range", "terms.expiry_months", "months")
    _whole(terms.forgive_points, 0, MAX_FORGIVEN, "forgive_range", "terms.forgive_points")
    _names(terms.order_tags, "terms.order_tags")
    _names(terms.member_tags, "terms.member_tags")


def _check_rule(rule: Rule, where: str) -> None:
    if not _ID.fullmatch(rule.id):
        raise BadInput("rule_id", "letters a to z, digits, - and _", field=f"{where}.id")
    if rule.kind not in (*rules.ORDER_KINDS, *rules.MEMBER_KINDS):
        raise BadInput("rule_kind", f"{rule.kind!r} is no kind of rule", field=f"{where}.kind")
    _whole(rule.points, 0, MAX_POINTS, "points_range", f"{where}.points", "points")
    _whole(rule.tier_days, 0, MAX_COUNT, "days_range", f"{where}.tier_days", "days")
    _whole(rule.count, 1, MAX_COUNT, "count_range", f"{where}.count")
    _whole(rule.most, 0, MAX_POINTS, "points_range", f"{where}.most", "points")
    _whole(rule.priority, -100, 100, "priority_range", f"{where}.priority")
    _whole(rule.hold_days, 0, MAX_HOLD_DAYS, "hold_range", f"{where}.hold_days", "days")
    if rule.starts_at and rule.ends_at and rule.ends_at <= rule.starts_at:
        raise BadInput("window", "it ends before it starts", field=f"{where}.ends_at")
    for name in ("starts_at", "ends_at"):
        moment = getattr(rule, name)
        if moment is not None and moment.tzinfo is None:
            raise BadInput("window", "say which zone", field=f"{where}.{name}")
    for name in _PAGE:
        _names(getattr(rule.scope, name), f"{where}.scope.{name}")
    for currency, minor in rule.minimum.items():
        _currency(currency, f"{where}.minimum")
        _whole(minor, 1, MAX_PER_MINOR, "minimum_range", f"{where}.minimum")
    _check_caps(rule, where)
    _check_gift(rule, where)
    for language, label in rule.labels.items():
        if not _LANGUAGE.fullmatch(language):
            raise BadInput("language", f"{language!r} is no language", field=f"{where}.labels")
        _text(label, MAX_TEXT, f"{where}.labels")


def _check_caps(rule: Rule, where: str) -> None:
    for name in ("per_member", "per_day", "per_month", "per_rule"):
        cap = getattr(rule.caps, name)
        if cap is not None:
            _whole(cap, 1, MAX_CAP, "cap_range", f"{where}.caps.{name}")


def _check_gift(rule: Rule, where: str) -> None:
    """What a rule gives, and that it says what its kind needs."""
    if rule.kind == rules.MULTIPLIER:
        _whole(rule.percent, 101, MAX_PERCENT, "percent_range", f"{where}.percent", "percent")
    elif rule.kind == rules.SPEND:
        if not rule.rates:
            raise BadInput("rate_missing", "say what an amount earns", field=f"{where}.rates")
        _check_rates(rule.rates, f"{where}.rates", f"{where}.rates")
    if rule.kind in (rules.MULTIPLIER, rules.SPEND):
        if rule.points or rule.gives_reward:
            raise BadInput("gift_kind", "this kind gives no fixed gift", field=f"{where}.points")
        return
    if rule.reward_id is not None:
        _whole(rule.reward_id, 1, 2**63 - 1, "reward", f"{where}.reward_id")
    gifts = [bool(rule.points or rule.most), rule.reward_id is not None, bool(rule.tier_days)]
    if sum(gifts) != 1:
        raise BadInput("gift_one", "points, a reward or days on a tier", field=f"{where}.points")
    if rule.most and (rule.kind != rules.CUSTOM or rule.most < rule.points):
        raise BadInput("gift_most", "only an event says how many", field=f"{where}.most")
    _check_name(rule, where)


def _check_name(rule: Rule, where: str) -> None:
    if rule.kind == rules.OCCASION:
        _text(rule.occasion, MAX_TEXT, f"{where}.occasion", least=1)
        occasions.check_name(rule.occasion, f"{where}.occasion")
    if rule.kind in (rules.VISIT, rules.CUSTOM):
        _text(rule.target, MAX_TEXT, f"{where}.target", least=1)


def _check_rates(rates: Mapping[str, tuple[int, int]], each: str, per: str) -> None:
    for currency, (points_each, per_minor) in rates.items():
        _currency(currency, each)
        _whole(points_each, 0, MAX_POINTS_EACH, "rate_range", each, "points")
        _whole(per_minor, 1, MAX_PER_MINOR, "rate_range", per)


def _currency(code: str, field: str) -> None:
    try:
        exponent(code)
    except BadInput as problem:
        problem.field = problem.field or field
        raise


def _whole(value: Any, low: int, high: int, code: str, field: str, what: str = "") -> None:
    if type(value) is not int or not low <= value <= high:  # a bool or 1.0 is not meant
        raise BadInput(code, f"{low} to {high} {what}".strip(), field=field)


def _text(value: Any, most: int, field: str, least: int = 0) -> None:
    if not isinstance(value, str) or not least <= len(value.strip()) or len(value) > most:
        raise BadInput("text_length", f"{least} to {most} letters", field=field)


def _names(told: Sequence[str], field: str) -> None:
    if len(told) > MAX_NAMES:
        raise BadInput("too_many_names", f"at most {MAX_NAMES}", field=field)
    for one in told:
        _text(one, MAX_TEXT, field, least=1)


def _read(told: object, kind: Any, field: str) -> Any:
    try:
        return msgspec.convert(_without_floats(told, field), kind)
    except msgspec.ValidationError as problem:
        raise BadInput(f"{field}_unreadable", str(problem), field=field) from problem


def _without_floats(told: object, field: str) -> object:
    """A decoder takes 2.0 for 2; here nobody may mean a fraction."""
    if isinstance(told, float):
        raise BadInput(f"{field}_unreadable", "whole numbers only", field=field)
    if isinstance(told, dict):
        return {key: _without_floats(one, field) for key, one in told.items()}
    if isinstance(told, list | tuple):
        return [_without_floats(one, field) for one in told]
    return told
