"""What a member is shown, told to the merchant row by row."""

import pytest

from connector import orders
from connector.core.commerce import Customer, Person, Product
from connector.core.i18n import SOURCE
from connector.rooms import recommend
from connector.rooms.recommend import showing
from connector.rooms.recommend.learning import service as learning
from connector.web import buckets
from connector.web import rows as answers
from connector.web.admin.lift import ROWS
from connector.web.tongue import Tongue
from tests.web.admin.conftest import Ada, words_of
from tests.world import MIA, NOW, World, goods, order

PAGE = "https://acme.example/p"


@pytest.fixture
def rows(world: World) -> str:
    """Mia bought tea twice and is held out by no chance; where her rows are previewed."""
    told = [Product(key, f"Best {key}", 900, PAGE) for key in ("tea", "pot")]
    with world.database.write() as db:
        orders.record_products(db, world.shop.id, told, NOW)
        learning.set_settings(db, world.shop.id, holdout_percent=0, rows_limit=4, now=NOW)
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
        learning.start_trial(db, world.shop.id, "account", "method", "standard", "count", NOW)
    assert "this member meets side" in words_of(ada.see(rows))


def test_a_row_that_is_compared_is_the_one_that_is_shown(ada: Ada, world: World, rows: str):
    """Whichever side of a comparison the member meets, it is what their browser gets."""
    for number in range(3):
        world.tell(order(f"20{number}", goods("1", 900, product_key="pot"), customer_key="c"))
    build(world)
    member_id = int(rows.split("/")[1])
    for a, b in (("again", "trending"), ("trending", "again")):
        with world.database.write() as db:
            trial = learning.start_trial(db, world.shop.id, "home", "row", a, b, NOW)
        got = shoppers_row(ada, world, "home", member_id)
        assert got in (a, b)
        page = words_of(ada.see(rows, place="home"))
        assert f"{ROWS[got]} This row is shown." in page
        with world.database.write() as db:
            learning.stop_trial(db, world.shop.id, trial.id, NOW)


def test_who_is_held_out_is_told_that_others_see_it(ada: Ada, world: World, rows: str):
    with world.database.write() as db:
        learning.set_settings(db, world.shop.id, holdout_percent=20, rows_limit=4, now=NOW)
    page = words_of(ada.see(rows))
    is_held = "among the visitors who see no rows" in page
    assert ("Others are shown this row." in page, "This row is shown." in page) == (
        is_held,
        not is_held,
    )


def test_a_place_beside_a_product_is_shown_for_the_product_that_is_named(
    ada: Ada, world: World, rows: str
):
    page = words_of(ada.see(rows, place="thank_you"))
    assert "Beside which product" in page
    assert "This row is shown." not in page
    assert "Beside Best pot" in words_of(ada.see(rows, place="thank_you", products="best POT"))
    page = words_of(ada.see(rows, place="product", products="best", status=422))
    assert "Which of these? Best pot · Best tea" in page
    assert "No product is called so." in words_of(
        ada.see(rows, place="cart", products="lamp", status=422)
    )
    ada.see(rows, place="attic", status=404)


def test_what_is_left_out_is_told_with_why(ada: Ada, world: World, rows: str):
    with world.database.write() as db:
        showing.exclude(db, world.shop.id, ["tea"], [])
    page = words_of(ada.see(rows))
    assert "Nothing is left of it. Left out: 1 product Best tea never shown, as you chose" in page


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


def shoppers_row(ada: Ada, world: World, surface: str, member_id: int) -> str:
    """What the storefront answers to this member."""
    here = ada.client.application.test_request_context(f"/?surface={surface}")
    with here, world.database.read() as db:
        say = Tongue.of(world.shop, SOURCE, NOW)
        bucket = buckets.of(world.shop.id, member_id)
        told = answers.told(db, world.shop, answers.asked(member_id), say, bucket)
    return str(told["row"])


def build(world: World) -> None:
    with world.database.write() as db:
        recommend.mark(db, world.shop.id, NOW, at_once=True)
    assert recommend.build(world.database, world.shop.id, NOW)
