"""Tiers and VIP: who rises, who may fall, and what would move if the levels were others."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from flask import g, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core import clock, noticed
from connector.core.errors import BadInput, Conflict, NotFound
from connector.core.i18n import LANGUAGES
from connector.orders.store import unknown_collections
from connector.rooms.rewards import catalogue
from connector.rooms.tiers import perks, programs, rules
from connector.rooms.tiers import store as tier_store
from connector.rooms.tiers.programs import Preview
from connector.web import addresses, shopfront, tier_template
from connector.web.admin import door, sentences, tier_form
from connector.web.admin.door import blueprint
from connector.web.admin.tier_form import Draft
from connector.web.admin.words import mark, t
from connector.web.runtime import runtime

BLANK_STEPS = 2
DAYS_REFUSED = {
    "trial_off": mark("There are no free days that would give this member more."),
    "trial_used": mark("This person had the free days already."),
    "trial_needless": mark("This member stands there already."),
    "member_blocked": mark("This member is blocked."),
    "": mark("There is no member with this e-mail."),
}


@blueprint.get("/<shop>/tiers", endpoint="tiers")
def tiers() -> Response:
    with runtime().database.read() as db:
        draft, published = programs.draft(db, g.shop.id), programs.current(db, g.shop.id)
    known = draft or (published.program if published else rules.Program())
    return _page(tier_form.written(known, g.shop))


@blueprint.post("/<shop>/tiers")
def save_tiers() -> Response:
    """Keep the form as a draft and show whom it would move; nothing is in force yet."""
    draft = tier_form.read(request.form, g.shop)
    wanted = draft.program
    if wanted is None:
        return _page(draft)
    try:
        runtime().database.run(
            lambda db: programs.save_draft(db, g.shop.id, _kept_ids(wanted), _who(), clock.now())
        )
    except BadInput as problem:
        tier_form.refuse(draft, problem)
        return _page(draft)
    return door.redirected(url_for("admin.tiers", said="tiers_draft") + "#preview")


@blueprint.post("/<shop>/tiers/template")
def use_tier_template() -> Response:
    """Four levels as a draft."""
    wanted = tier_template.four_levels()
    runtime().database.run(
        lambda db: programs.save_draft(db, g.shop.id, wanted, _who(), clock.now())
    )
    return door.redirected(url_for("admin.tiers", said="tiers_draft", welcome="yes") + "#preview")


@blueprint.post("/<shop>/tiers/publish")
def publish_tiers() -> Response:
    """Put the draft in force, with the template's welcome points when they are wanted."""
    wants_welcome = "welcome" in request.form

    def work(db: Connection) -> None:
        tier_template.publish(
            db,
            g.shop.id,
            clock.now(),
            has_standing=_has_standing(db),
            has_welcome=wants_welcome,
        )

    runtime().database.run(work)
    return door.redirected(url_for("admin.tiers", said="tiers_published"))


@blueprint.post("/<shop>/tiers/discard")
def discard_tiers() -> Response:
    """Drop the draft: what is in force stays."""
    runtime().database.run(lambda db: programs.drop_draft(db, g.shop.id))
    return door.redirected(url_for("admin.tiers", said="tiers_discarded"))


@blueprint.post("/<shop>/tiers/days")
def start_vip_days() -> Response:
    """Begin the free days for a member, who gets them once whoever begins them."""
    now, email = clock.now(), request.form.get("vip-email", "").strip()

    def work(db: Connection) -> None:
        published = programs.current(db, g.shop.id)
        program = published.given if published else rules.Program()
        member_id = runtime().members.by_email(db, g.shop.id, email)
        noticed.notice(
            db, [perks.start_trial(db, g.shop.id, member_id, program, _who(), now)], now
        )

    try:
        runtime().database.run(work)
    except (Conflict, NotFound) as problem:
        with runtime().database.read() as db:
            published = programs.current(db, g.shop.id)
        known = published.program if published else rules.Program()
        draft = tier_form.written(known, g.shop)
        draft.values["vip-email"] = email
        draft.errors["vip-email"] = t(DAYS_REFUSED.get(problem.code, DAYS_REFUSED[""]))
        return _page(draft)
    return door.redirected(url_for("admin.tiers", said="tiers_days"))


@blueprint.post("/<shop>/members/<id:member_id>/vip-days/end")
def end_vip_days(member_id: int) -> Response:
    """End a member's VIP days now; those that are over already are no trouble."""
    now = clock.now()
    with suppress(NotFound):
        runtime().database.run(
            lambda db: noticed.notice(db, perks.stop(db, g.shop.id, member_id, now), now)
        )
    return door.redirected(url_for("admin.member", member_id=member_id, said="tiers_days_ended"))


def _page(draft: Draft) -> Response:
    shop_id = g.shop.id
    with runtime().database.read() as db:
        published, kept = programs.current(db, shop_id), programs.draft(db, shop_id)
        counts = tier_store.counts(db, shop_id) if published else {}
        shown = _preview(db, kept) if kept and not draft.errors else None
        rewards = [(str(one.id), one.offer) for one in catalogue.rewards(db, shop_id)]
        offers_welcome = not tier_template.earns_welcome(db, shop_id)
        stands = _has_standing(db)
    return door.page(
        "admin/tiers.html",
        status=422 if draft.errors and request.method == "POST" else 200,
        here=url_for("admin.tiers"),
        known=published.program if published else None,
        is_placing=published is not None and published.placed_to is not None,
        counts=counts,
        draft=draft,
        kept=kept,
        shown=shown,
        rewards=rewards,
        measures=tier_form.MEASURES,
        tongues=LANGUAGES.values(),
        kept_trial=_gives_days(kept),
        known_trial=_gives_days(published.program if published else None),
        rows=min(max(draft.levels + 1, 1), rules.MOST_LEVELS),
        steps=draft.steps + BLANK_STEPS,
        welcome=offers_welcome and addresses.text("welcome") == "yes",
        welcome_points=tier_template.WELCOME_POINTS,
        has_standing=stands,
        errors=draft.errors,
        said=sentences.said(addresses.text("said")),
    )


def _gives_days(program: rules.Program | None) -> bool:
    """Whether the free days give anybody anything that this platform can do."""
    if program is None or program.trial is None:
        return False
    has_standing = runtime().platforms[g.shop.platform].has_standing
    given = perks.given(program, has_standing=has_standing)
    number, now = program.number_of(program.trial.level_id), clock.now()
    ends_at = now + timedelta(days=program.trial.days)
    return any(perks.gains(given, held, number, now, ends_at) for held in range(number))


def _preview(db: Connection, kept: rules.Program) -> dict[str, Any]:
    told: Preview = programs.preview(db, g.shop.id, kept, clock.now())
    people = runtime().members.people(db, g.shop.id, [one for one, _, _ in told.moves])
    published = programs.current(db, g.shop.id)
    return {
        "told": told,
        "old": published.program if published else rules.Program(),
        "unknown": unknown_collections(db, g.shop.id, _collections(kept)),
        "people": {one: person.name or person.email for one, person in people.items()},
        "levels": range(max([*told.before, *told.after, len(kept.levels)]) + 1),
    }


def _collections(program: rules.Program) -> set[str]:
    """Those that members pay less in."""
    return {level.perks.collection for level in program.levels if level.perks.collection}


def _kept_ids(wanted: rules.Program) -> rules.Program:
    """Levels that were only numbered get ids of their own, and the free days follow."""
    return programs.with_ids(wanted, beyond=rules.MOST_LEVELS)


def _has_standing(db: Connection) -> bool:
    return shopfront.has_standing(db, runtime().platforms[g.shop.platform], g.shop)


def _who() -> str:
    return f"staff:{g.staff.id}"
