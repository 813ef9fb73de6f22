"""What a member is shown, told to the merchant row by row."""

import pytest

from connector import orders
from connector.core.commerce import Customer, Person, Product
from connector.rooms import recommend
from connector.rooms.recommend import showing
from connector.rooms.recommend.learning import service as learning
from tests.web.admin.conftest import Ada, words_of
from tests.world import MIA, NOW, World, goods, order

PAGE = "https://acme.example/p"


@pytest.fixture
def rows(world: World) -> str:
    """Mia bought tea twice; where her rows are previewed."""
    told = [Product(key, f"Best {key}", 900, PAGE) for key in ("tea", "pot")]
    with world.database.write() as db:
        orders.record_products(db, world.shop.id, told, NOW)
    world.tell(Customer(MIA, Person("mia@customers.example", "Mia Lindqvist"), NOW))
    for number in range(2):
        tea = goods("1", 900, product_key="tea")
        world.tell(order(f"10{number}", tea, minute=number))
    build(world)
    return f"members/{world.member()}/recommendations"


def test_the_row_that_is_shown_comes_first_with_its_reasons(ada: Ada, rows: str):
    page = words_of(ada.see(rows))
    assert "Buy again This row is shown. Best tea You bought it before Strong" in page
    assert "Best pot" not in page.partition("This row is shown.")[0]


def test_a_score_is_told_against_the_best_of_its_row(ada: Ada, world: World, rows: str):
    for number in range(6):
        pot = goods("1", 900, product_key="pot")
        world.tell(order(f"20{number}", pot, minute=10 + number, customer_key=f"c{number}"))
    for number in range(2):
        tea = goods("1", 900, product_key="tea")
        world.tell(order(f"30{number}", tea, minute=20 + number, customer_key=f"c{number}"))
    build(world)
    page = words_of(ada.see(rows, place="home"))
    assert "times in the last four weeks Strong" in page
    assert "times in the last four weeks Fair" in page


def test_places_that_are_off_or_say_nothing_are_told(ada: Ada, world: World, rows: str):
    with world.database.write() as db:
        showing.switch(db, world.shop.id, "account", on=False)
        showing.exclude(db, world.shop.id, ["tea", "pot"], [])
    assert "Rows are switched off at this place." in words_of(ada.see(rows))
    assert "There is nothing honest to say yet" in words_of(ada.see(rows, place="home"))


def test_who_is_compared_is_told(ada: Ada, world: World, rows: str):
    with world.database.write() as db:
        learning.set_settings(db, world.shop.id, holdout_percent=0, rows_limit=4, now=NOW)
        learning.start_trial(db, world.shop.id, "account", "method", "standard", "count", NOW)
    assert "this member meets side" in words_of(ada.see(rows))


def test_it_is_found_by_a_search_and_from_the_members_page(ada: Ada, world: World, rows: str):
    assert rows in ada.see("recommendations", member="Mia")
    assert rows in ada.see(f"members/{world.member()}")
    assert "Nobody is found" in words_of(ada.see("recommendations", member="zzz"))


def test_nobody_else_has_rows(ada: Ada, world: World, rows: str):
    ada.see("members/1/recommendations", status=404)
    world.erase(world.member())
    ada.see(rows, status=404)


@pytest.mark.parametrize("language", ["en", "ar", "zh-Hant"])
def test_every_language_has_the_whole_page(ada: Ada, rows: str, language):
    assert "Best tea" in ada.see(rows, lang=language)


# ------------------------------------------------------------------------------------------------


def build(world: World) -> None:
    with world.database.write() as db:
        recommend.mark(db, world.shop.id, NOW, at_once=True)
    assert recommend.build(world.database, world.shop.id, NOW)
