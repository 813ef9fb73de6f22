"""The earning programme: what is in force, drafts, and versions that start, end and come back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from flask import g
from msgspec import Meta, Struct, structs
from sqlalchemy import Connection

from connector.core import clock
from connector.core.errors import BadInput
from connector.program import rules as kinds
from connector.program import service as programs
from connector.program.rules import Caps, Program, Rule, Scope, Terms
from connector.rooms.rehearsal import service as rehearsals
from connector.rooms.rewards import catalogue
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.api.openapi import Operation
from connector.web.body import read_json

Moment = Annotated[datetime, Meta(tz=True, description="With its zone")]


class EarningRate(Struct, forbid_unknown_fields=True):
    currency: Annotated[str, Meta(description="ISO 4217 code")]
    points_each: int
    per_minor: Annotated[int, Meta(description="Points for every so many minor units")]


class EarningMinimum(Struct, forbid_unknown_fields=True):
    currency: str
    minor: int


class EarningScope(Struct, frozen=True, forbid_unknown_fields=True):
    """Goods that any of these names; all goods if it names nothing."""

    products: Annotated[list[str], Meta(description="Platform keys")] = []
    categories: list[str] = []
    collections: list[str] = []
    tags: list[str] = []


class EarningCaps(Struct, frozen=True, forbid_unknown_fields=True):
    """Whole points, or times of a reward; null is no limit."""

    per_member: int | None = None
    per_day: Annotated[int | None, Meta(description="For one member")] = None
    per_month: Annotated[int | None, Meta(description="For one member")] = None
    per_rule: Annotated[int | None, Meta(description="For everybody together")] = None


class EarningRule(Struct, forbid_unknown_fields=True):
    """``kind`` says which of the other fields count."""

    id: Annotated[str, Meta(description="Yours, never reused: caps count by it")]
    kind: Annotated[str, Meta(description=", ".join((*kinds.ORDER_KINDS, *kinds.MEMBER_KINDS)))]
    points: int = 0
    reward_id: str | None = None
    tier_days: int = 0
    percent: Annotated[int, Meta(description="multiplier: 200 doubles")] = 100
    rates: Annotated[list[EarningRate], Meta(description="spend: points for an amount")] = []
    scope: EarningScope = EarningScope()
    starts_at: Moment | None = None
    ends_at: Annotated[Moment | None, Meta(description="Not included")] = None
    minimum: list[EarningMinimum] = []
    caps: EarningCaps = EarningCaps()
    qualifies: Annotated[bool, Meta(description="Its points count for levels")] = True
    priority: int = 0
    hold_days: Annotated[int, Meta(description="Of what members do")] = 0
    occasion: Annotated[str, Meta(description="occasion: birthday, or another day")] = ""
    target: Annotated[str, Meta(description="visit: a page; custom: an event")] = ""
    count: Annotated[int, Meta(description="streak, shares: for every so many")] = 1
    most: Annotated[int, Meta(description="custom: the event may say up to so many")] = 0
    labels: Annotated[dict[str, str], Meta(description="By language: en, ar, zh-Hant")] = {}


class EarningTerms(Struct, frozen=True, forbid_unknown_fields=True):
    hold_from: Annotated[str, Meta(description="paid or delivery")] = "paid"
    order_tags: Annotated[list[str], Meta(description="Orders that earn nothing")] = []
    member_tags: Annotated[
        list[str],
        Meta(description="Members with a tag, or a role (WooCommerce), of this name earn nothing"),
    ] = []
    counts_b2b: bool = False
    expiry: Annotated[str, Meta(description="off, lot or inactivity")] = "off"
    expiry_months: int = 12
    no_time_expiry: Annotated[bool, Meta(description="Time alone may not end points")] = False
    forgive_points: Annotated[int, Meta(description="Debts up to so many are forgiven")] = 0


class EarningDraft(Struct, forbid_unknown_fields=True):
    rates: list[EarningRate]
    rules: list[EarningRule] = []
    terms: EarningTerms = EarningTerms()
    hold_days: int = kinds.DEFAULT_HOLD_DAYS
    award_on: Annotated[str, Meta(description="paid or completed")] = "paid"
    counts_tax: bool = False
    counts_fees: bool = False
    counts_history: Annotated[bool, Meta(description="Orders from before the install")] = False
    name: str = ""
    note: str = ""


class EarningProgram(Struct):
    version: Annotated[int, Meta(description="0: what every store begins with")]
    state: Annotated[str, Meta(description="draft, scheduled, published or withdrawn")]
    starts_at: datetime | None
    made_by: str
    program: EarningDraft


class EarningPrograms(Struct):
    versions: list[EarningProgram]


class Publication(Struct, forbid_unknown_fields=True):
    starts_at: Annotated[Moment | None, Meta(description="null: now")] = None


class Discarded(Struct):
    version: int


def get_program(db: Connection, shop: Shop) -> EarningProgram:
    """The earning programme in force."""
    return told(programs.newest(db, shop.id))


def list_program_versions(db: Connection, shop: Shop) -> EarningPrograms:
    """Every version, drafts and withdrawn ones, too; the newest first."""
    return EarningPrograms([told(one) for one in programs.every(db, shop.id)])


def get_program_version(db: Connection, shop: Shop, version: str) -> EarningProgram:
    """One version, in whatever state."""
    return told(programs.numbered(db, shop.id, addresses.version(version)))


def add_program_draft(db: Connection, shop: Shop) -> EarningProgram:
    """Begin a draft; nobody earns by it."""
    return told(programs.save_draft(db, shop.id, _wanted(db, shop), clock.now()))


def put_program_draft(db: Connection, shop: Shop, version: str) -> EarningProgram:
    """Change a draft: what is sent is all of it."""
    number = addresses.version(version)
    kept = programs.save_draft(db, shop.id, _wanted(db, shop), clock.now(), number)
    rehearsals.drop(db, shop.id, number)
    return told(kept)


def discard_program_draft(db: Connection, shop: Shop, version: str) -> Discarded:
    """Throw a draft away."""
    number = addresses.version(version)
    programs.discard_draft(db, shop.id, number)
    rehearsals.drop(db, shop.id, number)
    return Discarded(number)


def publish_program_draft(db: Connection, shop: Shop, version: str) -> EarningProgram:
    """A draft comes into force, now or later; orders placed before keep the rules of their day."""
    wanted = read_json(Publication)
    number = addresses.version(version)
    now = clock.now()
    return told(programs.publish_draft(db, shop.id, number, now, starts_at=wanted.starts_at))


def withdraw_program_version(db: Connection, shop: Shop, version: str) -> EarningProgram:
    """Take back what is scheduled and has not started."""
    return told(programs.withdraw(db, shop.id, addresses.version(version), clock.now()))


def return_to_program_version(db: Connection, shop: Shop, version: str) -> EarningProgram:
    """Publish a copy of what was in force once; version 0 is what the store began with."""
    number = 0 if version == "0" else addresses.version(version)
    return told(programs.roll_back(db, shop.id, number, clock.now(), made_by=_maker()))


def told(program: Program) -> EarningProgram:
    """A version as the API tells it."""
    return EarningProgram(
        version=program.version,
        state=program.state,
        starts_at=program.starts_at,
        made_by=program.made_by,
        program=EarningDraft(
            rates=_rates_told(program.rates),
            rules=[_rule_told(one) for one in program.rules],
            terms=EarningTerms(
                **structs.asdict(program.terms)
                | {
                    "order_tags": list(program.terms.order_tags),
                    "member_tags": list(program.terms.member_tags),
                }
            ),
            hold_days=program.hold_days,
            award_on=program.award_on,
            counts_tax=program.counts_tax,
            counts_fees=program.counts_fees,
            counts_history=program.counts_history,
            name=program.name,
            note=program.note,
        ),
    )


def _maker() -> str:
    return f"api:{g.api_key_id}"


def _wanted(db: Connection, shop: Shop) -> Program:
    sent = read_json(EarningDraft)
    offered = {one.id for one in catalogue.rewards(db, shop.id)}
    own = tuple(_rule(one, f"rules.{place}", offered) for place, one in enumerate(sent.rules))
    terms = structs.asdict(sent.terms)
    tags = {name: tuple(terms[name]) for name in ("order_tags", "member_tags")}
    return Program(
        version=0,
        rates=_rates(sent.rates, "rates"),
        hold_days=sent.hold_days,
        award_on=sent.award_on,
        counts_tax=sent.counts_tax,
        counts_fees=sent.counts_fees,
        counts_history=sent.counts_history,
        rules=own,
        terms=Terms(**terms | tags),
        name=sent.name,
        note=sent.note,
        made_by=_maker(),
    )


def _rule(sent: EarningRule, where: str, offered: set[int]) -> Rule:
    reward_id = addresses.row_id(sent.reward_id) if sent.reward_id is not None else None
    if sent.reward_id is not None and reward_id not in offered:
        raise BadInput("reward_not_found", "no such reward", field=f"{where}.reward_id")
    plain: dict[str, Any] = structs.asdict(sent)
    scope = {name: tuple(names) for name, names in structs.asdict(sent.scope).items()}
    return Rule(
        **plain
        | {
            "reward_id": reward_id,
            "rates": _rates(sent.rates, f"{where}.rates"),
            "scope": Scope(**scope),
            "minimum": {one.currency: one.minor for one in sent.minimum},
            "caps": Caps(**structs.asdict(sent.caps)),
        }
    )


def _rates(sent: list[EarningRate], where: str) -> dict[str, tuple[int, int]]:
    found = {one.currency: (one.points_each, one.per_minor) for one in sent}
    if len(found) != len(sent):
        raise BadInput("rate_doubled", "a currency has one rate", field=where)
    return found


def _rates_told(rates: Any) -> list[EarningRate]:
    return [EarningRate(currency, each, per) for currency, (each, per) in sorted(rates.items())]


def _rule_told(rule: Rule) -> EarningRule:
    scope = {name: list(names) for name, names in structs.asdict(rule.scope).items()}
    return EarningRule(
        **structs.asdict(rule)
        | {
            "reward_id": None if rule.reward_id is None else str(rule.reward_id),
            "rates": _rates_told(rule.rates),
            "scope": EarningScope(**scope),
            "minimum": [EarningMinimum(*one) for one in sorted(rule.minimum.items())],
            "caps": EarningCaps(**structs.asdict(rule.caps)),
            "labels": dict(rule.labels),
        }
    )


OPERATIONS = (
    Operation("GET", "/program", get_program, EarningProgram),
    Operation("GET", "/program/versions", list_program_versions, EarningPrograms),
    Operation("GET", "/program/versions/<version>", get_program_version, EarningProgram),
    Operation("POST", "/program/drafts", add_program_draft, EarningProgram, body=EarningDraft),
    Operation(
        "PUT", "/program/drafts/<version>", put_program_draft, EarningProgram, body=EarningDraft
    ),
    Operation("DELETE", "/program/drafts/<version>", discard_program_draft, Discarded),
    Operation(
        "POST",
        "/program/drafts/<version>/publication",
        publish_program_draft,
        EarningProgram,
        body=Publication,
    ),
    Operation(
        "POST", "/program/versions/<version>/withdrawal", withdraw_program_version, EarningProgram
    ),
    Operation(
        "POST", "/program/versions/<version>/return", return_to_program_version, EarningProgram
    ),
)
