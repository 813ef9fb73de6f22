"""The back-test of a draft: what it would have given over the last twelve months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from flask import g, request, url_for
from markupsafe import Markup
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core import clock
from connector.program import rules as kinds
from connector.program import service as programs
from connector.program.rules import Program
from connector.rooms import insight
from connector.rooms.insight import Owed, Worth
from connector.rooms.rehearsal import service as rehearsals
from connector.rooms.rehearsal.found import Gap, Month, Result
from connector.rooms.rehearsal.service import Rehearsal
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.rules import Kind, Offer, gift
from connector.web.admin import bars, door, drafts, ways
from connector.web.admin.bars import Bars
from connector.web.admin.door import blueprint
from connector.web.admin.words import count, isolated, mark, name, number, spoken, t
from connector.web.runtime import runtime

ENOUGH_ORDERS = 200
SHOWN_PEOPLE = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """What points cost the shop. share: of them, that get used; all, while that is not known.

    share_left: the same of what is owed, as the liability page reckons.
    """

    worth: Worth
    share: Fraction
    share_left: Fraction

    def of(self, points: int) -> int:
        return self.worth.cost_of(points, self.share)

    def liability(self, owed: int) -> int:
        return self.worth.cost_of(max(owed, 0), self.share_left)


@dataclass(frozen=True, slots=True)
class Gifts:
    """What rewards cost that rules give instead of points, as far as rewards say it."""

    now_minor: int
    draft_minor: int
    by_rule: Mapping[str, int]  # of the draft
    unpriced: Sequence[Markup]  # what is not in it


@blueprint.get("/<shop>/program/drafts/<id:version>/back-test")
def rehearsal(version: int) -> Response:
    with runtime().database.read() as db:
        draft = drafts.found(db, version)
        told = rehearsals.read(db, g.shop.id, version)
        result = told.result if told and not told.is_waiting else None
        shown = (
            [*result.top_gain[:SHOWN_PEOPLE], *result.top_lose[:SHOWN_PEOPLE]] if result else []
        )
        owed = insight.owed(db, g.shop.id, clock.now()) if result else None
        people = runtime().members.people(db, g.shop.id, [one.member_id for one in shown])
        names = ways.names(db, g.shop.id, [draft])
        values: dict[str, Any] = {
            "draft": draft,
            "told": told,
            "result": result,
            "people": people,
            "months": [(one, _first(one)) for one in result.months] if result else [],
            "since": date.fromisoformat(result.since) if result else None,
            "owed": owed,
            "cost": _cost(owed) if owed else None,
            "gifts": _gifts(db, draft, told.against, result) if told and result else None,
            "gaps": [_gap(one) for one in result.gaps] if result else [],
            "chart": _chart(result) if result else None,
            "of_rules": [
                (ways.sentence(rule, names, g.shop.currency), rule, result.rules.get(rule.id, 0))
                for rule in draft.rules
            ]
            if result
            else [],
            "percent_done": _percent(told),
            "enough": ENOUGH_ORDERS,
            "shown_people": SHOWN_PEOPLE,
        }
    return door.page("admin/program_rehearsal.html", was_asked="asked" in request.args, **values)


@blueprint.post("/<shop>/program/drafts/<id:version>/back-test")
def rehearse(version: int) -> Response:
    """Start it, or start it anew."""

    def work(db: Connection) -> None:
        drafts.found(db, version)
        rehearsals.ask(db, g.shop.id, version, clock.now())

    runtime().database.run(work)
    return door.redirected(url_for("admin.rehearsal", version=version, asked="yes"))


def _percent(told: Rehearsal | None) -> int:
    if told is None or not told.total:
        return 0
    return min(100 * told.done // told.total, 100)


def _cost(owed: Owed) -> Cost | None:
    """None until the shop says what points are worth."""
    if owed.worth is None:
        return None
    share, left = owed.redemption_used, owed.redemption_left
    every = Fraction(1)
    return Cost(owed.worth, every if share is None else share, every if left is None else left)


def _gifts(db: Connection, draft: Program, against: int, result: Result) -> Gifts:
    """Flexible rewards are given at their least; those in other money are not counted."""
    offers = {one.id: one.offer for one in catalogue.rewards(db, g.shop.id)}
    costs = {
        reward_id: gift(offer).cost_minor
        for reward_id, offer in offers.items()
        if offer.currency == g.shop.currency
    }
    known = programs.history(db, g.shop).numbered(against)
    by_now, by_draft = (
        {
            rule.id: costs.get(rule.reward_id or 0, 0) * given.get(rule.id, 0)
            for rule in one.rules
            if rule.gives_reward
        }
        for one, given in ((known, result.rules_now), (draft, result.rules))
    )
    times: dict[int, list[int]] = {}
    for at, (one, given) in enumerate(((known, result.rules_now), (draft, result.rules))):
        for rule in one.rules:
            if rule.gives_reward and not costs.get(rule.reward_id or 0):
                times.setdefault(rule.reward_id or 0, [0, 0])[at] += given.get(rule.id, 0)
    unpriced = [
        _unpriced(offers.get(reward_id), *both) for reward_id, both in times.items() if any(both)
    ]
    return Gifts(sum(by_now.values()), sum(by_draft.values()), by_draft, unpriced)


def _unpriced(offer: Offer | None, now: int, draft: int) -> Markup:
    """A reward whose cost is not known, and how often it is given; None: days on a tier."""
    often = {"before": count("time", now), "after": count("time", draft)}
    if offer is None:
        return t("VIP days: {before} today, {after} by the draft. Not in this cost.", **often)
    if offer.kind is Kind.PERCENT:
        return t(
            "Discounts of {percent}: {before} today, {after} by the draft. They are not in this"
            " cost: what they come to depends on the order.",
            percent=isolated(spoken().percent(offer.percent / 100, 0)),
            **often,
        )
    return t(
        "“{name}”: {before} today, {after} by the draft. Not in this cost: the reward does not say"
        " what one costs in {currency}.",
        name=name(offer.name(spoken())),
        currency=isolated(g.shop.currency),
        **often,
    )


def _gap(gap: Gap) -> Markup:
    """What nobody wrote down, and how it counts."""
    if gap.kind in _HALF_KNOWN:
        return t(_HALF_KNOWN[gap.kind])
    known = ways.OCCASIONS.get(gap.name) if gap.kind == kinds.OCCASION else None
    what = t(_UNKNOWN[gap.kind], target=t(known) if known else name(gap.name))
    if not gap.known_days:
        return t("We have no record of {what} before today, so it counts 0 here.", what=what)
    return t(
        "We have a record of {what} for {known} of {days} only; for the others it counts 0 here.",
        what=what,
        known=number(gap.known_days),
        days=count("day", gap.days),
    )


_UNKNOWN = {
    kinds.JOINED: mark("members who joined"),
    kinds.OCCASION: mark("members’ days ({target})"),
    kinds.SHARES: mark("visits by share links"),
    kinds.VISIT: mark("openings of {target}"),
    kinds.CUSTOM: mark("the event {target}"),
}
_HALF_KNOWN = {
    kinds.VERIFIED: mark(
        "When members verified their e-mail address was not always written down: for those days"
        " it counts for who joined then, and 0 for everybody else."
    ),
    kinds.NEWSLETTER: mark(
        "When members agreed to the newsletter was not always written down: for those days it"
        " counts for who joined then, and 0 for everybody else."
    ),
    kinds.STREAK: mark(
        "Visits on days in a row were not always written down: for those days only the rows that"
        " members are in today count, the rest is 0 here."
    ),
}


def _chart(result: Result) -> Bars | None:
    months = [(spoken().date(_first(one), "month"), one.now, one.draft) for one in result.months]
    return bars.bars(months, is_mirrored=spoken().direction == "rtl")


def _first(month: Month) -> date:
    return date.fromisoformat(f"{month.month}-01")
