"""Who was erased leaves no trace in anything a build makes; what is equal is built equal."""

import random
import threading

import pytest
from sqlalchemy import select

from connector.core.facts import MemberErased
from connector.rooms import recommend
from connector.rooms.recommend import handlers, models
from tests.rooms.recommend.acme import NOW, Acme

TABLES = (models.recommend_together, models.recommend_product, models.recommend_trend)
PEOPLE = [f"c{number}" for number in range(8)]
GOODS = [f"p{number}" for number in range(9)]


@pytest.mark.parametrize("seed", range(3))
def test_who_is_erased_might_as_well_never_have_bought(database, seed):
    shops = [Acme(database, name) for name in ("knew", "never knew")]
    chance = random.Random(seed)
    gone = set(chance.sample(PEOPLE, 2))
    for who, days_ago, keys in drawn(chance):
        for shop in shops[: 1 if who in gone else 2]:
            shop.order(*keys, days_ago=days_ago, customer_key=who)
    knew, never_knew = shops
    knew.build()
    before = told(knew)
    erase(knew, gone)
    for shop in shops:
        shop.build()
    assert told(knew) == told(never_knew) != before


@pytest.mark.parametrize("seed", range(3))
def test_orders_heard_in_another_sequence_make_the_same_lists(database, seed):
    shops = [Acme(database, name) for name in ("first", "second")]
    chance = random.Random(seed)
    past = drawn(chance)
    for shop in shops:
        for who, days_ago, keys in past:
            shop.order(*keys, days_ago=days_ago, customer_key=who)
        shop.build()
        chance.shuffle(past)
    assert told(shops[0]) == told(shops[1])


def test_many_shops_on_two_machines_are_each_built_once(database):
    shops = [Acme(database, f"shop{number}") for number in range(6)]
    for shop in shops:
        shop.order("mug", "bowl", times=3)
        with database.write() as db:
            recommend.mark(db, shop.id, NOW, at_once=True)
    built, start = list[int](), threading.Barrier(2)

    def machine():
        with database.read() as db:
            due = recommend.build_due(db, NOW)
        start.wait(10)
        built.extend(shop_id for shop_id in due if recommend.build(database, shop_id, NOW))

    machines = [threading.Thread(target=machine) for _ in range(2)]
    for one in machines:
        one.start()
    for one in machines:
        one.join()
    assert sorted(built) == sorted(shop.id for shop in shops)


# ------------------------------------------------------------------------------------------------


def drawn(chance):
    """(buyer, days ago, products) of forty orders."""
    return [
        (
            chance.choice([*PEOPLE, None]),
            chance.randrange(1, 200),
            chance.sample(GOODS, chance.randrange(1, 4)),
        )
        for _ in range(40)
    ]


def erase(shop, customers):
    for one in customers:
        for member_id in shop.erase(one):
            with shop.database.write() as db:
                handlers.on_member_erased(db, [MemberErased(shop.id, member_id)], NOW)


def told(shop):
    """All that is stored of a shop but its people's numbers."""
    with shop.database.read() as db:
        return [
            sorted(map(repr, db.execute(select(*own(table)).where(table.c.shop_id == shop.id))))
            for table in (*TABLES, models.recommend_member)
        ]


def own(table):
    return [column for column in table.c if column.name not in ("shop_id", "member_id")]
