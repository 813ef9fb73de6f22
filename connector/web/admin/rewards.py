"""Rewards: what points buy, what each costs really, who has one, and what needs a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import g, request, url_for
from markupsafe import Markup
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core import clock, noticed
from connector.core.errors import BadInput, Conflict, NotFound
from connector.core.i18n import LANGUAGES
from connector.core.money import exponent
from connector.orders import store as order_store
from connector.rooms.giving import service as giving
from connector.rooms.rewards import catalogue, rules, service
from connector.rooms.rewards.rules import Kind, Offer, Redemption, State
from connector.rooms.tiers import programs
from connector.web import addresses, offers
from connector.web.admin import door, forms, sentences
from connector.web.admin.door import blueprint
from connector.web.admin.words import amount_text, mark, spoken
from connector.web.runtime import runtime

PAGE = 25
CHECKS = (rules.check_words, rules.check_worth, rules.check_price, rules.check)
MAX_PARKED = 50
MONEY = ("value_minor", "least_minor", "most_minor", "cost_minor", "minimum_minor", "budget_minor")
NUMBERS = (
    *("points", "points_each", "percent", "tier_days", "valid_days", "stock", "per_member"),
    "tier_level",
)
MAY_BE_EMPTY = {"points", "points_each", "per_minor", "least_minor", "most_minor", "stock"} | {
    "budget_minor",
    "per_member",
    "product_key",
    "cause_id",
}
KINDS = {
    Kind.AMOUNT: (mark("Money off"), mark("A code that takes an amount off an order.")),
    Kind.PERCENT: (mark("Percent off"), mark("A code that takes a part off an order.")),
    Kind.SHIPPING: (mark("Free shipping"), mark("A code that makes shipping free.")),
    Kind.PRODUCT: (mark("Free product"), mark("A code that makes one product free.")),
    Kind.CREDIT: (mark("Store credit"), mark("Money at your store, used piece by piece.")),
    Kind.DONATION: (
        mark("Gift to a cause"),
        mark("You give the cause what the points are worth."),
    ),
    Kind.VIP: (mark("VIP days"), mark("Days on a higher level.")),
}
STATES = {
    State.RESERVED: mark("on its way"),
    State.ISSUED: mark("ready"),
    State.USED: mark("used"),
    State.EXPIRED: mark("expired"),
    State.CANCELLED: mark("cancelled"),
    State.FAILED: mark("failed"),
    State.PARKED: mark("needs you"),
}
CHIPS = {
    State.RESERVED: "wait",
    State.PARKED: "bad",
    State.FAILED: "bad",
    State.USED: "gift",
    State.ISSUED: "",
}


@dataclass(slots=True)
class Draft:
    """The form as written, and what it means as far as it means something."""

    values: dict[str, str]
    errors: dict[str, Markup] = field(default_factory=dict)
    offer: Offer | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A gift to many that waits for a second press. cost_minor: None if nobody knows."""

    members: int
    cost_minor: int | None


@blueprint.get("/<shop>/rewards", endpoint="rewards")
def rewards() -> Response:
    return _page({}, {})


@blueprint.get("/<shop>/rewards/new")
def new_reward() -> Response:
    return _editor(None, _blank(_kind(addresses.text("kind"))))


@blueprint.post("/<shop>/rewards/new")
def add_reward() -> Response:
    draft = _read(_kind(addresses.text("kind")))
    return _kept(
        None, draft, lambda db, offer: catalogue.publish(db, g.shop.id, offer, clock.now())
    )


@blueprint.get("/<shop>/rewards/<id:reward_id>")
def reward(reward_id: int) -> Response:
    with runtime().database.read() as db:
        found = catalogue.reward(db, g.shop.id, reward_id)
    return _editor(found, _written(found.offer))


@blueprint.post("/<shop>/rewards/<id:reward_id>")
def change_reward(reward_id: int) -> Response:
    with runtime().database.read() as db:
        found = catalogue.reward(db, g.shop.id, reward_id)
    draft = _read(found.offer.kind)

    def change(db: Connection, offer: Offer) -> object:
        return catalogue.change(db, g.shop.id, reward_id, offer, clock.now())

    return _kept(found, draft, change)


@blueprint.post("/<shop>/rewards/<id:reward_id>/state")
def turn_reward(reward_id: int) -> Response:
    """Pause it, or offer it again."""
    is_on = request.form.get("state") == "on"
    runtime().database.run(
        lambda db: catalogue.turn(db, g.shop.id, reward_id, clock.now(), on=is_on)
    )
    return door.redirected(
        url_for("admin.rewards", said="reward_on" if is_on else "reward_paused")
    )


@blueprint.post("/<shop>/redemptions/<id:redemption_id>")
def decide(redemption_id: int) -> Response:
    """Resolve what is parked, or undo what nobody used."""
    wanted = request.form.get("wanted", "")

    def work(db: Connection) -> None:
        now = clock.now()
        if wanted == "cancel":
            _, facts = service.cancel(db, g.shop.id, redemption_id, now)
        else:
            given = wanted == "given"
            _, facts = service.resolve(db, g.shop.id, redemption_id, now, given=given)
        noticed.notice(db, facts, now)

    try:
        runtime().database.run(work)
    except Conflict:
        return door.redirected(url_for("admin.rewards", said="redemption_over"))
    return door.redirected(url_for("admin.rewards", said="decided"))


@blueprint.post("/<shop>/rewards/gifts")
def send_gift() -> Response:
    """A reward with a note to one member, a level and those above it, or everybody."""
    form = {name: request.form.get(name, "") for name in ("reward", "to", "email", "note")}
    try:
        note, reward_id = forms.text("note"), addresses.row_id(form["reward"])
        if reward_id is None:
            raise BadInput("gift_missing", "which reward", field="reward")  # noqa: TRY301 - a form's rule
        if form["to"] != "one":
            ask = _ask(form, reward_id)
            if request.form.get("sure") != f"{form['reward']}:{form['to']}:{ask.members}":
                return _page(form, {}, ask)
        sent = runtime().database.run(lambda db: _send(db, form, reward_id, note))
    except (BadInput, NotFound, Conflict) as problem:
        name = "email" if isinstance(problem, NotFound) else getattr(problem, "field", None)
        name = name or "reward"
        return _page(form, {name: sentences.refusal(problem)})
    return door.redirected(url_for("admin.rewards", said="gift_one" if sent == 1 else "gift_sent"))


def _ask(form: Mapping[str, str], reward_id: int) -> Ask:
    """Say whom it reaches and what it costs at most, before it is sent."""
    with runtime().database.read() as db:
        offer = catalogue.reward(db, g.shop.id, reward_id).offer
        ids = _recipients(db, form)
        # What cannot be sent is refused now, not after the question.
        catalogue.gifts(db, g.shop.id, ids, note=form["note"], reward_id=reward_id)
    return Ask(len(ids), rules.gift(offer).cost_minor * len(ids) or None)


def _recipients(db: Connection, form: Mapping[str, str]) -> list[int]:
    to = form["to"]
    if to == "one":
        return [runtime().members.by_email(db, g.shop.id, form["email"].strip())]
    if to == "all":
        return catalogue.members_from(db, g.shop.id, 0)
    levels = [str(one) for one in _levels(db)]
    return catalogue.members_from(db, g.shop.id, int(to)) if to in levels else []


def _levels(db: Connection) -> dict[int, str]:
    """Names of the levels there are, by their place."""
    found = programs.current(db, g.shop.id)
    levels = found.program.levels if found else ()
    return {place: one.name(spoken().tag) for place, one in enumerate(levels, 1)}


def _send(db: Connection, form: Mapping[str, str], reward_id: int, note: str) -> int:
    ids = _recipients(db, form)
    facts = catalogue.gifts(db, g.shop.id, ids, note=note, reward_id=reward_id)
    noticed.notice(db, facts, clock.now())
    return len(facts)


def _page(
    form: Mapping[str, str], errors: Mapping[str, Markup], ask: Ask | None = None
) -> Response:
    before = addresses.before()
    with runtime().database.read() as db:
        found = catalogue.rewards(db, g.shop.id)
        figures = catalogue.figures(db, g.shop.id, clock.now())
        log = catalogue.redemptions(db, g.shop.id, before, PAGE + 1)
        levels = _levels(db)
        parked = catalogue.redemptions(db, g.shop.id, None, MAX_PARKED, state=State.PARKED)
        known = offers.names(db, g.shop.id, [one.offer for one in found])
        people = runtime().members.people(
            db, g.shop.id, [one.member_id for one in (*log, *parked)]
        )
    return door.page(
        "admin/rewards.html",
        status=422 if errors else 200,
        here=url_for("admin.rewards"),
        rewards=found,
        offered=[one for one in found if not one.offer.is_gift_only],
        given=[one for one in found if one.offer.is_gift_only],
        figures={one.id: figures.get(one.id, catalogue.Figures()) for one in found},
        gives={one.id: _gives(one.offer, known) for one in found},
        real=_real_cost,
        log=log[:PAGE],
        more=log[PAGE - 1].id if len(log) > PAGE else None,
        parked=parked,
        people=people,
        title=_title,
        kinds=KINDS,
        states=STATES,
        chips=CHIPS,
        levels=levels,
        ask=ask,
        can_cancel=lambda one: service.can_cancel(one, clock.now()),
        form={"to": "one", **form},
        errors=errors,
        said=sentences.said(addresses.text("said")),
    )


def _real_cost(one: rules.Reward, told: catalogue.Figures) -> int | None:
    """What a used one cost on average, by the orders that used it; else what is known before."""
    if told.uses and told.given_minor:
        return told.given_minor // told.uses
    return rules.gift(one.offer).cost_minor or None


def _gives(offer: Offer, known: offers.Names) -> str:
    """What it is worth, unless its name says so."""
    told = offers.gives(offer, known, spoken())
    return told if offers.adds(offer.name(spoken()), told) else ""


def _title(one: Redemption) -> str:
    return rules.spoken(one.names, spoken())


def _editor(found: rules.Reward | None, draft: Draft) -> Response:
    kind = Kind(draft.values["kind"])
    with runtime().database.read() as db:
        causes, levels = giving.causes(db, g.shop.id), _levels(db)
        key = draft.values["product_key"]
        product = order_store.products(db, g.shop.id, [key]).get(key) if key else None
    return door.page(
        "admin/reward.html",
        status=422 if draft.errors else 200,
        here=url_for("admin.rewards"),
        found=found,
        draft=draft.values,
        errors=draft.errors,
        kind=kind,
        kinds=KINDS,
        is_valued=kind in rules.VALUED,
        has_code=kind in rules.CODED or kind is Kind.CREDIT,
        causes=causes,
        product=product,
        tongues=LANGUAGES.values(),
        levels=levels,
    )


def _kept(found: rules.Reward | None, draft: Draft, keep: Any) -> Response:
    offer = draft.offer
    if offer is None:
        return _editor(found, draft)
    try:
        runtime().database.run(lambda db: keep(db, offer))
    except BadInput as problem:
        draft.errors[problem.field or ""] = sentences.refusal(problem, currency=g.shop.currency)
        return _editor(found, draft)
    return door.redirected(url_for("admin.rewards", said="reward_kept"))


def _kind(text: str) -> Kind:
    return Kind(text) if text in tuple(Kind) else Kind.AMOUNT


def _blank(kind: Kind) -> Draft:
    """A reward of this kind as most shops would have it."""
    draft = _written(Offer(kind, {}, g.shop.currency))
    empty = {"value_minor", "percent", "tier_days", "cost_minor", "minimum_minor"}
    draft.values |= dict.fromkeys(empty, "")
    return draft


def _written(offer: Offer) -> Draft:
    values = {"kind": str(offer.kind), "price": "flexible" if offer.is_flexible else "fixed"}
    if offer.is_gift_only:
        values["price"] = "gift" if offer.names else "fixed"
    for name in (*NUMBERS, "product_key", "cause_id"):
        value = getattr(offer, name)
        values[name] = "" if value is None else str(value)
    for name in (*MONEY, "per_minor"):
        values[name] = _short(getattr(offer, name), offer.currency)
    for tag in LANGUAGES:
        values[f"name-{tag}"] = offer.names.get(tag, "")
        values[f"note-{tag}"] = offer.notes.get(tag, "")
    values["returns_whole"] = "on" if offer.returns_whole else ""
    return Draft(values)


def _read(kind: Kind) -> Draft:
    """The form as sent."""
    draft = _blank(kind)
    for name in draft.values:
        draft.values[name] = request.form.get(name, "")
    draft.values["kind"] = str(kind)
    told: dict[str, Any] = {}
    for name in (*NUMBERS, *MONEY, "per_minor", "product_key", "cause_id"):
        given = draft.values[name].strip()
        try:
            told[name] = _value(name, given)
        except BadInput as problem:
            draft.errors[name] = sentences.refusal(problem, currency=g.shop.currency)
    for part in ("name", "note"):
        try:
            told[f"{part}s"] = {
                tag: text for tag in LANGUAGES if (text := forms.line(f"{part}-{tag}"))
            }
        except BadInput as problem:
            draft.errors[f"{part}-en"] = sentences.refusal(problem)
    if not draft.errors:
        _mean(draft, kind, told)
    return draft


def _mean(draft: Draft, kind: Kind, told: dict[str, Any]) -> None:
    price = draft.values["price"]
    if price != "flexible":
        told |= dict.fromkeys(("points_each", "per_minor", "least_minor", "most_minor"))
    elif told["points_each"] is None:
        told["points_each"] = 0
    if price != "fixed":
        told["points"] = None
    elif told["points"] is None:
        told["points"] = 0
    told["returns_whole"] = bool(draft.values["returns_whole"])
    offer = replace(Offer(kind, {}, g.shop.currency), **told)
    for problem in forms.problems(CHECKS, offer):
        where = problem.field or ""
        where = f"{where}-en" if where in ("name", "note") else where
        draft.errors[where] = sentences.refusal(problem, currency=g.shop.currency)
    if not draft.errors:
        draft.offer = offer


def _value(name: str, given: str) -> Any:
    if not given:
        if name == "valid_days":
            return rules.DEFAULT_DAYS
        return None if name in MAY_BE_EMPTY else 0
    if name == "product_key":
        return given
    if name == "cause_id":
        return addresses.row_id(given)
    if name in MONEY or name == "per_minor":
        return forms.amount(given, g.shop.currency, name)
    return forms.whole(given, name)


def _short(minor: int | None, currency: str) -> str:
    """An amount for a form, without decimals that say nothing."""
    if minor is None:
        return ""
    return amount_text(minor, currency).removesuffix("." + "0" * exponent(currency))
