"""Referrals at the storefront: the advocate's link and what came of it, the friend's claim."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, cast

from flask import current_app
from msgspec import Meta, Struct
from sqlalchemy import Connection, Row

from connector.core import noticed
from connector.core.errors import NotFound
from connector.core.ids import new_id
from connector.members import signs
from connector.program import rules as programme
from connector.rooms.actions import service as actions
from connector.rooms.referrals import service
from connector.rooms.referrals.rules import Program
from connector.rooms.referrals.service import Claimant
from connector.rooms.rewards import rules as reward_rules
from connector.web import invitations
from connector.web.pace import Pace
from connector.web.runtime import runtime
from connector.web.storefront.asker import Asker, Visitor
from connector.web.tongue import Tongue

NEWS = 10
BAD_CODES_A_MINUTE = 5
REVIEW_DAYS = 14
_PACE = "perennial_referral_codes"
_Device = Annotated[str, Meta(max_length=service.DEVICE_LENGTH)]
_Code = Annotated[str, Meta(max_length=40)]


class Share(Struct, forbid_unknown_fields=True):
    """The link was passed on. device: what this browser calls itself, if it does."""

    device: _Device = ""


class Follow(Struct, forbid_unknown_fields=True):
    """Somebody opened a link."""

    code: _Code
    device: _Device = ""


class Claim(Struct, forbid_unknown_fields=True):
    """A friend wants what the link promises."""

    code: _Code
    email: str
    device: _Device = ""


class Ask(Struct, forbid_unknown_fields=True):
    """What came of a claim."""

    claim: Annotated[str, Meta(max_length=80)]


def part(db: Connection, asker: Asker, now: datetime) -> dict[str, Any]:
    """``referral``: her link, what both sides get, and what came of it; None without a program."""
    shop = asker.shop
    program = service.program(db, shop.id)
    own = service.of_advocate(db, shop.id, asker.member_id)
    if not program.is_on:
        return {"referral": None}
    say = Tongue.of(shop, asker.language, now)
    told = invitations.promise(db, shop, program, say)
    code = service.link_of(db, shop.id, asker.member_id) or _first_look(asker, now)
    url = invitations.link(shop, code)
    states = [row.state for row in own]
    return {
        "referral": {
            "code": code,
            "link": url,
            "sentence": invitations.sentence(told, say),
            "friend": told.friend,
            "advocate": told.advocate,
            "share_text": _share_text(told, say, shop.name),
            "kept": states.count("kept"),
            "waiting": states.count("waiting"),
            "held": states.count("held"),
            "news": [_news(row, program, say) for row in reversed(own[-NEWS:])],
        }
    }


def share(db: Connection, asker: Asker, wanted: Share, now: datetime) -> dict[str, Any]:
    """Count that the link was passed on, whichever way."""
    _check_open(db, asker)
    code = service.share(db, asker.shop, asker.member_id, now)
    _note(db, asker, wanted.device, now)
    return {"link": invitations.link(asker.shop, code)}


def visit(db: Connection, visitor: Visitor, wanted: Follow, now: datetime) -> dict[str, Any]:
    """Somebody followed a link: what is there for them. ``own``: it is their own link."""
    shop, member_id = visitor.shop, _member(visitor)
    try:
        seen = service.visit(
            db, runtime().keys, shop, wanted.code, visitor.address, now, member_id=member_id
        )
    except NotFound:
        _bad_codes().check(visitor.address)
        raise
    if isinstance(visitor, Asker):
        _note(db, visitor, wanted.device, now)
    if seen.is_new:
        key = str(new_id())
        facts = actions.act(db, shop.id, seen.advocate_id, programme.SHARES, key, now)
        noticed.notice(db, facts, now)
    say = Tongue.of(shop, visitor.language, now)
    friend = invitations.promise(db, shop, seen.program, say).friend
    told = say.t("For you: {money}, with your first order.", money=friend) if friend else None
    return {"own": seen.is_own, "friend": friend, "sentence": told}


def claim(db: Connection, visitor: Visitor, wanted: Claim, now: datetime) -> dict[str, Any]:
    """Ask for the friend's reward by e-mail; the same answer for everybody, known or not."""
    shop = visitor.shop
    who = Claimant(wanted.email.strip(" "), visitor.address, wanted.device)
    try:
        given = service.claim(
            db,
            runtime().keys,
            shop,
            wanted.code,
            who,
            now,
            decoy=reward_rules.new_code(),
            member_id=_member(visitor),
        )
    except NotFound:
        _bad_codes().check(visitor.address)
        raise
    say = Tongue.of(shop, visitor.language, now)
    return {"claim": given, "sentence": _condition(say)}


def claimed(db: Connection, visitor: Visitor, wanted: Ask, now: datetime) -> dict[str, Any]:
    """What came of a claim: ``waiting``, ``ready`` with a code, or ``none``: no code is given."""
    told = service.promised(db, visitor.shop.id, wanted.claim, now)
    say = Tongue.of(visitor.shop, visitor.language, now)
    sentence = {
        "waiting": say.t("Your code is being made."),
        "ready": _condition(say),
        "none": say.t("Order with this e-mail: what you get comes after your first order."),
    }[told.state]
    return {"state": told.state, "code": told.code, "sentence": sentence}


def _condition(say: Tongue) -> str:
    return say.t("It works for a first order placed with this e-mail.")


def _share_text(told: invitations.Promise, say: Tongue, shop: str) -> str:
    if told.friend:
        return say.t("For your first order at {shop}: {money}.", shop=shop, money=told.friend)
    return say.t("I like {shop}. Have a look.", shop=shop)


def _news(row: Row[Any], program: Program, say: Tongue) -> dict[str, Any]:
    """One introduction as its advocate reads it: never who the friend is."""
    ends_at = row.ordered_at + timedelta(days=program.hold_days)
    due = row.due_at if row.state == "waiting" and row.due_at else ends_at
    days = say.count("day", REVIEW_DAYS)
    coming = say.t("Your friend ordered. Your reward comes after {date}.", date=say.day(due))
    if program.advocate_points:
        coming = say.t("Your friend ordered. Points come after {date}.", date=say.day(due))
    sentence = {
        "waiting": coming,
        "held": say.t("We are checking this referral, up to {days}.", days=days),
        "kept": say.t("Your friend stayed. Your reward is here."),
        "refused": say.t("The shop did not accept this referral."),
        "void": say.t("This referral does not count."),
    }[row.state]
    if row.state == "void" and row.why in ("cancelled", "refunded"):
        sentence = say.t("Your friend’s order was returned, so this referral does not count.")
    return {"state": row.state, "on": row.local_date, "sentence": sentence}


def _first_look(asker: Asker, now: datetime) -> str:
    """Her link, made at the first look: the only time that looking writes."""
    shop_id, member_id = asker.shop.id, asker.member_id
    return runtime().database.run(lambda db: service.make_link(db, shop_id, member_id, now))


def _note(db: Connection, asker: Asker, device: str, now: datetime) -> None:
    """What she was seen with, so that friends who are herself are found."""
    told = {"network": asker.address, "device": device}
    signs.note_signs(db, runtime().keys, asker.shop.id, asker.member_id, told, now)


def _check_open(db: Connection, asker: Asker) -> None:
    if not service.program(db, asker.shop.id).is_on:
        raise NotFound("code_not_found", "nothing is given for introductions here")


def _member(visitor: Visitor) -> int | None:
    return visitor.member_id if isinstance(visitor, Asker) else None


def _bad_codes() -> Pace:
    """Who tries codes that nobody has, a few a minute: each application counts for itself."""
    paces = current_app.extensions
    return cast("Pace", paces.setdefault(_PACE, Pace(BAD_CODES_A_MINUTE)))
