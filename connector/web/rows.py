"""The row of recommendations a page shows, in words; for a member, what is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection

from connector.core.errors import BadInput
from connector.rooms.recommend import showing
from connector.rooms.recommend.learning import service as learning
from connector.rooms.recommend.showing import ladders
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.tongue import Tongue, ltr, mark, own

MAX_PRODUCTS = 100  # of a page, a cart or an order; what is in it is never suggested
HEADINGS: Mapping[str, str] = {
    ladders.TOGETHER: mark("Goes well with it"),
    ladders.SIMILAR: mark("Similar to it"),
    ladders.COMPLETE: mark("Goes well with what you bought"),
    ladders.AGAIN: mark("Buy again"),
    ladders.FOR_YOU: mark("For you"),
    ladders.VIEWED: mark("You looked at"),
    ladders.TRENDING: mark("Popular these weeks"),
    ladders.PINNED: mark("We suggest"),
}
_REASONS: Mapping[str, str] = {
    ladders.ORDERS: mark("Bought with it {times}"),
    ladders.PEOPLE: mark("Bought by the same customers"),
    ladders.TITLES: mark("A similar product"),
    ladders.ALIKE: mark("Bought with similar products"),
    ladders.OWN: mark("You bought it {times}"),
    ladders.RETURNED_FOR: mark("People return for this"),
    ladders.BECAUSE: mark("Because you bought {product}"),
    ladders.LATELY: mark("Bought {times} in the last four weeks"),
    ladders.SEEN: mark("You looked at it lately"),
    ladders.CHOSEN: mark("Chosen by the shop"),
}
_BOUGHT_WITH = mark("Bought {times} with {product}")  # a long name is cut at its end


def asked(member_id: int | None = None, surface: str = "") -> showing.Question:
    """What a query asks; ``surface`` where it names none, else one product is a product's page.

    BadInput ``unknown_surface``; ``product_required`` where a row is beside products.
    """
    products = _keys("product", "product_required", MAX_PRODUCTS)
    surface = addresses.text("surface") or surface or ("cart" if products[1:] else "product")
    if surface not in showing.SURFACES:
        raise BadInput("unknown_surface", ", ".join(showing.SURFACES), field="surface")
    if surface in ladders.ON_PRODUCTS and not products:
        raise BadInput("product_required", f"name 1 to {MAX_PRODUCTS} products", field="product")
    return showing.Question(
        surface=surface,
        products=products,
        member_id=member_id,
        viewed=_keys("viewed", "too_many", showing.MOST_VIEWED),
        hidden=frozenset(_keys("hidden", "too_many", showing.MOST_HIDDEN)),
    )


def told(
    db: Connection,
    shop: Shop,
    question: showing.Question,
    say: Tongue,
    bucket: int | None = None,
) -> dict[str, Any]:
    """One row: which, its heading, its items, each with its reason; no items: show nothing.

    bucket: which of a thousand the visitor is, for who sees none and what is compared; it is told
    back for the browser to keep. pages_a_day: after so many page views with a row a browser
    rests; 0: never.
    """
    deal = learning.ALL_ALIKE
    if bucket is not None:
        deal = learning.deal(db, shop.id, question.surface, bucket)
    if deal.is_held:
        said = {"surface": question.surface, "bucket": bucket}
        return {"row": None, "heading": None, "items": [], "pages_a_day": 0, **said}
    question = replace(dealt(question, deal), language=say.language.tag)
    row = showing.row(db, shop, question)
    return {
        "surface": question.surface,
        "method": deal.method or learning.STANDARD,
        "bucket": bucket,
        "row": row.kind,
        "heading": row.heading and say.t(HEADINGS[row.heading]),
        "items": [_item(one, question, say) for one in row.shown],
        "pages_a_day": row.pages_a_day,
    }


def dealt(question: showing.Question, deal: learning.Deal) -> showing.Question:
    """A question as it is answered to who is dealt this."""
    return replace(question, first=deal.row, by_count=deal.method == learning.COUNT)


def reason(one: showing.Shown, say: Tongue, *, among_many: bool = False) -> str:
    """Why a product is shown. among_many: several products were asked about, so say which."""
    if one.reason == ladders.OWN and one.times == 1:
        return say.t("You bought it before")
    times = say.count("time", one.times)
    if one.reason == ladders.ORDERS and among_many and one.beside:
        return say.t(_BOUGHT_WITH, product=own(one.beside), times=times)
    return say.t(_REASONS[one.reason], times=times, product=own(one.beside or ""))


def _item(one: showing.Shown, question: showing.Question, say: Tongue) -> dict[str, Any]:
    item = one.item
    return {
        "key": item.key,
        "title": item.title,
        "url": item.url,
        "image_url": item.image_url,
        "price": item.price and asdict(item.price),
        "price_said": item.price
        and ltr(say.language.money(item.price.minor, item.price.currency)),
        "together": one.times if one.reason == ladders.ORDERS else 0,
        "reason": reason(one, say, among_many=len(question.products) > 1),
    }


def _keys(name: str, code: str, most: int) -> tuple[str, ...]:
    keys = tuple(key for key in addresses.text(name).split(",") if key)
    if len(keys) > most:
        raise BadInput(code, f"name at most {most} products", field=name)
    return keys
