"""Points as a member reads them: how many, how to earn more, and where they came from."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from connector.orders import claiming
from connector.program import service as programme
from connector.program.earning import TIER
from connector.program.rules import Rule
from connector.rooms.expiry import service as expiry
from connector.rooms.points import service as points
from connector.rooms.points import timeline
from connector.rooms.points.service import Balance as Held
from connector.rooms.points.timeline import Entry
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.rules import Redemption, spoken
from connector.web.runtime import runtime
from connector.web.storefront.asker import Asker, Visitor
from connector.web.storefront.told import earning, rewards
from connector.web.storefront.told.blocks import Act, Balance, Block, Head, Stem, Why
from connector.web.tongue import Tongue, mark, order, own

HISTORY_ENTRIES = 30
Used = Mapping[int, tuple[Redemption, str | None]]
ENTRIES = {
    "earned": mark("Order {order}"),
    "released": mark("Order {order} is ready"),
    "clawback": mark("Change to order {order}"),
    "adjustment": mark("Adjusted by the shop"),
    "merge": mark("Accounts joined"),
    "unmerge": mark("Accounts separated"),
    "reserved": mark("Used for a reward"),
    "redeemed": mark("Used for a reward"),
    "returned": mark("Back from a reward"),
    "expired": mark("Points expired"),
    "forgiven": mark("Debt forgiven by the shop"),
}
GIFTS = {
    "rewards": mark("A gift from the shop"),
    "tiers": mark("A gift for your level"),
    "referrals": mark("An invitation"),
}
WHENCE = {
    "rewards": mark("The shop gave it to you."),
    "tiers": mark("The shop gives it for reaching a level."),
    "referrals": mark("The shop gives it when a friend comes by a member’s link and buys."),
}
BY_RULE = mark("The shop gives it by a rule of its program.")
HAPPENED = {
    "merge": mark("Two of your accounts became one, with the points of both."),
    "unmerge": mark("Two accounts that had become one are two again."),
    "brought": mark("You had these before this program began."),
    "expired": mark("You were told twice before, in the panel or by mail."),
    "forgiven": mark("The shop settled what a refund of used points had left open."),
}
REASONS = {
    "refunded": mark("the order was refunded"),
    "cancelled": mark("the order was cancelled"),
    "deleted": mark("the order was deleted"),
    "below_one_point": mark("less than one point"),
    "test_order": mark("a test order"),
    "not_paid": mark("the order is not paid yet"),
    "not_completed": mark("the order is not complete yet"),
    "no_rate": mark("no rate for this currency"),
    "nothing_counts": mark("nothing in it counts"),
    "before_program": mark("the order is older than the program"),
    "b2b": mark("an order of a company"),
    "excluded_order": mark("the program leaves this order out"),
    "excluded_member": mark("the program leaves your account out"),
    "blocked": mark("your membership is paused"),
}


def head(db: Connection, asker: Asker, say: Tongue, stem: Stem | None = None) -> Head:
    """Who she is, what she has, what comes and how far she is."""
    shop_id, member_id = asker.shop.id, asker.member_id
    balance = points.balance(db, shop_id, member_id)
    name = runtime().members.person(db, shop_id, member_id).name
    counted = say.points(balance.available)
    unit, have = say.noun("point", balance.available), say.t("You have {points}", points=counted)
    money = rewards.worth(db, asker, balance.available, say)
    if money:
        unit = say.t("{noun}, worth {money}", noun=unit, money=money)
        have = say.t("You have {points}, worth {money}", points=counted, money=money)
    return Head(
        title=say.t("Hello {name}", name=own(name)) if name else say.t("Your points"),
        balance=Balance(say.number(balance.available), unit, have),
        launcher=str(counted),
        lines=(*_coming(db, asker, say, balance), *_ending(db, asker, say)),
        stem=stem,
    )


def have(db: Connection, asker: Asker, say: Tongue) -> str:
    """What she has, in a sentence."""
    balance = points.balance(db, asker.shop.id, asker.member_id)
    return say.t("You have {points}", points=say.points(balance.available))


def guests_head(db: Connection, visitor: Visitor, say: Tongue) -> Head:
    """For who is not a member, or not signed in; who is and has not joined does so here."""
    if visitor.customer_key is not None and visitor.shop.joins_first:
        return Head(
            title=own(visitor.shop.name),
            invite=say.t("Join free. Earn on every order."),
            lines=tuple(_waiting(db, visitor, visitor.customer_key, say)),
            acts=(Act(say.t("Join"), name="join", done=say.t("You are a member now.")),),
        )
    return Head(
        title=own(visitor.shop.name),
        invite=say.t("Join free. Earn on every order."),
        acts=(
            Act(say.t("Join"), door="join"),
            Act(say.t("Log in"), door="log-in"),
        ),
    )


def _waiting(db: Connection, visitor: Visitor, key: str, say: Tongue) -> list[str]:
    """What an account that has not joined earned so far, while it is kept for it."""
    waiting = runtime().members.waiting(db, visitor.shop.id, key)
    if waiting is None or claiming.stale(db, visitor.shop.id, [waiting], say.now):
        return []
    balance = points.balance(db, visitor.shop.id, waiting)
    count = balance.available + balance.pending
    if count <= 0:
        return []
    return [say.t("{points} from your orders wait for you.", points=say.points(count))]


def _coming(db: Connection, asker: Asker, say: Tongue, balance: Held) -> list[str]:
    found = []
    coming = points.next_pending(db, asker.shop.id, asker.member_id)
    if coming is not None:
        at, count = coming
        found.append(say.t("{points} more on {date}", points=say.points(count), date=say.day(at)))
        if balance.pending > count:
            found.append(say.t("{points} pending in all", points=say.points(balance.pending)))
    elif balance.pending:
        more = say.points(balance.pending)
        found.append(say.t("{points} more after the return period", points=more))
    if balance.debt or balance.available < 0:
        found.append(say.t("Your balance is below zero. New points repay it; you owe no money."))
    return found


def _ending(db: Connection, asker: Asker, say: Tongue) -> list[str]:
    """What lapses soon. To be shown it is to be told it: that counts from now on."""
    shop_id, member_id = asker.shop.id, asker.member_id
    if not expiry.notices(db, shop_id, member_id, say.now):
        return []
    told = runtime().database.run(
        lambda own_db: expiry.show_notices(own_db, shop_id, member_id, say.now)
    )
    return [
        say.t(
            "{points} expire on {date}", points=say.points(one.points), date=say.day(one.ends_on)
        )
        for one in told
    ]


def history(db: Connection, asker: Asker, say: Tongue) -> Block:
    """The newest entries, each with its reasons."""
    entries = timeline.entries(db, asker.shop.id, asker.member_id, None, HISTORY_ENTRIES)
    promised = {rule.id: rule for rule in programme.newest(db, asker.shop.id).rules}
    used = catalogue.used_in(
        db, asker.shop.id, {one.redemption_id for one in entries if one.redemption_id}
    )
    rows = tuple(_entry(one, promised, used, say) for one in entries if one.points)
    empty = () if rows else (say.t("Your orders and their points will show here."),)
    name = say.t("History")
    return Block(name, id="history", tab=name, lines=empty, items=rows)


def _entry(entry: Entry, promised: Mapping[str, Rule], used: Used, say: Tongue) -> Block:
    waits = entry.kind == "earned" and entry.state == "pending" and not _is_gone(entry)
    day = say.day(entry.occurred_at)
    # A release moves points that were already counted, so it has no sign.
    number = say.number if entry.kind == "released" else say.signed
    return Block(
        _title(entry, promised, say),
        id=str(entry.id),
        lines=(say.t("{date}, pending", date=day) if waits else day, *_reward(entry, used, say)),
        value=number(entry.points),
        unit=say.noun("point", entry.points),
        tone="waiting" if waits else "minus" if entry.points < 0 else "plus",
        why=_why(entry, used, promised, say),
    )


def _reward(entry: Entry, used: Used, say: Tongue) -> list[str]:
    """Which reward it was, and the order it was used in."""
    if entry.redemption_id is None or entry.redemption_id not in used:
        return []
    one, number = used[entry.redemption_id]
    named = own(spoken(one.names, say.language))
    return [named] if number is None else [named, say.t("Order {order}", order=order(number))]


def _is_gone(entry: Entry) -> bool:
    """Nothing of the order is left, so nothing of it waits."""
    lines = entry.why.lines if entry.why else ()
    return bool(lines) and not any(line.kept for line in lines)


def _title(entry: Entry, promised: Mapping[str, Rule], say: Tongue) -> str:
    message = ENTRIES.get(entry.kind, "")
    if entry.gift is not None and entry.kind == "earned":
        return _gift(entry.gift, promised, say)
    if entry.kind == "brought":
        if entry.place:
            return say.t("Brought over from {place}", place=own(entry.place))
        return say.t("Brought over from another program")
    if entry.order_number is not None:
        return say.t(message or mark("Change"), order=order(entry.order_number))
    if message and "{order}" not in message:
        return say.t(message)
    return say.t("Points earned") if entry.points > 0 else say.t("Change")


def _gift(source: str, promised: Mapping[str, Rule], say: Tongue) -> str:
    """What a gift of points is for, by where it comes from."""
    room, about, *_ = source.split(":")
    if room == "actions" and about in promised:
        return earning.done(promised[about], say)
    return say.t(GIFTS.get(room, mark("Points earned")))


def _why(entry: Entry, used: Used, promised: Mapping[str, Rule], say: Tongue) -> Why | None:
    told = entry.why
    lines = _happened(entry, used, promised, say)
    if told is not None and told.note:
        lines.append(own(told.note))
    lines += _rules(entry, say)
    if told is None or told.currency is None or not told.lines:
        return Why(say.t("Why?"), tuple(lines)) if lines else None
    currency = told.currency
    rows = tuple(
        (own(line.title), say.money(line.base_minor, currency), _kept(line.earned, line.kept, say))
        if line.base_minor
        else (own(line.title), say.t("never earns"))
        for line in told.lines
    )
    base = say.money(sum(line.base_minor for line in told.lines), currency)
    kept = say.number(sum(line.kept for line in told.lines))
    note = ""
    if told.points_each is not None and told.per_minor:
        note = say.t(
            "{points} per {money}, rounded down once per order.",
            points=say.points(told.points_each),
            money=say.money(told.per_minor, currency),
        )
    return Why(
        say.t("Why?"),
        tuple(lines),
        head=(say.t("Line"), say.t("Counts"), say.t("Points")),
        rows=rows,
        foot=(say.t("Total"), base, kept) if len(rows) > 1 else (),
        note=note,
    )


def _rules(entry: Entry, say: Tongue) -> list[str]:
    """What rules gave beside the rate: part of the points below."""
    told = entry.diagnosis
    if told is None or told.trace.reason != "earned":
        return []
    by_id = {rule.id: rule for rule in told.basis.rules}
    names = {
        one: say.t("Your level") if one.kind == TIER else earning.title(by_id[one.rule_id], say)
        for one in told.trace.rules
        if one.kept and not one.gives_reward and (one.kind == TIER or one.rule_id in by_id)
    }
    return [
        say.t("{rule}: {points} of these", rule=name, points=say.points(one.kept))
        for one, name in names.items()
    ]


def _kept(earned: int, kept: int, say: Tongue) -> str | tuple[str, str]:
    return (say.number(earned), say.number(kept)) if kept < earned else say.number(kept)


def _happened(entry: Entry, used: Used, promised: Mapping[str, Rule], say: Tongue) -> list[str]:
    """What befell the order, if anything did; without one, what brought or took the points."""
    reason = entry.why.reason if entry.why else ""
    if reason in REASONS and reason != "refunded":
        return [say.t("No points: {reason}.", reason=say.t(REASONS[reason]))]
    if entry.order_number is None:
        return _befell(entry, used, promised, say)
    named = order(entry.order_number)
    if entry.kind == "clawback":
        sentence = mark("Order {order} was refunded, cancelled or changed, so {points} went back.")
        return [say.t(sentence, order=named, points=say.points(abs(entry.points)))]
    if entry.kind == "released":
        return [say.t("The return period of order {order} is over.", order=named)]
    return []


def _befell(entry: Entry, used: Used, promised: Mapping[str, Rule], say: Tongue) -> list[str]:
    """What brought or took points without an order."""
    if entry.redemption_id in used:
        return _used(entry, used, say)
    if entry.gift is not None:
        return [_whence(entry.gift, promised, say)]
    return [say.t(HAPPENED[entry.kind])] if entry.kind in HAPPENED else []


def _used(entry: Entry, used: Used, say: Tongue) -> list[str]:
    """Points that went for a reward, or came back from it."""
    one, _ = used[entry.redemption_id or 0]
    points, reward = say.points(abs(entry.points)), own(spoken(one.names, say.language))
    if entry.points < 0:
        return [say.t("You used {points} for {reward}.", points=points, reward=reward)]
    sentence = mark("{reward} was cancelled, not used in time or given back: {points} came back.")
    return [say.t(sentence, points=points, reward=reward)]


def _whence(source: str, promised: Mapping[str, Rule], say: Tongue) -> str:
    """Why the shop gave it, by where the gift comes from."""
    room, about, *_ = source.split(":")
    if room == "actions" and about in promised:
        named = earning.done(promised[about], say)
        given = earning.gives(promised[about], say)
        return say.t("The shop’s rule: {rule}, {points}.", rule=named, points=given)
    return say.t(WHENCE.get(room, BY_RULE))
