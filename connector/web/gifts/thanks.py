"""What an order gives, in sentences for its buyer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row

from connector.core.commerce import EARNING_STATES, OrderState
from connector.rooms.giving import programmes, service
from connector.rooms.giving.rules import GIFT, Programme
from connector.shops.service import Shop
from connector.web.gifts import impact
from connector.web.tongue import Tongue, mark, own

GAVE = mark("{money} of this order is for {cause}. Thank you.")
SHOP_GIVES = mark("For this order {shop} gives {money} to {cause}.")
SHOP_GIVES_UNIT = mark("For this order {shop} gives {money} to {cause}: {unit}.")
SHOP_WILL = mark("Once this order is paid, {shop} gives {money} to {cause}.")
SHOP_WILL_UNIT = mark("Once this order is paid, {shop} gives {money} to {cause}: {unit}.")
TOGETHER = mark("Together: {unit}.")
TOWARDS = mark("That goes towards: {unit}.")
# By whether the order is paid, and whether the amount comes to whole units.
_SHOPS = {
    (True, False): SHOP_GIVES,
    (True, True): SHOP_GIVES_UNIT,
    (False, False): SHOP_WILL,
    (False, True): SHOP_WILL_UNIT,
}


def thanks(db: Connection, shop: Shop, order: Row[Any], say: Tongue) -> Iterator[dict[str, Any]]:
    """What was given with an order, by its shopper first, and what the shop gives for it.

    What a shop gives for an order that nobody has paid yet is told as to come.
    """
    rows = service.of_order(db, shop.id, order.id, service.OF_ORDERS)
    names = {one.id: one.told(say.language.tag)[0] for one in service.causes(db, shop.id)}
    known = {one.id: one for one in programmes.programmes(db, shop.id)}
    is_paid = OrderState(order.state) in EARNING_STATES
    standing = [one for one in rows if one.pledged_minor + one.due_minor]
    left = Counter(one.programme_id for one in standing)
    sums: Counter[int] = Counter()
    for one in sorted(standing, key=lambda row: row.kind != GIFT):
        minor = one.pledged_minor + one.due_minor
        programme = known.get(one.programme_id)
        unit = impact.wholly(programme, minor, say) if programme else ""
        sentence = GAVE if one.kind == GIFT else _SHOPS[is_paid, bool(unit)]
        words = {"money": say.money(minor, one.currency), "cause": own(names[one.cause_id])}
        said = say.t(sentence, shop=own(shop.name), unit=unit, **words)
        sums[one.programme_id] += minor
        left[one.programme_id] -= 1
        if programme and not unit and not left[one.programme_id]:
            said = say.language.space.join([said, *_what(programme, sums[programme.id], say)])
        told = {"cause": names[one.cause_id], "minor": minor, "currency": one.currency}
        yield {**told, "kind": one.kind, "said": said}


def _what(programme: Programme, minor: int, say: Tongue) -> Iterator[str]:
    """What the order's part of a programme comes to that no cause's part comes to by itself."""
    if whole := impact.wholly(programme, minor, say):
        yield say.t(TOGETHER, unit=whole)
    elif unit := impact.unit(programme, say):
        yield say.t(TOWARDS, unit=unit)
