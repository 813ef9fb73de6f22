"""The shopper's own level: where she stands, what is missing, until when, and her VIP days."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from connector.core import clock, noticed
from connector.core.errors import Conflict
from connector.core.i18n import Count
from connector.rooms.tiers import perks, programs, rules, service
from connector.rooms.tiers.service import Progress
from connector.web import vip
from connector.web.storefront.asker import Asker
from connector.web.tongue import Tongue, ltr, own


class Wish(Struct, forbid_unknown_fields=True):
    """Nothing to say but yes."""


def part(db: Connection, asker: Asker, now: datetime) -> dict[str, Any]:
    """``tier``: None in a shop without levels."""
    told = service.progress(db, asker.shop.id, asker.member_id, now)
    if told is None or not (told.program.levels or told.program.ladder):
        return {"tier": None}
    told = _with_claim(db, asker, told, now)
    tag, say = asker.language.tag, Tongue.of(asker.shop, asker.language, now)
    level, earned = told.program.numbered(told.level), told.program.numbered(told.earned)
    summary = _summary(db, asker)
    trial = _trial(db, asker, told, now)
    return {
        "tier": {
            "level": told.level,
            "name": level.name(tag) if level else None,
            "earned": told.earned,
            "earned_name": earned.name(tag) if earned else None,
            "stages": [
                {"name": one.name(tag), "threshold": one.threshold} for one in told.program.levels
            ],
            "measure": told.program.measure,
            "amount": told.standing.amount,
            "next": _next(told, tag),
            "keep": _keep(told),
            "perks": _perks(told.program, told.level, told.standing.ladder_percent),
            "ladder": _ladder(told),
            "early": _early(told, now),
            "trial": trial,
            "ended": summary and _ended(summary, asker),
            "says": sentences(told, trial, summary, say),
        }
    }


def start_trial(db: Connection, asker: Asker, _wish: Wish, now: datetime) -> dict[str, Any]:
    """Begin the free days; they are there within a second."""
    published = programs.current(db, asker.shop.id)
    if published is None:
        raise Conflict("trial_off", "there are no free days to try")
    program = published.given
    given = perks.start_trial(db, asker.shop.id, asker.member_id, program, "shopper", now)
    noticed.notice(db, [given], now)
    told = service.progress(db, asker.shop.id, asker.member_id, now)
    return {"trial": told and _trial(db, asker, _with_claim(db, asker, told, now), now)}


def close_summary(db: Connection, asker: Asker, _wish: Wish, now: datetime) -> dict[str, Any]:
    """The summary of VIP days was read: it does not come again."""
    perks.note_seen(db, asker.shop.id, _everybody(db, asker), now)
    return {"ended": None}


def sentences(
    told: Progress, trial: dict[str, Any] | None, summary: vip.Summary | None, say: Tongue
) -> list[str]:
    """What the figures say, what ends before what may come."""
    tag, found = say.language.tag, list[str]()
    program, standing = told.program, told.standing
    here, following = program.numbered(told.earned), program.numbered(told.earned + 1)
    if summary is not None:
        found.append(_over(summary, say))
    if told.state in ("at_risk", "grace") and here is not None and standing.keeps_until:
        until = standing.keeps_until if told.state == "at_risk" else standing.lands_on
        name, by = own(here.name(tag)), say.day(until or standing.keeps_until)
        found.append(_needed(program, told.needed, name, by, say))
    if following is not None and told.missing:
        name = own(following.name(tag))
        by = say.day(told.missing_by) if told.missing_by else ""
        found.append(_missing(program, told.missing, name, by, say))
    if trial is not None and trial["state"] == "offered":
        days = say.count("day", trial["days"])
        name = own(trial["name"])
        found.append(
            say.t("Try {tier} for {days}. No card. It ends by itself.", tier=name, days=days)
        )
    if trial is not None and trial["state"] == "running":
        name = own(trial["name"])
        found.append(
            say.t(
                "{tier} until {date}. It ends by itself.", tier=name, date=say.day(trial["until"])
            )
        )
    return found


def _over(summary: vip.Summary, say: Tongue) -> str:
    """What the days brought, part by part, and together where there are several with a price."""
    saved = summary.discount_minor + summary.delivery_minor
    if saved:
        money = say.money(saved)
        first = say.t("Your trial is over. You saved {money}. Nothing was charged.", money=money)
    else:
        first = say.t("Your trial is over. Nothing was charged.")
    found = [first]
    if summary.delivery_minor:
        money = say.money(summary.delivery_minor)
        found.append(say.t("Of that, delivery you did not pay: {money}.", money=money))
    if summary.free_deliveries:
        told = say.count("order", summary.free_deliveries)
        found.append(say.t("Delivered free: {orders}.", orders=told))
    if summary.points:
        points = say.points(summary.points)
        if summary.points_minor:
            money = say.money(summary.points_minor)
            found.append(
                say.t("It brought you {points} more, worth {money}.", points=points, money=money)
            )
        else:
            found.append(say.t("It brought you {points} more.", points=points))
    if saved and summary.points_minor:
        found.append(say.t("Together: {money}.", money=say.money(summary.total_minor)))
    return say.language.space.join(found)


def _needed(program: rules.Program, needed: int, name: str, by: str, say: Tongue) -> str:
    if program.measure == "spend":
        money = say.money(needed)
        return say.t("To stay {tier}, spend {money} by {date}.", tier=name, money=money, date=by)
    amount = _counted(program, needed, say)
    return say.t("To stay {tier}: {amount} by {date}.", tier=name, amount=amount, date=by)


def _missing(program: rules.Program, missing: int, name: str, by: str, say: Tongue) -> str:
    if program.measure == "spend":
        money = say.money(missing)
        if not by:
            return say.t("Spend {money} more for {tier}.", money=money, tier=name)
        return say.t("Spend {money} more by {date} for {tier}.", money=money, date=by, tier=name)
    amount = _counted(program, missing, say)
    if not by:
        return say.t("{amount} to go for {tier}", amount=amount, tier=name)
    return say.t("{amount} to go for {tier}, by {date}", amount=amount, tier=name, date=by)


def _counted(program: rules.Program, n: int, say: Tongue) -> Count | str:
    """So much of the measure; a mixed score is of no one thing."""
    if program.measure == "score":
        return ltr(say.number(n))
    return say.count("order" if program.measure == "orders" else "point", n)


def _next(told: Progress, tag: str) -> dict[str, Any] | None:
    following = told.program.numbered(told.earned + 1)
    if following is None:
        return None
    return {
        "level": told.earned + 1,
        "name": following.name(tag),
        "missing": told.missing,
        "by": told.missing_by and told.missing_by.isoformat(),
    }


def _keep(told: Progress) -> dict[str, Any] | None:
    standing = told.standing
    if standing.keeps_until is None:
        return None
    return {
        "state": told.state,
        "until": standing.keeps_until.isoformat(),
        "lands_on": standing.lands_on and standing.lands_on.isoformat(),
        "missing": told.needed,
    }


def _perks(program: rules.Program, number: int, ladder_percent: int) -> dict[str, Any]:
    level = program.numbered(number)
    gives = level.perks if level else rules.Perks()
    return {
        "multiplier_percent": program.multiplier(number),
        "discount_percent": max(gives.discount_percent, ladder_percent),
        "free_shipping": gives.free_shipping,
        "collection": gives.collection or None,
        "collection_percent": gives.collection_percent,
    }


def _ladder(told: Progress) -> dict[str, Any] | None:
    ladder, step = told.program.ladder, told.ladder_next
    if ladder is None:
        return None
    following = step and {"percent": step.percent, "missing": told.ladder_missing}
    return {
        "percent": told.standing.ladder_percent,
        "measure": ladder.measure,
        "next": following,
    }


def _early(told: Progress, now: datetime) -> list[dict[str, Any]]:
    """Pages of this level alone, while they are early."""
    level = told.program.numbered(told.level)
    early = level.perks.early if level else None
    if early is None or not early.starts_at <= now < early.ends_at:
        return []
    return [
        {
            "title": early.title,
            "url": early.url,
            "until": early.ends_at.isoformat().replace("+00:00", "Z"),
        }
    ]


def _with_claim(db: Connection, asker: Asker, told: Progress, now: datetime) -> Progress:
    """The same with free days that were claimed and are on their way."""
    claim = perks.trial_of(db, asker.shop.id, asker.member_id)
    if claim is None or claim.ends_at <= now:
        return told
    number = told.program.number_of(claim.level_id)
    if number <= told.level or not service.is_coming(db, asker.shop.id, claim.member_id):
        return told
    return replace(told, level=number, overlay_level=number, overlay_until=claim.ends_at)


def _trial(db: Connection, asker: Asker, told: Progress, now: datetime) -> dict[str, Any] | None:
    """Offered, running, or None: had already, not needed, gives nothing, or there is none."""
    program, tag, offer = told.program, asker.language.tag, told.program.trial
    running = program.numbered(told.overlay_level)
    if told.overlay_until is not None and running and told.overlay_level > told.earned:
        last = clock.local_date(told.overlay_until, asker.shop.timezone)
        return {"state": "running", "name": running.name(tag), "until": last}
    number = program.number_of(offer.level_id) if offer else 0
    level = program.numbered(number)
    if offer is None or level is None or told.earned >= number:
        return None
    until = now + timedelta(days=offer.days)
    if not perks.gains(program, told.earned, number, now, until):
        return None
    if perks.trial_of(db, asker.shop.id, asker.member_id) is not None:
        return None
    return {
        "state": "offered",
        "name": level.name(tag),
        "days": offer.days,
        "perks": _perks(program, number, told.standing.ladder_percent),
        "early": level.perks.early is not None
        and level.perks.early.starts_at < until
        and level.perks.early.ends_at > now,
    }


def _summary(db: Connection, asker: Asker) -> vip.Summary | None:
    over = perks.unseen(db, asker.shop.id, _everybody(db, asker))
    if over is None:
        return None
    return vip.summary(db, asker.shop, asker.member_id, over, asker.language.tag)


def _ended(summary: vip.Summary, asker: Asker) -> dict[str, Any]:
    return {
        "name": summary.name,
        "on": clock.local_date(summary.ended_on, asker.shop.timezone),
        "points": summary.points,
        "points_worth": {"minor": summary.points_minor, "currency": asker.shop.currency},
        "discount": {"minor": summary.discount_minor, "currency": asker.shop.currency},
        "delivery": {"minor": summary.delivery_minor, "currency": asker.shop.currency},
        "free_deliveries": summary.free_deliveries,
        "orders": summary.orders,
        "total": {"minor": summary.total_minor, "currency": asker.shop.currency},
    }


def _everybody(db: Connection, asker: Asker) -> list[int]:
    return service.everybody(db, asker.shop.id, asker.member_id)
