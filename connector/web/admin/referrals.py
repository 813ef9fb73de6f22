"""Referrals: do introductions stay, what waits for the merchant, and what is given for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import g, request, url_for
from markupsafe import Markup
from sqlalchemy import Connection, Row
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput, Conflict
from connector.rooms.referrals import introductions, rules, service
from connector.rooms.referrals.introductions import Barred
from connector.rooms.referrals.rules import Program
from connector.rooms.referrals.service import Numbers
from connector.rooms.rewards import catalogue
from connector.web import addresses, invitations
from connector.web.admin import door, forms, sentences
from connector.web.admin.door import blueprint
from connector.web.admin.words import amount_text, spoken
from connector.web.runtime import runtime
from connector.web.tongue import Tongue

DAYS = 90
PAGE = 25
MOST_HELD = 100
REWARDS = ("friend_reward_id", "advocate_reward_id")
WHOLES = ("friend_points", "advocate_points", "hold_days", "window_days", "held_from")
FIELDS = (*WHOLES, *REWARDS, "cap_per_month", "min_minor")


@dataclass(frozen=True, slots=True)
class Step:
    """One bar: how many came so far, of all and of the step before."""

    name: str
    count: int
    share: float  # of the longest bar, in percent
    of_previous: float | None


@blueprint.get("/<shop>/referrals")
def referrals() -> Response:
    with runtime().database.read() as db:
        known = service.program(db, g.shop.id)
    return _page(_written(known), known, {})


@blueprint.post("/<shop>/referrals")
def publish_referrals() -> Response:
    """Publish what is given for introductions from now on."""
    form = {name: request.form.get(name, "").strip() for name in FIELDS}
    form["is_on"] = "on" if "is_on" in request.form else ""
    with runtime().database.read() as db:
        known = service.program(db, g.shop.id)
        offered = {one.id for one in catalogue.rewards(db, g.shop.id)}
    wanted, errors = _read(form, offered)
    if wanted is None:
        return _page(form, known, errors)
    if wanted == replace(known, version=0) and known.version:
        return door.redirected(url_for("admin.referrals", said="unchanged"))
    made_by, now = f"staff:{g.staff.id}", clock.now()
    runtime().database.run(lambda db: service.publish_program(db, g.shop.id, wanted, made_by, now))
    return door.redirected(url_for("admin.referrals", said="referrals"))


@blueprint.post("/<shop>/referrals/<id:referral_id>/decision")
def decide_referral(referral_id: int) -> Response:
    """Approve or refuse one; a refusal says why."""
    approve, made_by = "approve" in request.form, f"staff:{g.staff.id}"
    try:
        reason = forms.line("reason")
        runtime().database.run(
            lambda db: service.decide(
                db,
                g.shop.id,
                referral_id,
                approve=approve,
                reason=reason,
                made_by=made_by,
                now=clock.now(),
            )
        )
    except (BadInput, Conflict) as problem:
        with runtime().database.read() as db:
            known = service.program(db, g.shop.id)
        errors = {f"reason-{referral_id}": sentences.refusal(problem)}
        return _page(_written(known), known, errors)
    said = "introduced" if approve else "not_introduced"
    return door.redirected(url_for("admin.referrals", said=said))


def _page(form: Mapping[str, str], known: Program, errors: Mapping[str, Markup]) -> Response:
    now = clock.now()
    say = Tongue.of(g.shop, spoken(), now)
    before = addresses.before()
    with runtime().database.read() as db:
        told = invitations.promise(db, g.shop, known, say)
        numbers = service.numbers(db, g.shop, DAYS, now)
        held = service.page(db, g.shop.id, ("held",), None, MOST_HELD)
        recent = service.page(db, g.shop.id, (), before, PAGE + 1)
        barred = introductions.barred(db, g.shop.id, DAYS, now, MOST_HELD)
        people = _people(db, [*held, *recent, *barred])
        offered = catalogue.rewards(db, g.shop.id)
    return door.page(
        "admin/referrals.html",
        here=url_for("admin.referrals"),
        status=422 if errors else 200,
        known=known,
        form=form,
        errors=errors,
        days=DAYS,
        numbers=numbers,
        steps=steps(numbers),
        sentence=invitations.sentence(told, say) if told.friend or told.advocate else None,
        held=held,
        recent=recent[:PAGE],
        barred=barred,
        next=recent[PAGE - 1].id if len(recent) > PAGE else None,
        people=people,
        offered=[(str(one.id), one.offer.name(spoken())) for one in offered],
        reasons=invitations.REASONS,
        weights=rules.WEIGHTS,
        whys=invitations.WHYS,
        outcomes=invitations.STATES,
        said=sentences.said(addresses.text("said")),
    )


def steps(numbers: Numbers) -> list[Step]:
    """Visit, order, kept; an order may carry a link's code without a visit or a claim."""
    counts = [("visits", numbers.visits), ("orders", numbers.orders), ("kept", numbers.kept)]
    longest = max(1, *(count for _, count in counts))
    found: list[Step] = []
    before: int | None = None
    for name, count in counts:
        is_part = before is not None and 0 < before >= count
        of_previous = count / before if before and is_part else None
        found.append(Step(name, count, 100 * count / longest, of_previous))
        before = count
    return found


def _people(db: Connection, rows: Sequence[Row[Any] | Barred]) -> dict[int, str]:
    """Names, or e-mails, by member; who is erased is missing."""
    ids = sorted({one for row in rows for one in (row.advocate_id, row.friend_id)})
    people = runtime().members.people(db, g.shop.id, ids)
    return {one: person.name or person.email or "" for one, person in people.items()}


def _written(known: Program) -> dict[str, str]:
    """The form that would publish this program."""
    form = {name: str(getattr(known, name)) for name in WHOLES}
    form |= {name: str(getattr(known, name) or "") for name in (*REWARDS, "cap_per_month")}
    form["min_minor"] = amount_text(known.min_minor, known.currency) if known.min_minor else ""
    form["is_on"] = "on" if known.is_on else ""
    return form


def _read(form: Mapping[str, str], offered: set[int]) -> tuple[Program | None, dict[str, Markup]]:
    """The program that a form means, or what of it means nothing."""
    errors: dict[str, Markup] = {}
    values: dict[str, Any] = {"is_on": bool(form["is_on"])}
    own = g.shop.currency
    for name in FIELDS:
        try:
            values[name] = _value(name, form[name], offered)
        except BadInput as problem:
            errors[name] = sentences.refusal(problem, currency=own)
    if errors:
        return None, errors
    wanted = Program(0, own, **values)
    try:
        rules.check(wanted)
    except BadInput as problem:
        return None, {problem.field or "": sentences.refusal(problem, currency=own)}
    return wanted, {}


def _value(name: str, given: str, offered: set[int]) -> int | None:
    if name in REWARDS:
        chosen = addresses.row_id(given)
        if given and chosen not in offered:
            raise BadInput("reward_not_found", "choose one of your rewards", field=name)
        return chosen
    if name == "min_minor":
        return forms.amount(given, g.shop.currency, name) if given else 0
    if not given:
        return None if name == "cap_per_month" else 0
    return forms.whole(given, name)
