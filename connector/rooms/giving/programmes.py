"""Programmes, which say what is given for what, and campaigns, the goals they work for.

A published programme's terms never change: what was disclosed is what is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Row

from connector.core.errors import BadInput, Conflict, NotFound
from connector.core.i18n import LANGUAGES
from connector.core.ids import new_id
from connector.core.money import LIMIT_MINOR, exponent, spread
from connector.rooms.giving import papers, rules, service, store
from connector.rooms.giving.papers import Lack
from connector.rooms.giving.rules import Programme, Terms
from connector.rooms.giving.service import NAME_LENGTH, STORY_LENGTH
from connector.shops import service as shops

MAX_PROGRAMMES = 200
MAX_CAMPAIGNS = 100
MOST_WEIGHT = 100
_NO_BOUNDS = {
    "gifts_unbounded": "shoppers give it and have paid it: their gifts have no least and no cap",
    "budget_elsewhere": "the reward that takes the points has the budget",
}


@dataclass(frozen=True, slots=True)
class Campaign:
    """A goal that programmes work for together."""

    id: int
    key: str
    names: Mapping[str, str]
    stories: Mapping[str, str]
    currency: str
    goal_minor: int
    closed_at: datetime | None = None
    reached_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """What has come together, each cent in the one state it is in.

    pledged: until orders are paid; ready: until locked in a batch; reconciled: until sent; paid.
    """

    gifts: int = 0
    pledged_minor: int = 0
    ready_minor: int = 0
    reconciled_minor: int = 0
    paid_minor: int = 0

    @property
    def confirmed_minor(self) -> int:
        """What nobody's unpaid order can take back any more."""
        return self.ready_minor + self.reconciled_minor + self.paid_minor

    @property
    def total_minor(self) -> int:
        return self.pledged_minor + self.confirmed_minor


def programmes(db: Connection, shop_id: int) -> list[Programme]:
    """The shop's programmes, oldest first."""
    return [_programme(row) for row in store.programmes(db, shop_id)]


def programme(db: Connection, shop_id: int, programme_id: int) -> Programme:
    """One; NotFound ``programme_not_found``."""
    for one in programmes(db, shop_id):
        if one.id == programme_id:
            return one
    raise NotFound("programme_not_found", "no such programme")


def draft(db: Connection, shop_id: int, wanted: Programme, now: datetime) -> Programme:
    """Keep a draft: a new one where ``wanted.id`` is 0. What it lacks may still be told."""
    known = programmes(db, shop_id)
    if wanted.id:
        found = programme(db, shop_id, wanted.id)
        if found.state(now) != "draft":
            raise Conflict("programme_published", "its terms were told; close it, make another")
    elif len(known) >= MAX_PROGRAMMES:
        raise BadInput("too_many_programmes", f"at most {MAX_PROGRAMMES}")
    programme_id = wanted.id or new_id()
    values = _checked(db, shop_id, wanted)
    if wanted.id:
        store.change_programme(db, shop_id, programme_id, drafts=True, **values)
    else:
        store.insert_programme(db, shop_id=shop_id, id=programme_id, made_at=now, **values)
    return programme(db, shop_id, programme_id)


def discard(db: Connection, shop_id: int, programme_id: int) -> None:
    """Drop a draft."""
    if programme(db, shop_id, programme_id).published_at is not None:
        raise Conflict("programme_published", "close it instead")
    store.remove_draft(db, shop_id, programme_id)


def held(db: Connection, shop_id: int, programme_id: int) -> Programme:
    """One that nobody else changes until the transaction ends, so that it is what words say."""
    programme(db, shop_id, programme_id)
    store.hold_counter(db, shop_id, programme_id)
    return programme(db, shop_id, programme_id)


def missing(db: Connection, shop_id: int, wanted: Programme, now: datetime) -> list[Lack]:
    """What still keeps a draft from being published, and why; by the shop's clocks."""
    here = now.astimezone(ZoneInfo(shops.get(db, shop_id).timezone))
    found = list(papers.wanting(wanted, service.causes(db, shop_id), here))
    if wanted.campaign_id is not None:
        goal = campaign(db, shop_id, str(wanted.campaign_id))
        if goal.closed_at is not None or goal.currency != wanted.currency:
            found.append(Lack("campaign_id", "campaign_closed"))
    return found


def publish(
    db: Connection,
    shop_id: int,
    programme_id: int,
    disclosures: Mapping[str, str],
    now: datetime,
) -> Programme:
    """Make a draft's terms binding, with the words they are disclosed in.

    BadInput ``publish_refused`` names the first field that is missing or untrue, and says why.
    """
    found = held(db, shop_id, programme_id)
    if found.published_at is not None:
        raise Conflict("programme_published", "it is published already")
    for field, why in missing(db, shop_id, found, now):
        raise BadInput("publish_refused", f"{field}: {papers.WHY[why]}", field=field)
    if set(disclosures) != {one.tag for one in LANGUAGES.values()} or not all(
        disclosures.values()
    ):
        raise BadInput("publish_refused", "disclose it in every language", field="disclosures")
    done = store.change_programme(
        db,
        shop_id,
        programme_id,
        drafts=True,
        published_at=now,
        disclosures=dict(disclosures),
    )
    if not done:
        raise Conflict("programme_published", "it is published already")
    service.tell_stores(db, shop_id, now)
    announce(db, shop_id, now)
    return programme(db, shop_id, programme_id)


def announce(db: Connection, shop_id: int, now: datetime) -> None:
    """Have the store told when programmes begin to ask that are published for later."""
    for one in programmes(db, shop_id):
        if one.kind in rules.ASKING and one.starts_at and one.state(now) == "scheduled":
            service.tell_stores(db, shop_id, one.starts_at, f"giving:{one.id}")


def end(db: Connection, shop_id: int, programme_id: int, now: datetime) -> None:
    """Give nothing for orders placed from now on; see ``settling.close``."""
    found = programme(db, shop_id, programme_id)
    if found.ends_at is None or found.published_at is None:
        raise Conflict("programme_draft", "it was never published; discard it")
    ends_at = min(found.ends_at, now)
    done = store.change_programme(
        db, shop_id, programme_id, drafts=False, closed_at=now, ends_at=ends_at
    )
    if not done:
        raise Conflict("programme_closed", "it is closed already")
    service.tell_stores(db, shop_id, now)


def shortfall(db: Connection, shop_id: int, one: Programme) -> list[tuple[int, int]]:
    """(cause id, minor units) of what was promised at least and orders did not give."""
    given = sum(
        row.pledged_minor + row.due_minor
        for row in store.tallies(db, shop_id)
        if row.programme_id == one.id and row.kind in rules.ADDING
    )
    parts = spread(max((one.minimum_minor or 0) - given, 0), [weight for _, weight in one.causes])
    return [(cause_id, minor) for (cause_id, _), minor in zip(one.causes, parts, strict=True)]


# ----------------------------------------------------------------------------------- campaigns


def campaigns(db: Connection, shop_id: int) -> list[Campaign]:
    """The shop's, newest first."""
    return [
        Campaign(
            row.id,
            row.key,
            row.names,
            row.stories,
            row.currency,
            row.goal_minor,
            row.closed_at,
            row.reached_at,
        )
        for row in store.campaigns(db, shop_id)
    ]


def campaign(db: Connection, shop_id: int, key: str) -> Campaign:
    """One by its key or number; NotFound ``campaign_not_found``."""
    for one in campaigns(db, shop_id):
        if key in (one.key, str(one.id)):
            return one
    raise NotFound("campaign_not_found", "no such campaign")


def add_campaign(db: Connection, shop_id: int, wanted: Campaign, now: datetime) -> Campaign:
    """A new goal; its key is made of its English name."""
    known = campaigns(db, shop_id)
    if len(known) >= MAX_CAMPAIGNS:
        raise BadInput("too_many_campaigns", f"at most {MAX_CAMPAIGNS}")
    exponent(wanted.currency)
    values = _checked_campaign(wanted)
    key = service.free_key(values["names"]["en"], {one.key for one in known}, "campaign")
    store.insert_campaign(
        db,
        shop_id=shop_id,
        id=new_id(),
        key=key,
        currency=wanted.currency,
        made_at=now,
        **values,
    )
    return campaign(db, shop_id, key)


def change_campaign(db: Connection, shop_id: int, wanted: Campaign) -> Campaign:
    """Its names, stories and goal, a higher one to be reached anew; its currency stays."""
    found = campaign(db, shop_id, wanted.key)
    if wanted.currency != found.currency:
        raise BadInput("currency_stays", "what was given is in it", field="currency")
    values = _checked_campaign(wanted)
    if values["goal_minor"] > found.goal_minor:
        values["reached_at"] = None
    store.change_campaign(db, shop_id, found.id, **values)
    return campaign(db, shop_id, wanted.key)


def close_campaign(db: Connection, shop_id: int, key: str, now: datetime) -> Campaign:
    """Show it no more as open; its programmes end by themselves."""
    found = campaign(db, shop_id, key)
    if found.closed_at is not None:
        raise Conflict("campaign_closed", "it is closed already")
    for one in programmes(db, shop_id):
        if one.campaign_id == found.id and one.state(now) in ("scheduled", "live"):
            raise Conflict("campaign_in_use", f"close the programme {one.name!r} first")
    store.change_campaign(db, shop_id, found.id, closed_at=now)
    return campaign(db, shop_id, key)


def progress(db: Connection, shop_id: int, found: Campaign) -> Progress:
    """What all have given together for a campaign: a few rows, however many gave."""
    return progress_of(standing(db, shop_id, [found])[found.id])


def standing(db: Connection, shop_id: int, found: Sequence[Campaign]) -> dict[int, list[Row[Any]]]:
    """Tallies by campaign, in the currency of each."""
    campaign_of = {one.id: one.campaign_id for one in programmes(db, shop_id)}
    rows: dict[int, list[Row[Any]]] = {one.id: [] for one in found}
    currencies = {one.id: one.currency for one in found}
    for row in store.tallies(db, shop_id):
        campaign_id = campaign_of.get(row.programme_id)
        if campaign_id in rows and row.currency == currencies[campaign_id]:
            rows[campaign_id].append(row)
    return rows


def member_progress(db: Connection, shop_id: int, found: Campaign, member_id: int) -> Progress:
    """What one member has given for it, and what the shop added to that."""
    ids = [one.id for one in programmes(db, shop_id) if one.campaign_id == found.id]
    rows = [
        one
        for one in store.standing_of_member(db, shop_id, member_id)
        if one.programme_id in ids and one.currency == found.currency
    ]
    return progress_of(rows)


def progress_of(rows: Sequence[Row[Any]]) -> Progress:
    """Sums of tallies, each cent in the one state it is in."""
    return Progress(
        gifts=sum(one.gifts for one in rows),
        pledged_minor=sum(one.pledged_minor for one in rows),
        ready_minor=sum(one.due_minor - one.locked_minor for one in rows),
        reconciled_minor=sum(one.locked_minor - one.remitted_minor for one in rows),
        paid_minor=sum(one.remitted_minor for one in rows),
    )


# -------------------------------------------------------------------------------------- checks


def _checked(db: Connection, shop_id: int, wanted: Programme) -> dict[str, Any]:
    """A draft's columns. It may lack what publishing asks for, and be nothing that cannot be."""
    exponent(wanted.currency)
    if len(wanted.name.strip()) > NAME_LENGTH:
        raise BadInput("name_length", f"at most {NAME_LENGTH} characters", field="name")
    try:
        told = msgspec.to_builtins(wanted.terms)
        terms: Terms = msgspec.convert(told, Terms)
    except (msgspec.ValidationError, TypeError) as problem:
        raise BadInput("terms_format", str(problem), field="terms") from problem
    if isinstance(terms, rules.AddOn) and len(terms.amounts_minor) > rules.MOST_AMOUNTS:
        raise BadInput("too_many_amounts", f"at most {rules.MOST_AMOUNTS}", field="amounts_minor")
    known = {one.id for one in service.causes(db, shop_id)}
    weights = dict(wanted.causes)
    if len(weights) < len(wanted.causes) or len(weights) > rules.MOST_CAUSES:
        raise BadInput("causes_range", f"at most {rules.MOST_CAUSES}, each once", field="causes")
    if not weights.keys() <= known or not all(1 <= n <= MOST_WEIGHT for n in weights.values()):
        raise BadInput("cause_not_found", "name causes of the shop", field="causes")
    _check_bounds(wanted)
    campaign_id = wanted.campaign_id
    if campaign_id is not None:
        found = campaign(db, shop_id, str(campaign_id))
        if found.currency != wanted.currency or found.closed_at is not None:
            raise BadInput("campaign_other", "open, and in this currency", field="campaign_id")
    return {
        "name": wanted.name.strip(),
        "kind": wanted.kind,
        "currency": wanted.currency,
        "terms": told,
        "causes": [list(one) for one in wanted.causes],
        "starts_at": wanted.starts_at,
        "ends_at": wanted.ends_at,
        "minimum_minor": wanted.minimum_minor,
        "cap_minor": wanted.cap_minor,
        "campaign_id": campaign_id,
    }


def _check_bounds(wanted: Programme) -> None:
    """What is promised at least and given at most; no one bounds what is not theirs to give."""
    for name in ("minimum_minor", "cap_minor"):
        amount = getattr(wanted, name)
        if amount is not None and not 0 <= amount <= LIMIT_MINOR:
            raise BadInput("amount_range", "0 or more, and what the book holds", field=name)
        if amount is not None and wanted.kind not in rules.ADDING:
            code = "budget_elsewhere" if wanted.kind == rules.POINTS else "gifts_unbounded"
            raise BadInput(code, _NO_BOUNDS[code], field=name)


def _checked_campaign(wanted: Campaign) -> dict[str, Any]:
    names = service.by_language(wanted.names, NAME_LENGTH, "names")
    if not names.get("en"):
        raise BadInput("name_length", "an English name", field="names")
    if not 0 < wanted.goal_minor <= LIMIT_MINOR:
        raise BadInput("amount_range", "more than 0, and what the book holds", field="goal_minor")
    stories = service.by_language(wanted.stories, STORY_LENGTH, "stories")
    return {"names": names, "stories": stories, "goal_minor": wanted.goal_minor}


def _programme(row: Row[Any]) -> Programme:
    return Programme(
        id=row.id,
        name=row.name,
        currency=row.currency,
        terms=msgspec.convert(row.terms, Terms),
        causes=tuple((cause_id, weight) for cause_id, weight in row.causes),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        minimum_minor=row.minimum_minor,
        cap_minor=row.cap_minor,
        campaign_id=row.campaign_id,
        used_minor=row.used_minor,
        disclosures=row.disclosures or {},
        published_at=row.published_at,
        closed_at=row.closed_at,
    )
