"""Giving: causes, programmes and campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import Connection

from connector.core import clock
from connector.core.errors import BadInput
from connector.rooms.giving import papers, programmes, service, settling
from connector.rooms.giving.givers import listing
from connector.rooms.giving.rules import Programme, Terms
from connector.rooms.giving.service import Cause
from connector.shops.service import Shop
from connector.web import disclosures
from connector.web.api import shapes
from connector.web.api.donations import number
from connector.web.api.openapi import Operation
from connector.web.body import read_json

ByLanguage = Annotated[dict[str, str], Meta(description="By language tag: en, ar, zh-Hant")]


class CauseRequest(Struct, forbid_unknown_fields=True):
    name: str
    story: str = ""
    names: ByLanguage = {}
    stories: ByLanguage = {}
    picture_url: str = ""
    registration: Annotated[str, Meta(description="Its number as a charity")] = ""
    country: Annotated[str, Meta(description="ISO 3166, two letters")] = ""
    payee: Annotated[str, Meta(description="Whom the money is sent to")] = ""
    agreement: Annotated[str, Meta(description="What the contract with it is filed as")] = ""
    agreed_on: str | None = None
    is_offered: Annotated[bool, Meta(description="Shoppers may choose it")] = True


class CauseTold(Struct):
    id: str
    key: str
    name: str
    story: str
    names: ByLanguage
    stories: ByLanguage
    picture_url: str
    registration: str
    country: str
    payee: str
    agreement: str
    agreed_on: str | None
    is_offered: bool
    is_default: bool
    is_closed: bool


class Causes(Struct):
    causes: list[CauseTold]


class CauseState(Struct, forbid_unknown_fields=True):
    state: Annotated[str, Meta(description="open, closed or default")]


class CauseWeight(Struct, forbid_unknown_fields=True):
    cause_id: str
    weight: Annotated[int, Meta(description="Its part of what is given")] = 1


class ProgrammeRequest(Struct, forbid_unknown_fields=True):
    name: str
    currency: str
    terms: Terms
    causes: list[CauseWeight] = []
    starts_at: datetime | None = None
    ends_at: Annotated[datetime | None, Meta(description="Exclusive")] = None
    minimum_minor: Annotated[int | None, Meta(description="Promised; filled up at the end")] = None
    cap_minor: Annotated[int | None, Meta(description="What it gives at most")] = None
    campaign_id: str | None = None


class ProgrammeTold(Struct):
    id: str
    name: str
    kind: str
    state: Annotated[str, Meta(description="draft, scheduled, live, ended or closed")]
    currency: str
    terms: Terms
    causes: list[CauseWeight]
    starts_at: str | None
    ends_at: str | None
    minimum_minor: int | None
    cap_minor: int | None
    used_minor: Annotated[int, Meta(description="Of the cap, by what stands now")]
    campaign_id: str | None
    disclosures: Annotated[dict[str, str], Meta(description="As published, by language tag")]
    missing: Annotated[list[str], Meta(description="What keeps a draft from being published")]
    reasons: Annotated[dict[str, str], Meta(description="Why, by what is missing")]


class Programmes(Struct):
    programmes: list[ProgrammeTold]


class CampaignRequest(Struct, forbid_unknown_fields=True):
    names: ByLanguage
    currency: str
    goal_minor: int
    stories: ByLanguage = {}


class ProgressTold(Struct):
    gifts: Annotated[
        int,
        Meta(
            description="An order’s part for a cause, in one way: a gift while some of it stands"
        ),
    ]
    pledged: Annotated[shapes.Money, Meta(description="Until orders are paid and confirmed")]
    ready: Annotated[shapes.Money, Meta(description="Until it is locked in a batch")]
    reconciled: Annotated[shapes.Money, Meta(description="Until the batch is sent")]
    paid: shapes.Money


class CampaignTold(Struct):
    id: str
    key: str
    names: ByLanguage
    stories: ByLanguage
    goal: shapes.Money
    is_closed: bool
    lists_givers: Annotated[bool, Meta(description="Its page lists who gave most and wants it")]
    progress: ProgressTold


class GiversSwitch(Struct, forbid_unknown_fields=True):
    lists_givers: bool


class Campaigns(Struct):
    campaigns: list[CampaignTold]


# -------------------------------------------------------------------------------------- causes


def list_causes(db: Connection, shop: Shop) -> Causes:
    """The shop's causes, the default one first, closed ones too."""
    return Causes([_cause(one) for one in service.causes(db, shop.id)])


def create_cause(db: Connection, shop: Shop) -> CauseTold:
    """A new cause; the first one is the default."""
    wanted, now = read_json(CauseRequest), clock.now()
    made = service.add_cause(db, shop.id, wanted.name, wanted.story, now)
    return _cause(service.change_cause(db, shop.id, _wanted(made, wanted), now))


def change_cause(db: Connection, shop: Shop, cause_id: str) -> CauseTold:
    """Everything of a cause but its key, and whether it is the default or closed."""
    found = service.cause(db, shop.id, number(cause_id, "cause"))
    wanted = _wanted(found, read_json(CauseRequest))
    return _cause(service.change_cause(db, shop.id, wanted, clock.now()))


def switch_cause(db: Connection, shop: Shop, cause_id: str) -> CauseTold:
    """Close a cause, open it again, or make it the default."""
    verbs = {
        "open": service.reopen_cause,
        "closed": service.close_cause,
        "default": service.make_default,
    }
    verb = verbs.get(read_json(CauseState).state)
    if verb is None:
        raise BadInput("unknown_state", f"one of {', '.join(verbs)}", field="state")
    return _cause(verb(db, shop.id, number(cause_id, "cause"), clock.now()))


def _wanted(found: Cause, told: CauseRequest) -> Cause:
    return Cause(
        id=found.id, key=found.key, is_default=found.is_default, **msgspec.structs.asdict(told)
    )


def _cause(one: Cause) -> CauseTold:
    return CauseTold(
        id=str(one.id),
        **{name: getattr(one, name) for name in CauseTold.__struct_fields__ if name != "id"},
    )


# ---------------------------------------------------------------------------------- programmes


def list_programmes(db: Connection, shop: Shop) -> Programmes:
    """The shop's programmes of giving, oldest first."""
    found = programmes.programmes(db, shop.id)
    return Programmes([_programme(db, shop, one) for one in found])


def get_giving_programme(db: Connection, shop: Shop, programme_id: str) -> ProgrammeTold:
    """One programme; a draft says what it still lacks."""
    found = programmes.programme(db, shop.id, number(programme_id, "programme"))
    return _programme(db, shop, found)


def draft_programme(db: Connection, shop: Shop) -> ProgrammeTold:
    """A new draft."""
    return _draft(db, shop, 0)


def change_draft(db: Connection, shop: Shop, programme_id: str) -> ProgrammeTold:
    """Another draft in its place; what is published stays as it was told."""
    return _draft(db, shop, number(programme_id, "programme"))


def discard_draft(db: Connection, shop: Shop, programme_id: str) -> Programmes:
    """Drop a draft; the others are the answer."""
    programmes.discard(db, shop.id, number(programme_id, "programme"))
    return list_programmes(db, shop)


def publish_programme(db: Connection, shop: Shop, programme_id: str) -> ProgrammeTold:
    """Make its terms binding; ``publish_refused`` names the field, and says why."""
    now = clock.now()
    found = programmes.held(db, shop.id, number(programme_id, "programme"))
    words = disclosures.of(db, shop, found, now)
    return _programme(db, shop, programmes.publish(db, shop.id, found.id, words, now))


def close_programme(db: Connection, shop: Shop, programme_id: str) -> ProgrammeTold:
    """End it now, for good; a promised minimum is filled up."""
    found = settling.close(db, shop.id, number(programme_id, "programme"), clock.now())
    return _programme(db, shop, found)


def _draft(db: Connection, shop: Shop, programme_id: int) -> ProgrammeTold:
    told = read_json(ProgrammeRequest)
    wanted = Programme(
        id=programme_id,
        name=told.name,
        currency=told.currency,
        terms=told.terms,
        causes=tuple((number(one.cause_id, "cause"), one.weight) for one in told.causes),
        starts_at=_aware(told.starts_at, "starts_at"),
        ends_at=_aware(told.ends_at, "ends_at"),
        minimum_minor=told.minimum_minor,
        cap_minor=told.cap_minor,
        campaign_id=number(told.campaign_id, "campaign") if told.campaign_id else None,
    )
    return _programme(db, shop, programmes.draft(db, shop.id, wanted, clock.now()))


def _aware(at: datetime | None, name: str) -> datetime | None:
    if at is not None and at.tzinfo is None:
        raise BadInput("time_format", "say the offset, as in 2026-11-22T12:00:00Z", field=name)
    return at


def _programme(db: Connection, shop: Shop, one: Programme) -> ProgrammeTold:
    now = clock.now()
    lacks = programmes.missing(db, shop.id, one, now) if one.published_at is None else []
    reasons = {field: papers.WHY[why] for field, why in reversed(lacks)}
    return ProgrammeTold(
        id=str(one.id),
        name=one.name,
        kind=one.kind,
        state=one.state(now),
        currency=one.currency,
        terms=one.terms,
        causes=[CauseWeight(str(cause_id), weight) for cause_id, weight in one.causes],
        starts_at=shapes.utc(one.starts_at) if one.starts_at else None,
        ends_at=shapes.utc(one.ends_at) if one.ends_at else None,
        minimum_minor=one.minimum_minor,
        cap_minor=one.cap_minor,
        used_minor=one.used_minor,
        campaign_id=str(one.campaign_id) if one.campaign_id else None,
        disclosures=dict(one.disclosures),
        missing=list(dict.fromkeys(each.field for each in lacks)),
        reasons=dict(reversed(reasons.items())),
    )


# ----------------------------------------------------------------------------------- campaigns


def list_campaigns(db: Connection, shop: Shop) -> Campaigns:
    """The shop's campaigns with what came together, newest first."""
    return Campaigns(_campaigns(db, shop, programmes.campaigns(db, shop.id)))


def create_campaign(db: Connection, shop: Shop) -> CampaignTold:
    """A goal for programmes to work for."""
    told = read_json(CampaignRequest)
    wanted = programmes.Campaign(0, "", told.names, told.stories, told.currency, told.goal_minor)
    return _campaign(db, shop, programmes.add_campaign(db, shop.id, wanted, clock.now()))


def change_campaign(db: Connection, shop: Shop, key: str) -> CampaignTold:
    """Its names, stories and goal; its currency stays."""
    told = read_json(CampaignRequest)
    wanted = programmes.Campaign(0, key, told.names, told.stories, told.currency, told.goal_minor)
    return _campaign(db, shop, programmes.change_campaign(db, shop.id, wanted))


def close_campaign(db: Connection, shop: Shop, key: str) -> CampaignTold:
    """Show it as over; its programmes have ended before."""
    return _campaign(db, shop, programmes.close_campaign(db, shop.id, key, clock.now()))


def switch_givers(db: Connection, shop: Shop, key: str) -> CampaignTold:
    """List on its page who gave most, of the members who chose to be seen, or nobody any more."""
    found = programmes.campaign(db, shop.id, key)
    listing.switch(db, shop.id, found.id, is_on=read_json(GiversSwitch).lists_givers)
    return _campaign(db, shop, found)


def progress_told(found: programmes.Progress, currency: str) -> ProgressTold:
    states = ("pledged", "ready", "reconciled", "paid")
    amounts = (shapes.Money(getattr(found, f"{name}_minor"), currency) for name in states)
    return ProgressTold(found.gifts, *amounts)


def _campaign(db: Connection, shop: Shop, one: programmes.Campaign) -> CampaignTold:
    return _campaigns(db, shop, [one])[0]


def _campaigns(
    db: Connection, shop: Shop, found: Sequence[programmes.Campaign]
) -> list[CampaignTold]:
    rows, listed = programmes.standing(db, shop.id, found), listing.listing(db, shop.id)
    return [
        CampaignTold(
            id=str(one.id),
            key=one.key,
            names=dict(one.names),
            stories=dict(one.stories),
            goal=shapes.Money(one.goal_minor, one.currency),
            is_closed=one.closed_at is not None,
            lists_givers=one.id in listed,
            progress=progress_told(programmes.progress_of(rows[one.id]), one.currency),
        )
        for one in found
    ]


OPERATIONS = (
    Operation("GET", "/causes", list_causes, Causes),
    Operation("POST", "/causes", create_cause, CauseTold, body=CauseRequest),
    Operation("PUT", "/causes/<cause_id>", change_cause, CauseTold, body=CauseRequest),
    Operation("PUT", "/causes/<cause_id>/state", switch_cause, CauseTold, body=CauseState),
    Operation("GET", "/giving/programmes", list_programmes, Programmes),
    Operation("POST", "/giving/programmes", draft_programme, ProgrammeTold, body=ProgrammeRequest),
    Operation("GET", "/giving/programmes/<programme_id>", get_giving_programme, ProgrammeTold),
    Operation(
        "PUT",
        "/giving/programmes/<programme_id>",
        change_draft,
        ProgrammeTold,
        body=ProgrammeRequest,
    ),
    Operation("DELETE", "/giving/programmes/<programme_id>", discard_draft, Programmes),
    Operation(
        "POST", "/giving/programmes/<programme_id>/publication", publish_programme, ProgrammeTold
    ),
    Operation("POST", "/giving/programmes/<programme_id>/closing", close_programme, ProgrammeTold),
    Operation("GET", "/giving/campaigns", list_campaigns, Campaigns),
    Operation("POST", "/giving/campaigns", create_campaign, CampaignTold, body=CampaignRequest),
    Operation(
        "PUT", "/giving/campaigns/<key>", change_campaign, CampaignTold, body=CampaignRequest
    ),
    Operation(
        "PUT", "/giving/campaigns/<key>/givers", switch_givers, CampaignTold, body=GiversSwitch
    ),
    Operation("POST", "/giving/campaigns/<key>/closing", close_campaign, CampaignTold),
)
