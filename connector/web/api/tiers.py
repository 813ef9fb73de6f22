"""Levels: the program, where a member stands, and VIP days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
from flask import g, request
from msgspec import Meta, Struct
from sqlalchemy import Connection

from connector.core import clock, noticed
from connector.core.errors import BadInput, NotFound
from connector.orders.store import unknown_collections
from connector.rooms.tiers import perks, programs, rules, service
from connector.rooms.tiers import store as tier_store
from connector.shops.service import Shop
from connector.web import shopfront, tier_template
from connector.web.api import members, shapes
from connector.web.api.openapi import Operation
from connector.web.body import read_json
from connector.web.runtime import runtime


class TierPerks(Struct):
    discount_percent: int
    free_shipping: bool
    collection: Annotated[str | None, Meta(description="Its title; members pay less there")]
    collection_percent: int
    early: Annotated[rules.Early | None, Meta(description="A page its members may see first")]


class TierLevel(Struct):
    id: str
    level: Annotated[int, Meta(description="From 1, the lowest")]
    names: Annotated[dict[str, str], Meta(description="By language tag")]
    threshold: Annotated[int, Meta(description="Of the program's measure; money in minor units")]
    multiplier_percent: int
    gift_points: int
    gift_reward_id: str | None
    perks: TierPerks
    members: int


class LadderStep(Struct):
    threshold: int
    percent: int


class TierProgram(Struct):
    version: int
    measure: Annotated[str, Meta(description="points, spend, orders or score")]
    window_months: Annotated[int | None, Meta(description="None: all time")]
    grace_days: int
    warning_days: int
    levels: list[TierLevel]
    ladder_measure: str | None
    ladder: list[LadderStep]
    trial_days: int | None
    trial_level: int | None


class TierProgress(Struct):
    member_id: str
    level: Annotated[int, Meta(description="What counts now, VIP days included; 0: none")]
    name: str | None
    earned: Annotated[int, Meta(description="The level without VIP days")]
    state: Annotated[str, Meta(description="none, rising, safe, at_risk or grace")]
    amount: Annotated[int, Meta(description="Of the measure, in the window")]
    missing: Annotated[int | None, Meta(description="Until the next level; None: it is the top")]
    missing_by: Annotated[str | None, Meta(description="ISO date in the shop's zone")]
    keeps_until: Annotated[str | None, Meta(description="The level is safe until this day")]
    lands_on: Annotated[str | None, Meta(description="One level down on this day, if not kept")]
    needed: Annotated[int, Meta(description="To keep the level beyond its day")]
    ladder_percent: int
    vip_level: int
    vip_until: Annotated[
        str | None, Meta(description="The end of VIP days that follow one another without a gap")
    ]


def get_tiers(db: Connection, shop: Shop) -> TierProgram:
    """The published levels, and how many members stand on each."""
    published = programs.current(db, shop.id)
    if published is None:
        raise NotFound("tiers_not_found", "this shop has published no levels")
    program, counts = published.program, tier_store.counts(db, shop.id)
    ladder, trial = program.ladder, program.trial
    return TierProgram(
        version=program.version,
        measure=program.measure,
        window_months=program.window_months,
        grace_days=program.grace_days,
        warning_days=program.warning_days,
        levels=[_level(n, one, counts) for n, one in enumerate(program.levels, 1)],
        ladder_measure=ladder.measure if ladder else None,
        ladder=[LadderStep(one.threshold, one.percent) for one in ladder.steps] if ladder else [],
        trial_days=trial.days if trial else None,
        trial_level=program.number_of(trial.level_id) if trial else None,
    )


def get_tier_progress(db: Connection, shop: Shop, member_id: str) -> TierProgress:
    """Where a member stands, what is missing, and until when."""
    row = members.found(db, shop, member_id)
    return _progress(db, shop, row.id)


def start_vip_days(db: Connection, shop: Shop, member_id: str) -> TierProgress:
    """Begin the free VIP days of the program; they come once for each person.

    The answer is how it stood before: the level changes within a second.
    """
    row, now = members.found(db, shop, member_id), clock.now()
    published = programs.current(db, shop.id)
    program = published.given if published else rules.Program()
    given = perks.start_trial(db, shop.id, row.id, program, f"api:{g.api_key_id}", now)
    noticed.notice(db, [given], now)
    return _progress(db, shop, row.id)


def stop_vip_days(db: Connection, shop: Shop, member_id: str) -> TierProgress:
    """End a member's VIP days now; the level changes within a second."""
    row, now = members.found(db, shop, member_id), clock.now()
    noticed.notice(db, perks.stop(db, shop.id, row.id, now), now)
    return _progress(db, shop, row.id)


class LevelRequest(Struct, forbid_unknown_fields=True):
    names: dict[str, str]
    threshold: int
    id: Annotated[str, Meta(description="Of a level there is; left out for a new one")] = "0"
    multiplier_percent: int = 100
    gift_points: int = 0
    gift_reward_id: str | None = None
    perks: rules.Perks = rules.Perks()


class TrialRequest(Struct, forbid_unknown_fields=True):
    days: int
    level: Annotated[int, Meta(description="From 1, the lowest")]


class TierProgramRequest(Struct, forbid_unknown_fields=True):
    levels: list[LevelRequest]
    measure: Annotated[str, Meta(description="points, spend, orders or score")] = "points"
    weights: rules.Weights = rules.Weights()
    window_months: Annotated[int | None, Meta(description="null: all time")] = 12
    grace_days: int = 30
    warning_days: int = 30
    settle_days: Annotated[
        int, Meta(description="A level that a refund undoes so soon was never reached")
    ] = 14
    rates: Annotated[
        dict[str, tuple[int, int]],
        Meta(description="Other currencies: minor units here, for so many of theirs"),
    ] = {}
    ladder: rules.Ladder | None = None
    trial: TrialRequest | None = None
    gifts_for_placed: bool = False


class TierWarning(Struct):
    code: Annotated[str, Meta(description="collection_unknown: no product is in it")]
    field: Annotated[str, Meta(description="levels-<n>-collection, n from 0")]
    message: str


class TierDraft(Struct):
    version: int
    program: Annotated[TierProgramRequest, Meta(description="May be changed and sent again")]
    rising: Annotated[int, Meta(description="Members who would rise")]
    at_risk: Annotated[int, Meta(description="Members below their level, who keep it for a time")]
    before: Annotated[dict[str, int], Meta(description="Members by level, as it is")]
    after: Annotated[dict[str, int], Meta(description="Members by level, once published")]
    warnings: Annotated[
        list[TierWarning], Meta(description="What can be published and may not be meant")
    ]


class TierPublication(Struct, forbid_unknown_fields=True):
    welcome_points: Annotated[
        bool,
        Meta(description="Joining earns 5,000 points, too, unless it earns something already"),
    ] = False


class TierDraftDropped(Struct):
    version: int


def get_tier_draft(db: Connection, shop: Shop) -> TierDraft:
    """The draft of the levels, and who would move if it were published now."""
    return _drafted(db, shop, _draft(db, shop))


def save_tiers(db: Connection, shop: Shop) -> TierDraft:
    """Keep a draft of the levels, and tell who would move. What is in force stays so."""
    asked = read_json(TierProgramRequest)
    _check_ids(db, shop, asked)
    return _save(db, shop, _program(asked))


def draft_tier_template(db: Connection, shop: Shop) -> TierDraft:
    """Keep four ready levels as the draft: Seed, Sprout, Bloom and Evergreen.

    Publish them with ``welcome_points`` to give 5,000 points for joining, too.
    """
    return _save(db, shop, tier_template.four_levels())


def drop_tier_draft(db: Connection, shop: Shop) -> TierDraftDropped:
    """Throw the draft away. What is in force stays so."""
    known = _draft(db, shop)
    programs.drop_draft(db, shop.id)
    return TierDraftDropped(known.version)


def publish_tiers(db: Connection, shop: Shop) -> TierProgram:
    """Put the draft in force; members are moved in the background. The body may be left out."""
    wanted = read_json(TierPublication) if request.content_length else TierPublication()
    has_standing = shopfront.has_standing(db, runtime().platforms[shop.platform], shop)
    tier_template.publish(
        db, shop.id, clock.now(), has_standing=has_standing, has_welcome=wanted.welcome_points
    )
    return get_tiers(db, shop)


def _draft(db: Connection, shop: Shop) -> rules.Program:
    known = programs.draft(db, shop.id)
    if known is None:
        raise NotFound("draft_not_found", "there is no draft of the levels")
    return known


def _save(db: Connection, shop: Shop, wanted: rules.Program) -> TierDraft:
    made = programs.save_draft(db, shop.id, wanted, f"api:{g.api_key_id}", clock.now())
    return _drafted(db, shop, made)


def _drafted(db: Connection, shop: Shop, made: rules.Program) -> TierDraft:
    told = programs.preview(db, shop.id, made, clock.now())
    return TierDraft(
        version=made.version,
        program=_request(made),
        rising=told.rising,
        at_risk=told.at_risk,
        before=_named(told.before),
        after=_named(told.after),
        warnings=_warnings(db, shop, made),
    )


def _warnings(db: Connection, shop: Shop, program: rules.Program) -> list[TierWarning]:
    named = [level.perks.collection for level in program.levels]
    unknown = unknown_collections(db, shop.id, set(filter(None, named)))
    return [
        TierWarning(
            "collection_unknown",
            f"levels-{number}-collection",
            f"no product of this shop is in {title!r}: its price is for nothing",
        )
        for number, title in enumerate(named)
        if title in unknown
    ]


def _request(program: rules.Program) -> TierProgramRequest:
    """What would have to be sent to get this program."""
    apart = {"levels", "trial"}
    shared = {
        name: getattr(program, name)
        for name in TierProgramRequest.__struct_fields__
        if name not in apart
    }
    trial = program.trial
    return TierProgramRequest(
        levels=[
            LevelRequest(
                **msgspec.structs.asdict(one)
                | {"id": str(one.id), "gift_reward_id": _id_text(one.gift_reward_id)}
            )
            for one in program.levels
        ],
        trial=TrialRequest(trial.days, program.number_of(trial.level_id)) if trial else None,
        **shared,
    )


def _check_ids(db: Connection, shop: Shop, wanted: TierProgramRequest) -> None:
    """BadInput for a level said to be there that is not."""
    published, draft = programs.current(db, shop.id), programs.draft(db, shop.id)
    known = [published.program] if published else []
    ids = {"0"} | {str(one.id) for each in (*known, draft) if each for one in each.levels}
    for number, level in enumerate(wanted.levels):
        if level.id not in ids:
            raise BadInput("level_unknown", "no such level", field=f"levels-{number}-id")


def _program(wanted: TierProgramRequest) -> rules.Program:
    bare = msgspec.to_builtins(wanted) | {"trial": None}
    try:
        program = programs.with_ids(msgspec.convert(bare, rules.Program, strict=False))
    except msgspec.ValidationError as problem:
        raise programs.refusal(problem) from None
    trial = wanted.trial
    if trial is None:
        return program
    level = program.numbered(trial.level)
    made = rules.Trial(trial.days, level.id if level else 0)
    return msgspec.structs.replace(program, trial=made)


def _named(counts: Any) -> dict[str, int]:
    return {str(level): count for level, count in sorted(counts.items())}


def _level(number: int, level: rules.Level, counts: dict[int, int]) -> TierLevel:
    gives = level.perks
    return TierLevel(
        id=str(level.id),
        level=number,
        names=dict(level.names),
        threshold=level.threshold,
        multiplier_percent=level.multiplier_percent,
        gift_points=level.gift_points,
        gift_reward_id=_id_text(level.gift_reward_id),
        perks=TierPerks(
            gives.discount_percent,
            gives.free_shipping,
            gives.collection or None,
            gives.collection_percent,
            gives.early,
        ),
        members=counts.get(number, 0),
    )


def _progress(db: Connection, shop: Shop, member_id: int) -> TierProgress:
    told = service.progress(db, shop.id, member_id, clock.now())
    if told is None:
        raise NotFound("tiers_not_found", "no levels are published, or this is no member")
    level, standing = told.program.numbered(told.level), told.standing
    return TierProgress(
        member_id=str(member_id),
        level=told.level,
        name=level.name("en") if level else None,
        earned=told.earned,
        state=told.state,
        amount=standing.amount,
        missing=told.missing,
        missing_by=_day(told.missing_by),
        keeps_until=_day(standing.keeps_until),
        lands_on=_day(standing.lands_on),
        needed=told.needed,
        ladder_percent=standing.ladder_percent,
        vip_level=told.overlay_level,
        vip_until=shapes.utc(told.overlay_until) if told.overlay_until else None,
    )


def _id_text(row_id: int | None) -> str | None:
    return None if row_id is None else str(row_id)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


OPERATIONS = (
    Operation("GET", "/tiers", get_tiers, TierProgram),
    Operation("GET", "/tiers/draft", get_tier_draft, TierDraft),
    Operation("POST", "/tiers/draft", save_tiers, TierDraft, body=TierProgramRequest),
    Operation("DELETE", "/tiers/draft", drop_tier_draft, TierDraftDropped),
    Operation("POST", "/tiers/template", draft_tier_template, TierDraft),
    Operation(
        "POST",
        "/tiers/publish",
        publish_tiers,
        TierProgram,
        body=TierPublication,
        needs_body=False,
    ),
    Operation("GET", "/members/<member_id>/tier", get_tier_progress, TierProgress),
    Operation("POST", "/members/<member_id>/vip-days", start_vip_days, TierProgress),
    Operation("DELETE", "/members/<member_id>/vip-days", stop_vip_days, TierProgress),
)
