"""What a merchant wants of rows: all of it is kept, or nothing."""

from connector.rooms.recommend import showing
from tests.web.admin.conftest import Ada, words_of
from tests.world import World

PATH = "recommendations/rows"


def wishes(world: World) -> showing.Wishes:
    with world.database.read() as db:
        return showing.wishes(db, world.shop.id)


def test_the_houses_own_is_shown_first(ada: Ada):
    page = ada.see(PATH)
    assert page.count(" checked") == 5
    assert 'value="8"' in page


def test_places_rest_and_what_never_shows_are_kept(ada: Ada, world: World):
    sent = ada.send(PATH, PATH, on="cart", pages_a_day="3", collections_out="Sale, Old\nGifts")
    assert sent.location.endswith("said=saved")
    kept = wishes(world)
    assert (kept.pages_a_day, kept.collections_out) == (3, ("Sale", "Old", "Gifts"))
    assert set(kept.off) == {"product", "thank_you", "account", "home"}
    assert ada.see(PATH).count(" checked") == 1


def test_what_cannot_be_meant_changes_nothing(ada: Ada, world: World):
    before = wishes(world)
    for form, said in (
        ({"pages_a_day": "101"}, "Give 0 to 100 pages."),
        ({"pages_a_day": "x"}, "Give a whole number."),
        ({"pages_a_day": "3", "products_out": "nothing"}, "is not in your catalogue"),
        ({"pages_a_day": "3", "pin_home": "nothing"}, "is not in your catalogue"),
    ):
        answer = ada.send(PATH, PATH, **form)
        assert answer.status_code == 422
        assert said in words_of(answer.text)
    assert wishes(world) == before
