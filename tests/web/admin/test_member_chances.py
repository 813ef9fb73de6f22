"""What to expect of a member, on their page: in words, with how it was learnt, or nothing."""

import pytest

from connector.core.commerce import Product
from connector.orders.service import record_products
from connector.rooms import recommend
from connector.rooms.recommend.rules.scores import Due, Score
from connector.rooms.recommend.scoring import service as scoring
from connector.rooms.recommend.scoring import store
from tests.web.admin.conftest import Ada, words_of
from tests.world import NOW, World, goods, order


@pytest.fixture
def page(world: World) -> str:
    """Mia bought tea; her page."""
    with world.database.write() as db:
        tea = Product("tea", "Best tea", 900, "https://acme.example/tea")
        record_products(db, world.shop.id, [tea], NOW)
    world.tell(order("100", goods("1", 900, product_key="tea")))
    with world.database.write() as db:
        recommend.mark(db, world.shop.id, NOW, at_once=True)
    assert recommend.build(world.database, world.shop.id, NOW)
    return f"members/{world.member()}"


def tell(world: World, told: Score, *, learnt: bool = True, returners: int = 10) -> None:
    """As scoring leaves it."""
    assert scoring.score(world.database, world.shop.id, NOW)
    mia = world.member()
    with world.database.write() as db:
        store.put(db, world.shop.id, {mia: told})
        store.finish(
            db, world.shop.id, returners=returners, buys_learnt=learnt, again_learnt=learnt
        )


def test_a_member_is_told_in_words_and_figures(ada: Ada, world: World, page: str):
    tell(world, Score(4, 612, 2432, [Due("tea", 347), Due("gone", 300)]))
    said = words_of(ada.see(page))
    assert "Likely to buy again within 90 days 6 of 10" in said
    assert "Expected purchases in a year 2.4" in said
    assert "May need again Best tea 35%" in said
    assert "Learnt from what customers of this shop did before." in said
    assert "No day is promised." in said
    assert "too few orders" not in said


@pytest.mark.parametrize(
    ("permille", "words"),
    [
        (1, "fewer than 1 of 10"),
        (49, "fewer than 1 of 10"),
        (50, "1 of 10"),
        (949, "9 of 10"),
        (950, "more than 9 of 10"),
        (999, "more than 9 of 10"),
    ],
)
def test_nobody_is_certain(ada: Ada, world: World, page: str, permille: int, words: str):
    tell(world, Score(1, permille, 10, []))
    assert f"within 90 days {words} " in words_of(ada.see(page))


def test_a_short_history_is_told(ada: Ada, world: World, page: str):
    tell(world, Score(1, 100, 400, [Due("tea", 19)]), learnt=False)
    said = words_of(ada.see(page))
    assert "too few orders tell more so far" in said
    assert "May need again" not in said


def test_a_cold_shop_says_so_and_has_no_card(ada: Ada, world: World, page: str):
    assert scoring.score(world.database, world.shop.id, NOW)
    said = words_of(ada.see(page))
    assert "once enough of them have come back" in said
    assert "What to expect" not in said


def test_a_new_member_waits_for_the_night(ada: Ada, world: World, page: str):
    tell(world, Score(1, 100, 400, []))
    mia = world.member()
    with world.database.write() as db:
        scoring.forget(db, world.shop.id, mia)
    said = words_of(ada.see(page))
    assert "after the coming night" in said
    assert "What to expect" not in said
