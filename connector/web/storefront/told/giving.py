"""What a member gave, and what came of it: in sums, by campaign, and gift by gift."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from connector.rooms.giving import asking, givers, programmes, rules, service
from connector.rooms.giving.givers import Gift, listing
from connector.rooms.giving.rules import Programme
from connector.rooms.giving.service import Cause
from connector.web.gifts import impact, receipts
from connector.web.goals import PROMISED
from connector.web.storefront.asker import Asker
from connector.web.storefront.told.blocks import Act, Block, Field
from connector.web.tongue import Tongue, mark, order, own

REFUSALS = {
    "cause_not_found": mark("This cause is not offered any more. Choose another one."),
    "listed_name": mark("A name has 1 to 30 characters, and is no address or number."),
}
FIRST, REST = 5, 30
MOST_WAYS = 3
GAVE = mark("You gave {money}.")
SHOP_GIVES = mark("For your orders and points the shop gives {money}.")
STATES = {
    "pledged": mark("Promised: the order can still change."),
    "due": mark("Confirmed, and on its way to the cause."),
    "paid": mark("Paid to the cause."),
    "refunded": mark("Refunded with the order, so it counts no more."),
}


def giving(db: Connection, asker: Asker, say: Tongue) -> Block | None:
    """Her gifts; how to give, to who gave nothing yet; None where nothing can be given."""
    shop = asker.shop
    given = givers.gifts(db, shop.id, asker.member_id)
    causes = service.causes(db, shop.id)
    offered = asking.causes(db, shop.id, say.now)
    known = {one.id: one for one in programmes.programmes(db, shop.id)}
    lines = tuple(_sums(given, known, say) if given else _how(offered, known, say))
    if not lines:
        return None
    rows = [_gift(one, causes, say) for one in given[: FIRST + REST]]
    older = Block(say.t("Older gifts"), items=tuple(rows[FIRST:])) if rows[FIRST:] else None
    return Block(
        say.t("My giving"),
        id="giving",
        tab=say.t("Giving"),
        lines=lines,
        items=(
            *_campaigns(db, asker, given, known, say),
            *_listing(db, asker, say),
            *rows[:FIRST],
        ),
        rest=older,
        acts=(*_receipts(asker, given, say), *_choice(db, asker, offered, say)),
    )


def _sums(given: Sequence[Gift], known: dict[int, Programme], say: Tongue) -> Iterator[str]:
    """What she and the shop gave, by currency, what is promised besides; what that makes."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    parts: dict[int, int] = defaultdict(int)
    for one in given:
        sums[one.currency, GAVE if one.is_own else SHOP_GIVES] += one.due_minor
        sums[one.currency, PROMISED] += one.pledged_minor
        parts[one.programme_id] += one.due_minor
    for (currency, sentence), minor in sums.items():
        if minor:
            yield say.t(sentence, money=say.money(minor, currency))
    for programme_id, minor in parts.items():
        if programme_id in known and (told := impact.pieces(known[programme_id], minor, say)):
            yield told


def _how(offered: Sequence[Cause], known: dict[int, Programme], say: Tongue) -> Iterator[str]:
    """Ways to give: what the shop's programmes promise, in the words they were published with."""
    live = [one for one in known.values() if one.state(say.now) == "live"]
    promised = [one for one in live if one.kind not in rules.ASKING][:MOST_WAYS]
    if offered or promised:
        yield say.t("Nothing given yet.")
    if offered:
        yield say.t("You can add a gift in the cart.")
    for one in promised:
        yield one.disclosures.get(say.language.tag) or one.disclosures.get("en", "")


def _campaigns(
    db: Connection,
    asker: Asker,
    given: Sequence[Gift],
    known: dict[int, Programme],
    say: Tongue,
) -> Iterator[Block]:
    """The goals she helped: how far all together came, and her part."""
    parts: dict[int, int] = defaultdict(int)
    for gift in given:
        programme = known.get(gift.programme_id)
        if programme and programme.campaign_id and programme.currency == gift.currency:
            parts[programme.campaign_id] += gift.due_minor
    helped = {campaign_id for campaign_id, minor in parts.items() if minor}
    for one in impact.helped(db, asker.shop, helped):
        part = say.money(parts[one.campaign.id], one.campaign.currency)
        yield Block(
            own(one.name(say)),
            lines=(one.sum(say), say.t("With your orders: {money}.", money=part)),
            acts=(
                Act(
                    say.t("See what came of it"),
                    href=impact.url(asker.shop, one.campaign.key, say.language),
                ),
            ),
        )


def _listing(db: Connection, asker: Asker, say: Tongue) -> Iterator[Block]:
    """Her name among those who gave most, where a goal lists them: only if she wants it."""
    if not listing.listing(db, asker.shop.id):
        return
    name = listing.listed_as(db, asker.shop.id, asker.member_id)
    title = say.t("Who gave most")
    if name is None:
        form = Act(
            say.t("List me"),
            name="list_giver",
            done=say.t("You are listed."),
            fields=(Field("name", say.t("Show me as")),),
        )
        line = say.t("A goal’s page lists only who wants it, by the name they choose.")
        yield Block(title, lines=(line,), acts=(form,))
        return
    off = Act(say.t("Take me off"), name="unlist_giver", done=say.t("You are off the list."))
    yield Block(title, lines=(say.t("You are shown as “{name}”.", name=own(name)),), acts=(off,))


def _gift(one: Gift, causes: Sequence[Cause], say: Tongue) -> Block:
    cause = next(each for each in causes if each.id == one.cause_id)
    date = say.day(one.given_at)
    if one.number is None:
        whence = say.t("From the shop for your points, {date}", date=date)
    elif one.is_own:
        whence = say.t("Order {order}, {date}", order=order(one.number), date=date)
    else:
        number = order(one.number)
        whence = say.t("From the shop for order {order}, {date}", order=number, date=date)
    lines = [whence, say.t(STATES[one.state])]
    if one.standing_minor and one.refunded_minor:
        money = say.money(one.refunded_minor, one.currency)
        lines.append(say.t("{money} of it was refunded.", money=money))
    return Block(
        own(cause.told(say.language.tag)[0]),
        lines=tuple(lines),
        value=say.money(one.standing_minor or one.given_minor, one.currency),
        tone={"pledged": "waiting", "refunded": "minus"}.get(one.state, ""),
    )


def _receipts(asker: Asker, given: Sequence[Gift], say: Tongue) -> Iterator[Act]:
    found = givers.years(given, asker.shop.timezone)
    several = len({currency for _, currency in found}) > 1
    for year, currency in found:
        named = f"{year} {currency}" if several else f"{year}"
        yield Act(
            say.t("Receipt for {year}", year=named),
            href=receipts.link(
                asker.shop, asker.member_id, (year, currency), say.language, say.now
            ),
        )


def _choice(db: Connection, asker: Asker, offered: Sequence[Cause], say: Tongue) -> Iterator[Act]:
    """The cause of her next gifts, where there is a choice."""
    if len(offered) < 2:  # noqa: PLR2004 - one is no choice
        return
    chosen = asking.remembered(db, asker.shop.id, asker.member_id, say.now)
    yield Act(
        say.t("Save"),
        name="choose_cause",
        done=say.t("Saved. Your next gifts are for this cause unless you say otherwise."),
        fields=(
            Field(
                "cause",
                say.t("My gifts are for"),
                options=tuple((one.key, own(one.told(say.language.tag)[0])) for one in offered),
                value=chosen.key if chosen else None,
            ),
        ),
    )
