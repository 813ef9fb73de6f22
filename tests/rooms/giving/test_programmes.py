"""Programmes: what is refused, and what each kind gives as its order changes."""

from dataclasses import replace as changed
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from connector.core.commerce import OrderState, Product
from connector.core.errors import BadInput, Conflict, NotFound
from connector.core.facts import PointsDonated, TierChanged
from connector.core.facts import publish as tell
from connector.orders import record_products
from connector.rooms.giving import asking, programmes, service, settling
from connector.rooms.giving.rules import (
    AddOn,
    InKind,
    Match,
    PerUnit,
    PointsGiven,
    RoundUp,
    Scope,
    Share,
)
from tests.rooms.giving.offers import SINCE, WORDS, given, papered, programme, publish, used
from tests.world import HEARD, MIA, NOW, acme, donation, goods, order, refund, took

TREE = {"en": "a tree"}
FIVE = Share(percent_bps=500)
COMPLETE = [
    RoundUp(100),
    AddOn((100, 200)),
    AddOn((), 50, 5000),
    FIVE,
    Share(amount_minor=100),
    PerUnit(30, TREE),
    InKind(250, TREE),
    Match(10_000),
    PointsGiven(100, 100),
]


@pytest.mark.parametrize("terms", COMPLETE, ids=lambda one: type(one).__name__)
def test_a_complete_programme_is_published_and_stays_as_told(sqlite_world, terms):
    world, cause = sqlite_world
    one = publish(world, terms, cause)
    assert (one.terms, one.state(NOW), one.disclosures) == (terms, "live", WORDS)
    with world.database.write() as db, pytest.raises(Conflict, match="programme_published"):
        programmes.draft(db, world.shop.id, one, NOW)


@pytest.mark.parametrize(
    ("terms", "values", "field"),
    [
        (FIVE, {"name": " "}, "name"),
        (FIVE, {"starts_at": None}, "starts_at"),
        (FIVE, {"ends_at": None}, "ends_at"),
        (FIVE, {"ends_at": SINCE - timedelta(days=1)}, "ends_at"),
        (FIVE, {"cap_minor": None}, "cap_minor"),
        (FIVE, {"minimum_minor": None}, "minimum_minor"),
        (FIVE, {"minimum_minor": 11, "cap_minor": 10}, "minimum_minor"),
        (FIVE, {"causes": ()}, "causes"),
        (Share(), {}, "percent_bps"),
        (Share(500, 100), {}, "percent_bps"),
        (PerUnit(0, TREE), {}, "amount_minor"),
        (InKind(250), {}, "names"),
        (Match(), {}, "ratio_bps"),
        (RoundUp(), {}, "step_minor"),
        (AddOn(), {}, "amounts_minor"),
        (AddOn((), 0, 100), {}, "least_minor"),
        (PointsGiven(100), {}, "value_minor"),
    ],
)
def test_what_the_law_asks_for_is_missing(sqlite_world, terms, values, field):
    world, cause = sqlite_world
    with pytest.raises(BadInput) as refused:
        publish(world, terms, cause, **values)
    assert (refused.value.code, refused.value.field) == ("publish_refused", field)


@pytest.mark.parametrize("name", ["registration", "country", "payee", "agreement", "agreed_on"])
def test_a_cause_without_its_papers_gets_no_programme(sqlite_world, name):
    world, cause = sqlite_world
    with world.database.write() as db:
        service.change_cause(db, world.shop.id, changed(cause, **{name: ""}), NOW)
    with pytest.raises(BadInput) as refused:
        publish(world, FIVE, cause)
    assert refused.value.field == f"cause.{name}"
    if name in ("agreement", "agreed_on"):  # a shopper's own gift is no contract
        publish(world, RoundUp(100), cause)


def test_words_in_every_language_or_none(sqlite_world):
    world, cause = sqlite_world
    with world.database.write() as db:
        made = programmes.draft(db, world.shop.id, programme(FIVE, cause), SINCE)
        with pytest.raises(BadInput, match="publish_refused"):
            programmes.publish(db, world.shop.id, made.id, {"en": "Said."}, SINCE)
        programmes.discard(db, world.shop.id, made.id)
        with pytest.raises(NotFound):
            programmes.programme(db, world.shop.id, made.id)


@pytest.mark.parametrize(
    "values",
    [
        {"terms": Share(percent_bps=10_001)},
        {"terms": Share(amount_minor=-1)},
        {"terms": AddOn(tuple(range(1, 9)))},
        {"cap_minor": -1},
        {"cap_minor": 10**16},
        {"currency": "XXX"},
        {"causes": ((7, 1),)},
        {"campaign_id": 7},
    ],
)
def test_what_cannot_be_is_no_draft(sqlite_world, values):
    world, cause = sqlite_world
    with world.database.write() as db, pytest.raises((BadInput, NotFound)):
        programmes.draft(db, world.shop.id, replace(programme(FIVE, cause), **values), NOW)


# ------------------------------------------------------------------------------ as orders change


def test_a_share_follows_its_order_through_everything(database):
    world = acme(database)
    cause = papered(world)
    one = publish(world, FIVE, cause)
    cup, pot = goods("a", 1999, 2), goods("b", 1001)
    world.tell(order("1", cup, pot, state=OrderState.OPEN, paid_at=None))
    assert given(world) == {"riverbank share": (150, 0)}
    world.tell(order("1", cup, pot, minute=1))
    assert given(world) == {"riverbank share": (0, 150)}
    back = refund("r", took(cup, 1))
    world.tell(order("1", cup, pot, minute=2, refunds=(back,)))
    assert given(world) == {"riverbank share": (0, 100)}  # 5 % of 20.01
    world.tell(order("1", replace(cup, total_minor=999), pot, minute=3, refunds=(back,)))
    assert given(world) == {"riverbank share": (0, 50)}
    world.tell(order("1", cup, pot, minute=4, state=OrderState.CANCELLED))
    assert (given(world), used(world, one)) == ({"riverbank share": (0, 0)}, 0)
    world.tell(order("1", cup, pot, minute=5))
    assert (given(world), used(world, one)) == ({"riverbank share": (0, 150)}, 150)
    assert world.audit() == []


def test_only_orders_of_its_days_and_currency_count(sqlite_world):
    world, cause = sqlite_world
    publish(world, FIVE, cause)
    early = SINCE - timedelta(days=1)
    world.tell(
        order("1", goods("a", 1000), placed_at=early, paid_at=early),
        order("2", goods("a", 1000), currency="EUR"),
        order("3", goods("a", 1000), is_test=True),
        order("4", goods("a", 1000), state=OrderState.CANCELLED),
    )
    assert given(world) == {}
    world.tell(order("5", goods("a", 1000)))
    world.tell(order("5", goods("a", 1000), minute=1, currency="EUR"))
    assert given(world) == {"riverbank share": (0, 0)}
    assert world.audit() == []


def test_a_gift_or_tax_or_shipping_is_no_part_of_a_share(sqlite_world):
    world, cause = sqlite_world
    publish(world, FIVE, cause)
    taxed = goods("a", 1000, tax_minor=190)
    world.tell(order("1", taxed, donation("d", 300), shipping_minor=500))
    assert given(world, "share") == {"riverbank share": (0, 50)}


def test_an_amount_of_each_order_is_kept_pro_rata(sqlite_world):
    world, cause = sqlite_world
    publish(world, Share(amount_minor=100, least_order_minor=500), cause)
    cup = goods("a", 900, 3)
    world.tell(order("1", goods("a", 499)), order("2", cup))
    assert given(world) == {"riverbank share": (0, 100)}
    world.tell(order("2", cup, minute=1, refunds=(refund("r", took(cup, 1)),)))
    assert given(world) == {"riverbank share": (0, 67)}
    more = refund("s", other_minor=300)
    world.tell(order("2", cup, minute=2, refunds=(refund("r", took(cup, 1)), more)))
    assert given(world) == {"riverbank share": (0, 33)}
    assert world.audit() == []


def test_pieces_and_units_count_until_they_come_back(sqlite_world):
    world, cause = sqlite_world
    publish(world, PerUnit(30, TREE, Scope(products=("p",))), cause)
    publish(world, InKind(250, TREE), cause)
    cup, pot = goods("a", 3000, 3, product_key="p"), goods("b", 100, product_key="q")
    world.tell(order("1", cup, pot))
    assert given(world) == {"riverbank per_unit": (0, 90), "riverbank in_kind": (0, 250)}
    world.tell(order("1", cup, pot, minute=1, refunds=(refund("r", took(cup, 2)),)))
    assert given(world) == {"riverbank per_unit": (0, 30), "riverbank in_kind": (0, 250)}
    everything = refund("r", took(cup, 3), took(pot, 1))
    world.tell(order("1", cup, pot, minute=2, refunds=(everything,)))
    assert given(world) == {"riverbank per_unit": (0, 0), "riverbank in_kind": (0, 0)}
    assert world.audit() == []


def test_categories_and_levels_are_frozen_when_first_seen(sqlite_world):
    world, cause = sqlite_world
    publish(world, Share(1000, scope=Scope(categories=("Tea",), levels=(2,))), cause)
    mia = world.member(MIA)

    def catalogue(*categories):
        with world.database.write() as db:
            record_products(db, world.shop.id, [Product("p", "Cup", categories=categories)], NOW)

    def level(number):
        with world.database.write() as db:
            tell(db, HEARD, [TierChanged(world.shop.id, mia, number, 100)], NOW)

    catalogue("tea ")
    cup = goods("a", 1000, product_key="p")
    world.tell(order("1", cup))
    assert given(world) == {}
    level(2)
    world.tell(order("2", cup, goods("b", 1000, product_key="q")))
    assert given(world) == {"riverbank share": (0, 100)}
    catalogue("Coffee")
    level(0)
    world.tell(order("2", cup, minute=1, number="#2"), order("3", cup))
    assert given(world) == {"riverbank share": (0, 100)}
    assert world.audit() == []


def test_a_match_adds_to_the_cause_that_was_given_to(sqlite_world):
    world, cause = sqlite_world
    reeds, other = papered(world, "Reeds"), papered(world, "Other")
    publish(world, Match(5000), cause, reeds)
    first, second = donation("d", 301, "riverbank"), donation("e", 100, "reeds")
    third = donation("f", 900, other.key)
    world.tell(order("1", goods("a", 500), first, second, third))
    assert given(world, "match") == {"riverbank match": (0, 151), "reeds match": (0, 50)}
    back = refund("r", took(first, total_minor=301))
    world.tell(order("1", goods("a", 500), first, second, third, minute=1, refunds=(back,)))
    assert given(world, "match") == {"riverbank match": (0, 0), "reeds match": (0, 50)}
    assert world.audit() == []


def test_parts_of_several_causes_come_to_the_whole(sqlite_world):
    world, cause = sqlite_world
    reeds = papered(world, "Reeds")
    publish(world, FIVE, causes=((cause.id, 2), (reeds.id, 1)))
    world.tell(order("1", goods("a", 1990)))
    assert given(world) == {"riverbank share": (0, 67), "reeds share": (0, 33)}
    assert world.audit() == []


def test_the_last_order_gets_what_the_cap_leaves_and_freed_room_is_for_later_ones(database):
    world = acme(database)
    one = publish(world, FIVE, papered(world), cap_minor=120)
    for key in "123":
        world.tell(order(key, goods("a", 1000)))
    assert (given(world), used(world, one)) == ({"riverbank share": (0, 120)}, 120)
    world.tell(order("4", goods("a", 1000)))
    world.tell(order("1", goods("a", 1000), minute=1, state=OrderState.CANCELLED))
    assert used(world, one) == 70
    world.tell(order("4", goods("a", 1000), minute=1, number="#4"))  # came when nothing was left
    world.tell(order("3", goods("a", 1000), minute=1, number="#3"))  # had a part, keeps it
    assert used(world, one) == 70
    world.tell(order("5", goods("a", 1000)))
    assert used(world, one) == 120
    world.tell(order("1", goods("a", 1000), minute=2))
    assert (given(world), used(world, one)) == ({"riverbank share": (0, 120)}, 120)
    assert world.audit() == []


def test_a_promised_minimum_is_filled_up_at_the_end_and_again_after_refunds(database):
    world = acme(database)
    one = publish(world, FIVE, papered(world), minimum_minor=200)
    world.tell(order("1", goods("a", 1000)))
    with world.database.write() as db:
        settling.close(db, world.shop.id, one.id, NOW)
        with pytest.raises(Conflict, match="programme_closed"):
            settling.close(db, world.shop.id, one.id, NOW)
    assert given(world) == {"riverbank share": (0, 50), "riverbank top_up": (0, 150)}
    world.tell(order("1", goods("a", 1000), minute=1, state=OrderState.CANCELLED))
    assert given(world) == {"riverbank share": (0, 0), "riverbank top_up": (0, 200)}
    later = NOW + timedelta(hours=1)
    world.tell(order("2", goods("a", 1000), placed_at=later, paid_at=later, modified_at=later))
    assert given(world)["riverbank share"] == (0, 0)
    assert world.audit() == []


def test_points_are_owed_once_and_told_with_their_programme(sqlite_world):
    world, cause = sqlite_world
    one = publish(world, PointsGiven(100, 100), cause)
    mia = world.member(MIA)
    fact = PointsDonated(world.shop.id, mia, 42, cause.id, 500, "USD", 500)
    for _ in range(2):
        with world.database.write() as db:
            tell(db, HEARD, [fact], NOW)
    assert given(world) == {"riverbank points": (0, 500)}
    with world.database.read() as db:
        (row,) = service.of_member(db, world.shop.id, mia)
    assert (row.programme_id, row.order_id, row.due_minor) == (one.id, 42, 500)
    assert world.audit() == []


def test_gifts_answer_the_question_that_was_asked(sqlite_world):
    world, cause = sqlite_world
    rounding = publish(world, RoundUp(100), cause)
    adding = publish(world, AddOn((200, 500), 100, 5000), cause)
    world.tell(
        order("1", goods("a", 1960), donation("d", 40)),
        order("2", goods("a", 1960), donation("d", 200)),
    )
    with world.database.read() as db:
        rows = service.log(db, world.shop.id, 5)
    assert {row.number: row.programme_id for row in rows} == {"1": rounding.id, "2": adding.id}


# -------------------------------------------------------------------------- causes and campaigns


def test_a_cause_tells_itself_in_every_language_and_is_closed_when_nothing_gives_to_it(
    sqlite_world,
):
    world, cause = sqlite_world
    shop_id = world.shop.id
    with world.database.write() as db:
        told = changed(cause, names={"ar": "ضفة النهر"}, picture_url="https://a.example/r.png")
        assert service.change_cause(db, shop_id, told, NOW).told("ar")[0] == "ضفة النهر"
        for name, value in {
            "picture_url": "http://a.example/r.png",
            "country": "Germany",
            "agreed_on": "1.10.2026",
            "names": {"xx": "?"},
            "payee": "x" * 81,
            "name": "",
        }.items():
            with pytest.raises(BadInput) as refused:
                service.change_cause(db, shop_id, changed(cause, **{name: value}), NOW)
            assert refused.value.field == name
        with pytest.raises(Conflict, match="cause_is_default"):
            service.close_cause(db, shop_id, cause.id, NOW)
    reeds = papered(world, "Reeds")
    one = publish(world, FIVE, reeds)
    with world.database.write() as db:
        with pytest.raises(Conflict, match="cause_in_use"):
            service.close_cause(db, shop_id, reeds.id, NOW)
        settling.close(db, shop_id, one.id, NOW)
        assert service.close_cause(db, shop_id, reeds.id, NOW).is_closed
        assert [one.key for one in service.offered(db, shop_id)] == ["riverbank"]
        service.reopen_cause(db, shop_id, reeds.id, NOW)
        assert service.make_default(db, shop_id, reeds.id, NOW).is_default
        assert [one.key for one in service.offered(db, shop_id)] == ["reeds", "riverbank"]


def test_a_members_choice_is_remembered(sqlite_world):
    world, cause = sqlite_world
    reeds = papered(world, "Reeds")
    mia = world.member(MIA)

    def remembered(db):
        found = asking.remembered(db, world.shop.id, mia, NOW)
        return found and found.key

    with world.database.read() as db:
        assert remembered(db) == cause.key
    world.tell(order("1", donation("d", 100, "reeds")))
    with world.database.write() as db:
        assert remembered(db) == "reeds"
        asking.remember(db, world.shop.id, mia, cause.id, NOW)
        assert remembered(db) == cause.key
        with pytest.raises(NotFound):
            asking.remember(db, world.shop.id, mia, 7, NOW)
        service.make_default(db, world.shop.id, cause.id, NOW)
        service.close_cause(db, world.shop.id, reeds.id, NOW)


def test_a_campaign_tells_pledged_from_ready_for_all_and_for_one(sqlite_world):
    world, cause = sqlite_world
    shop_id = world.shop.id
    goal = programmes.Campaign(0, "", {"en": "Trees 2026"}, {}, "USD", 50_000)
    with world.database.write() as db:
        found = programmes.add_campaign(db, shop_id, goal, NOW)
        wrongs: list[dict[str, Any]] = [{"goal_minor": 0}, {"names": {}}, {"currency": "XXX"}]
        for wrong in wrongs:
            with pytest.raises(BadInput):
                programmes.add_campaign(db, shop_id, changed(goal, **wrong), NOW)
    publish(world, RoundUp(100), cause, campaign_id=found.id)
    publish(world, Match(10_000), cause, campaign_id=found.id)
    world.tell(
        order("1", goods("a", 960), donation("d", 40)),
        order("2", goods("a", 970), donation("d", 30), state=OrderState.OPEN),
        order("3", goods("a", 990), donation("d", 10), customer_key="1002"),
    )
    with world.database.write() as db:
        all_ = programmes.progress(db, shop_id, found)
        assert (all_.pledged_minor, all_.ready_minor, all_.total_minor) == (60, 100, 160)
        with pytest.raises(Conflict, match="campaign_in_use"):
            programmes.close_campaign(db, shop_id, found.key, NOW)
    mia = world.member(MIA)
    with world.database.read() as db:
        hers = programmes.member_progress(db, shop_id, found, mia)
    assert (hers.pledged_minor, hers.ready_minor, hers.gifts) == (60, 80, 4)
