"""What a merchant wants of rows: all of it is kept, or nothing."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from connector import orders
from connector.core.commerce import Product
from connector.rooms.recommend import showing
from tests.web.admin.conftest import HOME, Ada, words_of
from tests.world import NOW, World

PATH = "recommendations/rows"


@pytest.fixture(autouse=True)
def catalogue(world: World):
    """A teapot and an apron."""
    filed = ("Sale", "Tea", "Pots", "Cups")
    told = [
        Product("1", "Celadon teapot", 4800, collections=filed),
        Product("2", "Linen apron", 3000),
    ]
    with world.database.write() as db:
        orders.record_products(db, world.shop.id, told, NOW)


def wishes(world: World) -> showing.Wishes:
    with world.database.read() as db:
        return showing.wishes(db, world.shop.id)


def test_the_houses_own_is_shown_first(ada: Ada):
    page = ada.see(PATH)
    assert page.count(" checked") == 5
    assert 'value="8"' in page


def test_places_and_rest_are_kept(ada: Ada, world: World):
    sent = ada.send(PATH, PATH, on="cart", pages_a_day="3")
    assert sent.location.endswith("said=saved")
    kept = wishes(world)
    assert kept.pages_a_day == 3
    assert set(kept.off) == {"product", "thank_you", "account", "home"}
    assert ada.see(PATH).count(" checked") == 1


def test_what_comes_first_is_named_by_its_title_and_taken_out(ada: Ada, world: World):
    first = "recommendations/first"
    ada.send(first, PATH, surface="home", products=" celadon TEAPOT ")
    ada.send(first, PATH, surface="home", products="apron")
    assert wishes(world).pins == {"surface:home": ("1", "2")}
    assert "Celadon teapot Home page Remove: Celadon teapot" in words_of(ada.see(PATH))
    ada.send(first, PATH, surface="home", remove="1")
    assert wishes(world).pins == {"surface:home": ("2",)}


def test_what_comes_first_beside_a_product_is_chosen_on_its_page(ada: Ada, world: World):
    page, path = "recommendations?product=1", "recommendations/product?product=1"
    sent = ada.send(path, "recommendations", products="Linen apron")
    assert sent.location.endswith("product=1&said=saved#first-beside")
    assert wishes(world).pins == {"product:1": ("2",)}
    assert "Linen apron Remove" in words_of(ada.see("recommendations", product="1"))
    assert "Beside Celadon teapot Edit" in words_of(ada.see(PATH))
    refused = ada.send(path, "recommendations", products="a lamp")
    assert (refused.status_code, "a lamp" in refused.text) == (422, True), page
    assert "No product is called so." in words_of(refused.text)
    ada.send(path, "recommendations", remove="2")
    assert wishes(world).pins == {}


def test_what_never_shows_is_added_and_taken_out(ada: Ada, world: World):
    never = "recommendations/never"
    ada.send(never, PATH, products="Linen apron")
    ada.send(never, PATH, collection="Sale")
    kept = wishes(world)
    assert (kept.products_out, kept.collections_out) == (("2",), ("Sale",))
    ada.send(never, PATH, remove="product:2")
    ada.send(never, PATH, remove="collection:Sale")
    assert wishes(world) == showing.Wishes()


def test_a_collection_is_called_as_the_shop_calls_it(ada: Ada, world: World):
    ada.send("recommendations/never", PATH, collection="sALE")
    ada.send("recommendations/beside", PATH, because="tea", only="POTS")
    kept = wishes(world)
    assert (kept.collections_out, kept.beside) == (("Sale",), {"Tea": ("Pots",)})


def test_a_collection_that_is_gone_stays_until_it_is_taken_out(ada: Ada, world: World):
    ada.send("recommendations/never", PATH, collection="Sale")
    ada.send("recommendations/beside", PATH, because="Tea", only="Pots")
    gone = [Product("1", "Celadon teapot", 4800, collections=("New",))]
    with world.database.write() as db:
        orders.record_products(db, world.shop.id, gone, NOW)
    ada.send("recommendations/never", PATH, collection="New")
    assert wishes(world).collections_out == ("Sale", "New")
    ada.send("recommendations/beside", PATH, because="Tea", only="New")
    assert wishes(world).beside == {"Tea": ("Pots", "New")}
    ada.send("recommendations/never", PATH, remove="collection:Sale")
    assert wishes(world).collections_out == ("New",)


def test_a_collection_is_followed_only_by_others(ada: Ada, world: World):
    beside = "recommendations/beside"
    for other in ("Pots", "Cups"):
        ada.send(beside, PATH, because="Tea", only=other)
    assert wishes(world).beside == {"Tea": ("Pots", "Cups")}
    assert "Beside Tea only Pots Remove" in words_of(ada.see(PATH))
    for other in ("Pots", "Cups"):
        ada.send(beside, PATH, because="Tea", remove=other)
    assert wishes(world) == showing.Wishes()


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("rows", {"pages_a_day": "101"}, "Give 0 to 100 pages."),
        ("rows", {"pages_a_day": "x"}, "Give a whole number."),
        ("first", {"surface": "home", "products": "a lamp"}, "No product is called so."),
        ("first", {"surface": "home", "products": "a\x00b"}, "cannot be kept"),
        ("first", {"surface": "home"}, "Say which product."),
        ("never", {"products": "a lamp"}, "No product is called so."),
        ("never", {"collection": " "}, "Name a collection or category."),
        ("never", {"collection": "x" * 201}, "These are too many"),
        ("beside", {"because": "Tea", "only": ""}, "Name a collection or category."),
        ("beside", {"because": "Tea", "only": "Nope"}, "no collection or category of this name"),
        ("beside", {"because": "Nope", "only": "Tea"}, "no collection or category of this name"),
        ("never", {"collection": "<img src=x>"}, "no collection or category of this name"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(ada: Ada, world: World, path, form, said):
    answer = ada.send(f"recommendations/{path}", PATH, **form)
    assert answer.status_code == 422
    assert said in words_of(answer.text)
    assert wishes(world) == showing.Wishes()


@pytest.mark.parametrize("language", ["en", "ar", "zh-Hant"])
def test_every_language_has_the_whole_page(ada: Ada, language):
    ada.send("recommendations/first", PATH, surface="home", products="1")
    assert "Celadon teapot" in ada.see(PATH, lang=language)


def test_merchants_who_add_at_the_same_moment_lose_nothing(ada: Ada, world: World):
    keys = [str(number) for number in range(10, 18)]
    with world.database.write() as db:
        told = [Product(key, f"Bowl number {key}", 900) for key in keys]
        orders.record_products(db, world.shop.id, told, NOW)
    token = re.search(r'name="csrf" value="(\w+)"', ada.see(PATH))
    assert token
    ready = Barrier(len(keys))

    def add(key: str) -> list[int]:
        ready.wait()
        forms = {"first": {"surface": "home"}, "never": {}}
        return [
            ada.client.post(
                f"/admin/{ada.shop}/recommendations/{path}",
                base_url=HOME,
                data={"csrf": token[1], "products": f"Bowl number {key}", **more},
                headers={"Origin": HOME},
            ).status_code
            for path, more in forms.items()
        ]

    with ThreadPoolExecutor(len(keys)) as several:
        assert list(several.map(add, keys)) == [[303, 303]] * len(keys)
    kept = wishes(world)
    assert sorted(kept.pins["surface:home"]) == keys
    assert sorted(kept.products_out) == keys
