"""What shoppers are shown beside a product, told to the merchant place by place."""

import re

import pytest

from connector import orders
from connector.core.commerce import Product
from connector.rooms.recommend import showing
from connector.rooms.recommend.learning import service as learning
from tests.web.admin.conftest import Ada, words_of
from tests.web.admin.test_row_preview import PAGE, build
from tests.world import NOW, World, goods, order

PATH = "recommendations"


@pytest.fixture(autouse=True)
def sold(world: World):
    """Tea was bought with the pot four times, and with the tray three times."""
    told = [
        Product(key, f"Best {key}", 900, PAGE, collections=(where,))
        for key, where in (("tea", "Tea"), ("pot", "Teaware"), ("tray", "Wood"))
    ]
    with world.database.write() as db:
        orders.record_products(db, world.shop.id, told, NOW)
    for number in range(4):
        beside = ("tea", "pot", "tray")[: 2 + (number > 0)]
        lines = [goods(key, 900, product_key=key) for key in beside]
        world.tell(order(f"10{number}", *lines, minute=number, customer_key=f"c{number}"))
    build(world)


def shown(page: str) -> str:
    """What stands in the row that is shown, and what is left out of it."""
    return words_of(page).partition("This row is shown.")[2].partition("A pair counts")[0]


def test_it_is_what_shoppers_get_with_what_is_left_out_and_why(ada: Ada, world: World):
    assert "Best pot" in shown(ada.see(PATH, product="tea")).partition("Best tray")[0]
    with world.database.write() as db:
        showing.exclude(db, world.shop.id, ["pot"], [])
        showing.pin(db, world.shop.id, "product:tea", ["tray"])
    page = shown(ada.see(PATH, product="tea"))
    assert page.strip().startswith("Best tray")
    assert "Left out: 1 product Best pot never shown, as you chose" in page


def test_row_and_list_are_as_strong_as_each_other(ada: Ada, world: World):
    """Also where what is best of the list is not in the row."""
    with world.database.write() as db:
        showing.exclude(db, world.shop.id, ["pot"], [])
    page = words_of(ada.see(PATH, product="tea"))
    tray = r"Best tray Bought with it 3 times out of 4, as often as by chance (Strong|Fair|Faint)"
    row, whole = re.findall(tray, page)
    assert row == whole


def test_the_preview_says_what_of_ones_choice_is_not_shown(ada: Ada, world: World):
    with world.database.write() as db:
        showing.exclude(db, world.shop.id, ["pot"], [])
        showing.pin(db, world.shop.id, "surface:product", ["pot", "tea"])
    page = words_of(ada.see(PATH, product="tray"))
    assert "Chosen by you Some of what you chose is not shown. Left out: 1 product Best" in page
    assert "This row is shown. Best tea" in page


def test_the_preview_says_what_stands_above_a_row_that_is_not_all_its_own(ada: Ada, world: World):
    with world.database.write() as db:
        told = [Product("jug", "Best jug", 900, PAGE)]
        orders.record_products(db, world.shop.id, told, NOW)
        showing.pin(db, world.shop.id, "product:tea", ["jug"])
    page = words_of(ada.see(PATH, product="tea"))
    assert "This row is shown. Above it stands: We suggest Best jug" in page


def test_the_whole_list_says_what_shoppers_do_not_get(ada: Ada, world: World):
    with world.database.write() as db:
        showing.beside(db, world.shop.id, "Tea", ["Wood"])
    page = words_of(ada.see(PATH, product="tea"))
    assert "Best pot does not go with it, as you chose" in page.partition("A pair counts")[2]
    assert "Best pot" not in shown(ada.see(PATH, product="tea")).partition("Left out")[0]


def test_every_place_beside_a_product_is_shown_as_it_stands(ada: Ada, world: World):
    with world.database.write() as db:
        showing.switch(db, world.shop.id, "product", on=False)
        showing.pin(db, world.shop.id, "surface:cart", ["tray"])
    page = words_of(ada.see(PATH, product="tea"))
    assert "Rows are switched off at this place." in page
    assert "This row is shown." not in page
    assert shown(ada.see(PATH, product="tea", place="cart")).strip().startswith("Best tray")
    offered = ada.see(PATH, product="tea").partition("first-beside")[0]
    assert [offered.count(f"product=tea&place={one}") for one in showing.SURFACES] == [
        1,
        1,
        1,
        0,
        0,
    ]
    page = words_of(ada.see(PATH, product="tea", place="thank_you"))
    assert "Goes with the order This row is shown." in page
    ada.see(PATH, product="tea", place="home", status=404)


def test_both_sides_of_a_comparison_are_shown(ada: Ada, world: World):
    with world.database.write() as db:
        shop_id = world.shop.id
        learning.start_trial(db, shop_id, "product", "row", "similar", "together", NOW)
    for side, row in (("a", "Similar products"), ("b", "Bought together")):
        page = words_of(ada.see(PATH, product="tea", side=side))
        assert f"this is side {side.upper()} of it" in page
        assert f"{row} This row is shown." in page


def test_what_was_not_found_is_said_as_it_is(ada: Ada):
    never = "Pairs appear here once"
    page = words_of(ada.see(PATH, product="lamp"))
    assert "We know no product of this number." in page
    assert never not in page
    page = words_of(ada.see(PATH, q="lamp"))
    assert "No published product has these words in its title." in page
    assert never not in page


def test_several_that_may_be_meant_are_named(ada: Ada):
    refused = ada.send("recommendations/never", "recommendations/rows", products="best")
    assert refused.status_code == 422
    assert "Which of these? Best pot · Best tea · Best tray" in words_of(refused.text)


@pytest.mark.parametrize("language", ["en", "ar", "zh-Hant"])
def test_every_language_has_the_whole_page(ada: Ada, world: World, language):
    with world.database.write() as db:
        showing.exclude(db, world.shop.id, ["pot"], [])
    assert "Best tray" in ada.see(PATH, product="tea", lang=language)
