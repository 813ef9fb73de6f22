"""Levels as a form, and a form as levels. Fields are named as ``programs.check`` names them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from markupsafe import Markup

from connector.core.errors import BadInput
from connector.core.money import exponent
from connector.rooms.tiers import programs, rules
from connector.rooms.tiers.rules import Program
from connector.shops.service import Shop
from connector.web.admin import forms, sentences
from connector.web.admin.words import amount_text, mark, t

TAGS = ("en", "ar", "zh-Hant")
MEASURES = {
    "points": mark("points earned"),
    "spend": mark("money spent"),
    "orders": mark("orders"),
    "score": mark("a mixed score"),
}
PROBLEMS = {
    "level_name": mark("Give each level an English name of its own."),
    "level_order": mark("Each level takes more than the one before."),
    "levels_empty": mark("Give at least one level."),
    "weights_empty": mark("A score counts at least one thing."),
    "level_id": mark("This level is there twice. Reload the page."),
    "step_order": mark("Each step takes more and gives more than the one before."),
    "trial_level": mark("Choose which level the free days are on."),
    "perk_collection": mark("Name the collection and say how many percent."),
    "perk_early": mark("Give a title, an https address, and an end after the beginning."),
    "tier_value": mark("This value cannot be used."),
}
_NUMBERS = ("multiplier_percent", "gift_points")
_PERKS = ("discount_percent", "collection_percent")
_STEPS = 20


@dataclass(slots=True)
class Draft:
    """The form as written, what it means if it means something, and what it does not."""

    values: dict[str, str]
    levels: int
    steps: int
    errors: dict[str, Markup] = field(default_factory=dict)
    program: Program | None = None

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


def written(program: Program, shop: Shop) -> Draft:
    """The form that would save this program."""
    values: dict[str, str] = {
        "measure": program.measure,
        "window_months": str(program.window_months or ""),
        "grace_days": str(program.grace_days),
        "warning_days": str(program.warning_days),
        "settle_days": str(program.settle_days),
        "gifts_for_placed": "on" if program.gifts_for_placed else "",
    }
    for name in ("point", "money", "order", "gift"):
        values[f"weights-{name}"] = str(getattr(program.weights, name))
    for number, level in enumerate(program.levels):
        values |= _level_values(number, level, program, shop)
    if program.ladder is not None:
        values["ladder-measure"] = program.ladder.measure
        for number, step in enumerate(program.ladder.steps):
            threshold = _amount_text(program.ladder.measure, step.threshold, shop)
            values[f"ladder-{number}-threshold"] = threshold
            values[f"ladder-{number}-percent"] = str(step.percent)
    if program.trial is not None:
        values["trial-days"] = str(program.trial.days)
        values["trial-level"] = str(program.number_of(program.trial.level_id))
    for number, (currency, (here, theirs)) in enumerate(program.rates.items()):
        values[f"rates-{number}-currency"] = currency
        each = here * 10 ** exponent(currency) // theirs
        values[f"rates-{number}-each"] = amount_text(each, shop.currency)
    steps = len(program.ladder.steps) if program.ladder else 0
    return Draft(values, len(program.levels), steps, program=program)


def read(sent: Mapping[str, str], shop: Shop) -> Draft:
    """The form as sent. A level without any name, and a step without figures, is none."""
    values = {name: value.strip() for name, value in sent.items()}
    levels = [
        n
        for n in range(rules.MOST_LEVELS)
        if any(values.get(f"levels-{n}-names-{tag}") for tag in TAGS)
        or values.get(f"levels-{n}-threshold")
    ]
    steps = [
        n
        for n in range(_STEPS)
        if values.get(f"ladder-{n}-threshold") or values.get(f"ladder-{n}-percent")
    ]
    draft = Draft(values, len(levels), len(steps))
    told = _Reading(draft, shop)
    body: dict[str, Any] = {
        "measure": draft["measure"],
        "window_months": told.whole("window_months") if draft["window_months"] else None,
        "grace_days": told.whole("grace_days"),
        "warning_days": told.whole("warning_days"),
        "settle_days": told.whole("settle_days"),
        "weights": {
            name: told.whole(f"weights-{name}") for name in ("point", "money", "order", "gift")
        },
        "gifts_for_placed": bool(draft["gifts_for_placed"]),
        "levels": [_level_body(told, n) for n in levels],
        "rates": _rates(told),
        "ladder": _ladder_body(told, steps),
        "trial": None,
    }
    if not draft.errors:
        _understand(draft, body)
    return draft


def _understand(draft: Draft, body: dict[str, Any]) -> None:
    """What the values mean, and that it can be meant; a level keeps its id."""
    days, number = draft["trial-days"], draft["trial-level"]
    if days:
        chosen = int(number) - 1 if number.isdigit() else -1
        levels = body["levels"]
        level_id = levels[chosen]["id"] if 0 <= chosen < len(levels) else 0
        body["trial"] = {"days": days, "level_id": level_id}
    try:
        program = msgspec.convert(body, Program, strict=False)
        programs.check(program)
    except msgspec.ValidationError as problem:
        refuse(draft, programs.refusal(problem))
    except BadInput as problem:
        refuse(draft, problem)
    else:
        draft.program = program


def refuse(draft: Draft, problem: BadInput) -> None:
    """Note a refusal beside the field that a person sees."""
    name, code = problem.field or "", problem.code
    if "-perks-early" in name:
        name, code = name.partition("-perks-early")[0] + "-early", "perk_early"
    name = re.sub("^ladder-(steps-)?([0-9]+)$", r"ladder-\2-threshold", name)
    name = name.replace("ladder-steps-", "ladder-")
    name = re.sub("-names$", "-names-en", re.sub("-perks-collection$", "-collection", name))
    sentence = PROBLEMS.get(code)
    draft.errors[name] = t(sentence) if sentence else sentences.refusal(problem)


class _Reading:
    """Figures of one form; what is none is noted beside its field."""

    def __init__(self, draft: Draft, shop: Shop) -> None:
        self.draft, self.shop = draft, shop

    def whole(self, name: str, default: int = 0) -> int:
        given = self.draft[name]
        if not given:
            return default
        try:
            return forms.whole(given, name)
        except BadInput as problem:
            self._note(name, problem)
            return default

    def amount(self, measure: str, name: str) -> int:
        """A threshold: an amount of money where money is measured."""
        if measure != "spend":
            return self.whole(name)
        try:
            return forms.amount(self.draft[name] or "0", self.shop.currency, name)
        except BadInput as problem:
            self._note(name, problem)
            return 0

    def moment(self, name: str) -> datetime | None:
        """A time at the shop, as a browser's own field sends it."""
        try:
            at = datetime.fromisoformat(self.draft[name])
        except ValueError:
            return None
        return at.replace(tzinfo=ZoneInfo(self.shop.timezone)).astimezone(UTC)

    def _note(self, name: str, problem: BadInput) -> None:
        currency = self.shop.currency
        self.draft.errors[name] = sentences.refusal(problem, currency=currency)


def _level_values(number: int, level: rules.Level, program: Program, shop: Shop) -> dict[str, str]:
    where, perks = f"levels-{number}", level.perks
    values = {f"{where}-names-{tag}": level.names.get(tag, "") for tag in TAGS}
    values[f"{where}-id"] = str(level.id)
    values[f"{where}-threshold"] = _amount_text(program.measure, level.threshold, shop)
    for name in _NUMBERS:
        values[f"{where}-{name}"] = str(getattr(level, name) or "")
    values[f"{where}-gift_reward_id"] = str(level.gift_reward_id or "")
    for name in _PERKS:
        values[f"{where}-perks-{name}"] = str(getattr(perks, name) or "")
    values[f"{where}-perks-free_shipping"] = "on" if perks.free_shipping else ""
    values[f"{where}-collection"] = perks.collection
    if perks.early is not None:
        zone, early = ZoneInfo(shop.timezone), f"{where}-early"
        values[early] = perks.early.title
        values[f"{early}-url"] = perks.early.url
        for name in ("starts_at", "ends_at"):
            at = getattr(perks.early, name).astimezone(zone)
            values[f"{early}-{name}"] = f"{at:%Y-%m-%dT%H:%M}"
    return values


def _level_body(told: _Reading, number: int) -> dict[str, Any]:
    where, draft = f"levels-{number}", told.draft
    perks: dict[str, Any] = {name: told.whole(f"{where}-perks-{name}") for name in _PERKS}
    perks["free_shipping"] = bool(draft[f"{where}-perks-free_shipping"])
    perks["collection"] = draft[f"{where}-collection"]
    perks["early"] = _early_body(told, f"{where}-early")
    return {
        # Until it is saved a new level goes by its place, so that the free days can name it.
        "id": draft[f"{where}-id"] or number + 1,
        "names": {
            tag: draft[f"{where}-names-{tag}"] for tag in TAGS if draft[f"{where}-names-{tag}"]
        },
        "threshold": told.amount(draft["measure"], f"{where}-threshold"),
        "multiplier_percent": told.whole(f"{where}-multiplier_percent", rules.PLAIN_PERCENT),
        "gift_points": told.whole(f"{where}-gift_points"),
        "gift_reward_id": draft[f"{where}-gift_reward_id"] or None,
        "perks": perks,
    }


def _early_body(told: _Reading, where: str) -> dict[str, Any] | None:
    title, url = told.draft[where], told.draft[f"{where}-url"]
    starts_at, ends_at = told.moment(f"{where}-starts_at"), told.moment(f"{where}-ends_at")
    if not title and not url:
        return None
    if starts_at is None or ends_at is None:
        refuse(told.draft, BadInput("perk_early", field=where))
    return {"title": title, "url": url, "starts_at": starts_at, "ends_at": ends_at}


def _ladder_body(told: _Reading, steps: list[int]) -> dict[str, Any] | None:
    if not steps:
        return None
    measure = told.draft["ladder-measure"] or "orders"
    return {
        "measure": measure,
        "steps": [
            {
                "threshold": told.amount(measure, f"ladder-{n}-threshold"),
                "percent": told.whole(f"ladder-{n}-percent"),
            }
            for n in steps
        ],
    }


def _rates(told: _Reading) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for number in range(_STEPS):
        name = f"rates-{number}-currency"
        currency = told.draft[name].upper()
        if not currency:
            continue
        try:
            theirs = 10 ** exponent(currency)
            each = told.draft[f"rates-{number}-each"]
            found[currency] = forms.amount(each, told.shop.currency, name), theirs
        except BadInput as problem:
            told.draft.errors[name] = sentences.refusal(
                problem, currency=told.shop.currency, code=currency[:8]
            )
    return found


def _amount_text(measure: str, threshold: int, shop: Shop) -> str:
    if measure != "spend":
        return str(threshold)
    digits = exponent(shop.currency)
    return amount_text(threshold, shop.currency).removesuffix("." + "0" * digits)
