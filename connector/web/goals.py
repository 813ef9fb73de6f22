"""Goals in public: what came together for a campaign, and what of it has reached its causes.

What orders may still take back is no part of any sum: it is told apart, and never as paid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from connector.rooms.giving import programmes, service
from connector.rooms.giving.programmes import Campaign, Progress
from connector.shops.service import Shop
from connector.web.tongue import Tongue, mark, own

_ALL = 100
ON_ITS_WAY = mark("{money} is confirmed and on its way.")
PROMISED = mark("{money} more is promised by orders that can still change.")


def goals(db: Connection, shop: Shop, say: Tongue) -> list[dict[str, Any]]:
    """The shop's campaigns, newest first, in sentences."""
    found = programmes.campaigns(db, shop.id)
    rows = programmes.standing(db, shop.id, found)
    names = {one.id: one.told(say.language.tag)[0] for one in service.causes(db, shop.id)}
    return [_goal(one, rows[one.id], names, say) for one in found]


def of_order(db: Connection, shop: Shop, programme_ids: set[int], say: Tongue) -> list[str]:
    """How far the campaigns of these programmes have come, each in a sentence."""
    named = {
        one.campaign_id
        for one in programmes.programmes(db, shop.id)
        if one.id in programme_ids and one.campaign_id
    }
    found = [one for one in programmes.campaigns(db, shop.id) if one.id in named]
    rows = programmes.standing(db, shop.id, found)
    sums = [_sum(programmes.progress_of(rows[one.id]), one, say) for one in found]
    return [
        say.t("{campaign}: {sum}.", campaign=own(_name(one, say)), sum=told)
        for one, told in zip(found, sums, strict=True)
    ]


def _goal(
    one: Campaign, rows: Sequence[Row[Any]], causes: Mapping[int, str], say: Tongue
) -> dict[str, Any]:
    told, tag = programmes.progress_of(rows), say.language.tag
    given = _given(told)
    return {
        "key": one.key,
        "name": _name(one, say),
        "story": one.stories.get(tag) or one.stories.get("en", ""),
        "currency": one.currency,
        "goal_minor": one.goal_minor,
        "pledged_minor": told.pledged_minor,
        "reconciled_minor": told.ready_minor + told.reconciled_minor,
        "paid_minor": told.paid_minor,
        "gifts": told.gifts,
        "state": "ended" if one.closed_at else "met" if given >= one.goal_minor else "open",
        "percent": _percent(given, one),
        "paid_percent": _percent(told.paid_minor, one),
        "said": _sum(told, one, say),
        "lines": list(_lines(one, told, _reached(rows, causes), say)),
    }


def _lines(
    one: Campaign, told: Progress, reached: Iterator[tuple[str, int]], say: Tongue
) -> Iterator[str]:
    """Where the money is, beginning with what has arrived."""
    if one.closed_at:
        yield say.t("This campaign is over.")
    elif _given(told) >= one.goal_minor:
        yield say.t("The goal is reached.")
    for name, minor in reached:
        money = say.money(minor, one.currency)
        yield say.t("{money} has reached {cause}.", money=money, cause=own(name))
    states = (
        (ON_ITS_WAY, told.ready_minor + told.reconciled_minor),
        (PROMISED, told.pledged_minor),
    )
    for sentence, minor in states:
        if minor > 0:
            yield say.t(sentence, money=say.money(minor, one.currency))


def _reached(rows: Sequence[Row[Any]], causes: Mapping[int, str]) -> Iterator[tuple[str, int]]:
    """(cause, amount) of what was paid, the default cause first."""
    for cause_id, name in causes.items():
        theirs = [row for row in rows if row.cause_id == cause_id]
        paid = programmes.progress_of(theirs).paid_minor
        if paid > 0:
            yield name, paid


def _given(told: Progress) -> int:
    """What nobody can take back any more."""
    return told.total_minor - told.pledged_minor


def _sum(told: Progress, one: Campaign, say: Tongue) -> str:
    money, goal = (say.money(each, one.currency) for each in (_given(told), one.goal_minor))
    return say.t("{money} of {goal} together", money=money, goal=goal)


def _percent(minor: int, one: Campaign) -> int:
    """Whole, rounded down: a hundred is reached and not before."""
    return max(0, min(_ALL, minor * _ALL // one.goal_minor))


def _name(one: Campaign, say: Tongue) -> str:
    return one.names.get(say.language.tag) or one.names["en"]
