"""Which marked lines are gifts: shoppers mark what they like, and merchants say what it may be."""

import pytest
from msgspec.structs import replace

from connector import orders
from connector.core.commerce import LineKind, OrderState, Product
from connector.core.errors import BadInput, Conflict
from connector.orders import gifts
from tests.world import NOW, acme, donation, goods, order, refund, took

GIFT, SONG = "700", "800"  # the donation product, and a download that is not taxed


@pytest.fixture
def world(database):
    made = acme(database, platform="shopify", key="acme.myshopify.com")
    with database.write() as db:
        told = [Product(GIFT, "A gift", 100), Product(SONG, "A song", 900)]
        orders.record_products(db, made.shop.id, told, NOW)
    return made


def keep(world, *keys):
    with world.database.write() as db:
        gifts.keep(db, world.shop.id, keys, "staff:1", NOW)


def marked(key, minor, product):
    return replace(donation(key, minor), product_key=product, cause_by_shopper=True)


def kinds(world, key="1"):
    with world.database.read() as db:
        row = orders.store.by_keys(db, world.shop.id, [key])[key]
        ((_, found),) = orders.load(db, world.shop.id, [row.id])
    return {line.key: line.kind for line in found.lines}


def test_while_no_product_is_kept_every_marked_line_is_a_gift(world):
    world.tell(order("1", marked("a", 200, GIFT), marked("b", 900, SONG)))
    assert world.donations() == {"USD": (0, 1100)}
    assert world.balance().pending == 0


def test_once_one_is_kept_only_its_lines_are_and_others_earn_as_goods(world):
    keep(world, GIFT)
    world.tell(order("1", marked("a", 200, GIFT), marked("b", 900, SONG), marked("c", 50, None)))
    assert kinds(world) == {"a": LineKind.DONATION, "b": LineKind.GOODS, "c": LineKind.GOODS}
    assert world.donations() == {"USD": (0, 200)}
    assert world.balance().pending == 9
    assert world.audit() == []


@pytest.mark.parametrize("before", [(), (GIFT,)])
def test_what_was_a_gift_or_goods_stays_it_when_the_setting_changes(world, before):
    keep(world, *before)
    lines = (marked("a", 200, GIFT), marked("b", 900, SONG))
    world.tell(order("1", *lines, state=OrderState.OPEN))
    was = kinds(world)
    keep(world, SONG)
    world.tell(order("1", *lines, minute=1))
    assert kinds(world) == was
    back = refund("r", took(lines[1], total_minor=900))
    world.tell(order("1", *lines, minute=2, refunds=(back,)))
    assert kinds(world) == was
    assert world.donations() == {"USD": (0, 200)}
    assert world.audit() == []


def test_the_same_news_of_a_judged_order_is_no_news(world):
    keep(world, GIFT)
    told = order("1", marked("b", 900, SONG))
    world.tell(told)
    heard = len(world.facts)
    world.tell(told, replace(told, modified_at=NOW))
    assert len(world.facts) == heard


def test_a_line_that_an_edit_adds_is_judged_when_it_comes(world):
    first = marked("a", 900, SONG)
    world.tell(order("1", first))
    keep(world, GIFT)
    world.tell(order("1", first, marked("b", 500, SONG), minute=1))
    assert kinds(world) == {"a": LineKind.DONATION, "b": LineKind.GOODS}


def test_a_gift_that_was_not_told_as_one_at_first_is_judged_when_it_is(world):
    keep(world, GIFT)
    plain = goods("a", 200, product_key=GIFT)
    world.tell(order("1", plain))
    world.tell(order("1", marked("a", 200, GIFT), minute=1))
    assert kinds(world) == {"a": LineKind.DONATION}


def test_what_a_store_or_a_file_says_itself_is_never_judged(world):
    keep(world, GIFT)
    world.tell(order("1", donation("a", 300)), source="import")
    assert kinds(world) == {"a": LineKind.DONATION}


def test_products_are_kept_in_place_of_those_before(world):
    keep(world, GIFT, GIFT)
    keep(world, SONG, GIFT)
    with world.database.read() as db:
        assert {(row.key, row.title) for row in gifts.kept(db, world.shop.id)} == {
            (GIFT, "A gift"),
            (SONG, "A song"),
        }
    keep(world)
    with world.database.read() as db:
        assert gifts.kept(db, world.shop.id) == []


def test_only_known_products_are_kept_and_only_where_browsers_mark(world):
    for keys, code in ((["1"], "product_not_found"), (map(str, range(21)), "too_many_products")):
        with pytest.raises(BadInput, match=code):
            keep(world, *keys)
    with pytest.raises(Conflict, match="platform_marks"):
        keep(acme(world.database), GIFT)
