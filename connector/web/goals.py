"""Goals in public: what came together for a campaign, and what of it was sent to its causes.

What orders may still take back is no part of any sum: it is told apart, and never as paid.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection

from connector.rooms.giving import programmes, rules, service
from connector.rooms.giving.rules import Programme, Scope
from connector.shops.service import Shop
from connector.web import disclosures
from connector.web.gifts import impact
from connector.web.gifts.impact import Impact
from connector.web.tongue import Tongue, mark, own

ON_ITS_WAY = mark("{money} is confirmed and on its way.")
PROMISED = mark("{money} more is promised by orders that can still change.")


def goals(db: Connection, shop: Shop, say: Tongue) -> list[dict[str, Any]]:
    """The shop's campaigns in sentences: those worked for now, then open ones; newest first."""
    found = sorted(impact.impacts(db, shop), key=lambda one: _turn(one, say))
    return [_goal(one, say) for one in found]


def of_order(db: Connection, shop: Shop, programme_ids: Collection[int], say: Tongue) -> list[str]:
    """How far the campaigns of these programmes have come, each in a sentence."""
    return [
        say.t("{campaign}: {sum}.", campaign=own(one.name(say)), sum=one.sum(say))
        for one in impact.impacts(db, shop)
        if any(programme.id in programme_ids for programme in one.programmes)
    ]


def of_any_order(db: Connection, shop: Shop, say: Tongue) -> list[str]:
    """What the shop gives for every order now, and how far that has come: nobody's own figures."""
    found = [one for one in programmes.programmes(db, shop.id) if _is_of_all(one, say)]
    causes = service.causes(db, shop.id) if found else []
    said = [disclosures.promise(say, shop.name, one, causes) for one in found]
    return [*said, *(of_order(db, shop, {one.id for one in found}, say) if found else ())]


def _is_of_all(one: Programme, say: Tongue) -> bool:
    """Whether it gives for whatever is bought now, under a cap that leaves room."""
    has_room = one.cap_minor is None or one.used_minor < one.cap_minor
    is_meant = one.kind in rules.ADDING and one.kind != rules.MATCH and one.scope == Scope()
    return is_meant and has_room and one.state(say.now) == "live" and one.currency == say.currency


def _turn(one: Impact, say: Tongue) -> int:
    if one.state == "ended":
        return 2
    return 0 if any(each.state(say.now) == "live" for each in one.programmes) else 1


def _goal(one: Impact, say: Tongue) -> dict[str, Any]:
    told, (paid, given) = one.told, one.percents
    return {
        "key": one.campaign.key,
        "name": one.name(say),
        "story": one.story(say),
        "currency": one.campaign.currency,
        "goal_minor": one.campaign.goal_minor,
        "pledged_minor": told.pledged_minor,
        "reconciled_minor": told.ready_minor + told.reconciled_minor,
        "paid_minor": told.paid_minor,
        "gifts": told.gifts,
        "state": one.state,
        "percent": given,
        "paid_percent": paid,
        "said": one.sum(say),
        "lines": list(_lines(one, say)),
    }


def _lines(one: Impact, say: Tongue) -> Iterator[str]:
    """Where the money is, beginning with what was sent."""
    currency = one.campaign.currency
    if one.state == "ended":
        yield say.t("This campaign is over.")
    elif one.state == "met":
        yield say.t("The goal is reached.")
    for cause, minor in one.paid:
        name = own(cause.told(say.language.tag)[0])
        yield say.t("{money} was sent to {cause}.", money=say.money(minor, currency), cause=name)
    for sentence, minor in (
        (ON_ITS_WAY, one.told.ready_minor + one.told.reconciled_minor),
        (PROMISED, one.told.pledged_minor),
    ):
        if minor > 0:
            yield say.t(sentence, money=say.money(minor, currency))
    for programme, minor in one.pieces:
        yield impact.pieces(programme, minor, say)
