"""Levels as a member reads them: how far she is, what hers gives, and VIP days to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connector.web.storefront.told.blocks import Act, Block, Stem, Step
from connector.web.tongue import Tongue, mark, own

NAMED_STAGES = 5  # more names than that do not stand side by side
REFUSALS = {
    "trial_off": mark("There are no days here that would give you more."),
    "trial_used": mark("You had your free days already."),
    "trial_needless": mark("You stand there already."),
    "member_blocked": mark("Ask the shop: your membership is paused."),
}
_PLAIN = 100
_WHOLE = 100


def stem(tier: Mapping[str, Any], say: Tongue) -> Stem | None:
    """How far, from the first stage to the last: stages stand evenly, what is between them counts.

    Where the first stage has to be reached, the stem begins before it.
    """
    stages: list[tuple[str, int]] = [(one["name"], one["threshold"]) for one in tier["stages"]]
    level = tier["earned"] - 1
    if stages and stages[0][1] > 0:
        stages.insert(0, ("", 0))
        level += 1
    if len(stages) < 2:  # noqa: PLR2004 - a way has two ends
        return None
    following = tier["next"]
    label = (
        say.t("Progress to {tier}", tier=own(following["name"]))
        if following
        else say.t("You are {tier}", tier=own(tier["earned_name"] or ""))
    )
    told = {0, level, level + 1, len(stages) - 1} if len(stages) > NAMED_STAGES else None
    steps = tuple(
        Step(name if told is None or n in told else "", n == level)
        for n, (name, _) in enumerate(stages)
    )
    at = _percent([threshold for _, threshold in stages], tier["amount"])
    return Stem(at, label, steps, text=next(iter(_told(tier)), ""))


def _told(tier: Mapping[str, Any]) -> list[str]:
    """What is missing and until when, without what VIP days have to say."""
    said = tier["says"][1:] if tier["ended"] else tier["says"]
    return list(said if tier["trial"] is None else said[:-1])


def _percent(thresholds: Sequence[int], amount: int) -> int:
    """Of the way between the first and the last threshold, each stretch being as long."""
    stretches = len(thresholds) - 1
    for n in range(stretches):
        start, end = thresholds[n], thresholds[n + 1]
        if amount < end:
            return (_WHOLE * n + _WHOLE * max(amount - start, 0) // (end - start)) // stretches
    return _WHOLE


def level(tier: Mapping[str, Any], say: Tongue) -> Block | None:
    """What her level gives, what she has to do for more or to keep it, and early doors."""
    name = tier["name"]
    gives = _perks(tier["perks"], say)
    lines = (*_lent(tier, say), *tier["says"][: 1 if tier["ended"] else 0], *_told(tier)[1:])
    items = (*(Block(one) for one in gives), *(_early(one, say) for one in tier["early"]))
    if not (lines or items):
        return None
    title = say.t("You are {tier}", tier=own(name)) if name else say.t("Your level")
    acts: tuple[Act, ...] = ()
    if tier["ended"]:
        acts = (Act(say.t("Got it"), name="close_summary", body={}),)
    return Block(title, id="level", tab=say.t("Level"), lines=lines, items=items, acts=acts)


def _lent(tier: Mapping[str, Any], say: Tongue) -> list[str]:
    """Until when a level of VIP days lasts, and the own one below it."""
    if tier["level"] <= tier["earned"]:
        return []
    found = [tier["says"][-1]]
    if tier["earned_name"]:
        found.append(say.t("Your own level: {tier}", tier=own(tier["earned_name"])))
    return found


def _perks(gives: Mapping[str, Any], say: Tongue) -> list[str]:
    found = []
    if gives["multiplier_percent"] > _PLAIN:
        found.append(say.t("{times} points", times=say.times(gives["multiplier_percent"])))
    if gives["discount_percent"]:
        percent = say.percent(gives["discount_percent"])
        found.append(say.t("{percent} off every order", percent=percent))
    if gives["free_shipping"]:
        found.append(say.t("Free shipping on every order"))
    if gives["collection"]:
        percent = say.percent(gives["collection_percent"])
        name = own(gives["collection"])
        found.append(say.t("{percent} off {collection}", percent=percent, collection=name))
    return found


def _offered(trial: Mapping[str, Any], say: Tongue) -> list[str]:
    early = [say.t("Early access")] if trial["early"] else []
    return [*_perks(trial["perks"], say), *early]


def _early(one: Mapping[str, Any], say: Tongue) -> Block:
    until = datetime.fromisoformat(one["until"])
    return Block(
        own(one["title"]),
        lines=(say.t("Open to you until {date}", date=say.day(until)),),
        acts=(Act(say.t("Look"), href=one["url"]),),
    )


def trial(tier: Mapping[str, Any], say: Tongue) -> Block | None:
    """Free VIP days: yes and no weigh the same, and a no lasts ninety days."""
    told = tier["trial"]
    if told is None:
        return None
    name = own(told["name"])
    if told["state"] == "running":
        return Block(
            say.t("You are trying {tier}", tier=name),
            id="trial",
            box=True,
            lines=tier["says"][-1:],
        )
    days = say.count("day", told["days"])
    return Block(
        say.t("Try {tier}", tier=name),
        id="trial",
        box=True,
        lines=(tier["says"][-1], " · ".join(_offered(told, say))),
        acts=(
            Act(
                say.t("No thanks"),
                no="no-trial-at",
                done=say.t("We will not ask again for 90 days."),
            ),
            Act(
                say.t("Try it"),
                name="start_trial",
                done=say.t("You are {tier} for {days}.", tier=name, days=days),
            ),
        ),
    )
