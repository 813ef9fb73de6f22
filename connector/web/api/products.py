"""Recommendations: the rows of a product and of a member, and what the merchant wants of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import Connection

from connector.rooms.recommend import showing
from connector.rooms.recommend.learning import service as learning
from connector.rooms.recommend.scoring import service as scoring
from connector.shops.service import Shop
from connector.web import buckets, rows
from connector.web.api import members, shapes
from connector.web.api.openapi import Operation
from connector.web.body import read_json


class Recommendation(Struct):
    product_key: str
    title: str
    url: str | None
    price: shapes.Money | None
    together: Annotated[int, Meta(description="Orders that hold both; 0 if too few to say so")]
    reason: Annotated[
        str,
        Meta(
            description="orders, people, titles or alike: what speaks for the pair; own or "
            "returned_for: bought before; because: of ``beside``; lately: sells now; "
            "chosen: pinned by the shop"
        ),
    ]
    times: Annotated[int, Meta(description="What the reason counts; 0: nothing")]
    beside: Annotated[str | None, Meta(description="The product that speaks for it")]
    score: Annotated[
        int | None, Meta(description="1000 for each list it heads; null: only ranked")
    ]


class RecommendedRow(Struct):
    row: str
    items: list[Recommendation]


class Recommendations(Struct):
    row: Annotated[str | None, Meta(description="What a page shows; null: nothing honest")]
    items: Annotated[list[Recommendation], Meta(description="Of that row")]
    others: Annotated[list[RecommendedRow], Meta(description="What it would show else, in turn")]


class NeededAgain(Struct):
    product_key: str
    title: str
    permille: Annotated[int, Meta(description="Of a thousand like it, bought within 30 days")]


class Chances(Struct):
    """What to expect of a member, as of last night; no day is promised."""

    buys_permille: Annotated[
        int, Meta(description="Of a thousand members like this, who buys within 90 days")
    ]
    yearly_thousandths: Annotated[
        int, Meta(description="Purchases to expect within 365 days, times 1000")
    ]
    needed_again: Annotated[
        list[NeededAgain],
        Meta(description="At most ten in stock, the likeliest first; of the 20,000 newest buyers"),
    ]
    buys_learnt: Annotated[
        bool, Meta(description="From this shop's own history; false: it is short, and estimated")
    ]
    again_learnt: Annotated[bool, Meta(description="The same of needed_again")]
    scored_at: str


class MemberRecommendations(Recommendations):
    chances: Annotated[
        Chances | None,
        Meta(description="null: no paid order by last night, or too few customers came back"),
    ]


class Wishes(Struct):
    pins: Annotated[dict[str, tuple[str, ...]], Meta(description="Product keys by place")]
    without_products: tuple[str, ...]
    without_collections: tuple[str, ...]
    beside: Annotated[
        dict[str, tuple[str, ...]],
        Meta(description="Because of products of this collection only those of these"),
    ]
    off: Annotated[tuple[str, ...], Meta(description="Surfaces without a row")]
    pages_a_day: Annotated[int, Meta(description="Page views with a row; 0: no limit")]


class PinRequest(Struct, forbid_unknown_fields=True):
    place: Annotated[str, Meta(description="product:<key>, or surface:<product, cart, ...>")]
    products: Annotated[list[str], Meta(description="Shown first there; none takes it back")]


class ExclusionRequest(Struct, forbid_unknown_fields=True):
    products: list[str]
    collections: list[str]


class BesideRequest(Struct, forbid_unknown_fields=True):
    collection: str
    others: Annotated[list[str], Meta(description="None takes it back")]


class SurfaceRequest(Struct, forbid_unknown_fields=True):
    surface: Annotated[str, Meta(description=", ".join(showing.SURFACES))]
    on: bool


class RestRequest(Struct, forbid_unknown_fields=True):
    pages_a_day: int


def list_recommendations(db: Connection, shop: Shop, key: str) -> Recommendations:
    """What a product's page shows to who is not signed in, with scores and reasons."""
    return _told(db, shop, showing.Question(surface="product", products=(key,)))


def list_member_recommendations(
    db: Connection, shop: Shop, member_id: str
) -> MemberRecommendations:
    """What a member is shown where the page is about no product: bought again, new, popular.

    One who is held out is shown nothing; what they would be shown stands among the others. With
    it comes what to expect of them.
    """
    member = members.found(db, shop, member_id)
    question = showing.Question(surface="home", member_id=member.id)
    bucket = buckets.of_member(shop.id, member.id)
    deal = learning.deal(db, shop.id, question.surface, bucket)
    told = _told(db, shop, rows.dealt(question, deal))
    if deal.is_held and told.row:
        told = Recommendations(None, [], [RecommendedRow(told.row, told.items), *told.others])
    chances = _chances(db, shop, member.id)
    return MemberRecommendations(told.row, told.items, told.others, chances)


def get_recommendation_wishes(db: Connection, shop: Shop) -> Wishes:
    """What the shop wants of its rows: pins, exclusions, neighbours of collections, rest."""
    return _wishes(showing.wishes(db, shop.id))


def pin_recommendations(db: Connection, shop: Shop) -> Wishes:
    """Show these products first at a place, unless nobody could or should buy them."""
    sent = read_json(PinRequest)
    return _wishes(showing.pin(db, shop.id, sent.place, sent.products))


def exclude_recommendations(db: Connection, shop: Shop) -> Wishes:
    """Never recommend these products and collections; replaces what was excluded before."""
    sent = read_json(ExclusionRequest)
    return _wishes(showing.exclude(db, shop.id, sent.products, sent.collections))


def put_recommendations_beside(db: Connection, shop: Shop) -> Wishes:
    """Because of products of a collection recommend only products of these."""
    sent = read_json(BesideRequest)
    return _wishes(showing.beside(db, shop.id, sent.collection, sent.others))


def switch_recommendations(db: Connection, shop: Shop) -> Wishes:
    """Show rows on a surface, or none."""
    sent = read_json(SurfaceRequest)
    return _wishes(showing.switch(db, shop.id, sent.surface, on=sent.on))


def rest_recommendations(db: Connection, shop: Shop) -> Wishes:
    """After so many page views with a row a browser shows none until tomorrow."""
    return _wishes(showing.rest_after(db, shop.id, read_json(RestRequest).pages_a_day))


def _chances(db: Connection, shop: Shop, member_id: int) -> Chances | None:
    told, basis = scoring.of_member(db, shop.id, member_id), scoring.basis(db, shop.id)
    if told is None or basis.scored_at is None:
        return None
    return Chances(
        buys_permille=told.buys_permille,
        yearly_thousandths=told.yearly_thousandths,
        needed_again=[
            NeededAgain(one.key, one.title, one.permille)
            for one in scoring.needed_again(db, shop.id, member_id)
        ],
        buys_learnt=basis.buys_learnt,
        again_learnt=basis.again_learnt,
        scored_at=shapes.utc(basis.scored_at),
    )


def _told(db: Connection, shop: Shop, question: showing.Question) -> Recommendations:
    rows = [
        RecommendedRow(one.kind or "", _items(one.shown))
        for one in showing.ladder(db, shop, question)
    ]
    if not rows:
        return Recommendations(None, [], [])
    first, *others = rows
    return Recommendations(first.row, first.items, others)


def _items(shown: Sequence[showing.Shown]) -> list[Recommendation]:
    return [
        Recommendation(
            product_key=one.item.key,
            title=one.item.title,
            url=one.item.url,
            price=None
            if one.item.price is None
            else shapes.Money(one.item.price.minor, one.item.price.currency),
            together=one.times if one.reason == showing.ORDERS else 0,
            reason=one.reason,
            times=one.times,
            beside=one.beside,
            score=one.score,
        )
        for one in shown
    ]


def _wishes(told: showing.Wishes) -> Wishes:
    return Wishes(
        pins=dict(told.pins),
        without_products=told.products_out,
        without_collections=told.collections_out,
        beside=dict(told.beside),
        off=told.off,
        pages_a_day=told.pages_a_day,
    )


_WISHES = "/recommendations/wishes"
OPERATIONS = (
    Operation("GET", "/products/<key>/recommendations", list_recommendations, Recommendations),
    Operation(
        "GET",
        "/members/<member_id>/recommendations",
        list_member_recommendations,
        MemberRecommendations,
    ),
    Operation("GET", _WISHES, get_recommendation_wishes, Wishes),
    Operation("PUT", f"{_WISHES}/pins", pin_recommendations, Wishes, body=PinRequest),
    Operation(
        "PUT", f"{_WISHES}/exclusions", exclude_recommendations, Wishes, body=ExclusionRequest
    ),
    Operation("PUT", f"{_WISHES}/beside", put_recommendations_beside, Wishes, body=BesideRequest),
    Operation("PUT", f"{_WISHES}/surfaces", switch_recommendations, Wishes, body=SurfaceRequest),
    Operation("PUT", f"{_WISHES}/rest", rest_recommendations, Wishes, body=RestRequest),
)
