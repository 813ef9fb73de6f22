"""Which row a page shows, in what sequence it is looked for, and why each product is in it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from connector.core.facts import MemberErased
from connector.rooms.recommend import handlers, showing, store
from connector.rooms.recommend.showing import store as shown
from tests.rooms.recommend.acme import NOW, Acme


@pytest.fixture
def busy(acme):
    """Mia returns for tea; whoever buys tea has the pot; mugs sell lately and go with nothing."""
    acme.sells("tea", "pot", categories=("Tea",))
    acme.sells("mug", "vase", categories=("Clay",))
    for days_ago in (30, 20, 10):
        acme.order("tea", days_ago=days_ago, customer_key="mia")
    for number in range(6):
        acme.order("tea", "pot", days_ago=number + 1, customer_key=f"tea{number}")
        acme.order("mug", days_ago=number + 1, customer_key=f"mug{number}")
    acme.build()
    return acme


def test_a_products_page_shows_what_is_bought_with_it(busy):
    told = row(busy, "product", "tea")
    assert (told.kind, told.pages_a_day) == ("together", 8)
    assert said(told) == [("pot", "orders", 6, "Tea")]


def test_a_page_of_what_goes_with_nothing_shows_what_sells_lately_in_its_category(busy):
    told = row(busy, "product", "vase")
    assert (told.kind, said(told)) == ("trending", [("mug", "lately", 6, None)])


def test_a_cart_shows_what_goes_with_it_or_nothing(busy):
    assert said(row(busy, "cart", "tea", "vase")) == [("pot", "orders", 6, "Tea")]
    assert row(busy, "cart", "vase").kind is None


def test_an_order_is_completed_by_what_it_does_not_hold(busy):
    assert row(busy, "thank_you", "tea").kind == "complete"
    assert row(busy, "thank_you", "tea", "pot").kind is None
    told = row(busy, "thank_you", "mug", customer_key="mia")
    assert (told.kind, said(told)) == ("again", [("tea", "own", 3, None)])
    assert row(busy, "thank_you", "tea", "pot", customer_key="mia").kind is None


def test_an_account_begins_with_what_its_member_returns_for(busy):
    told = row(busy, "account", customer_key="mia")
    assert (told.kind, said(told)) == ("again", [("tea", "own", 3, None)])
    assert [one.kind for one in ladder(busy, "account", customer_key="mia")] == [
        "again",
        "for_you",
        "trending",
    ]
    for_you = ladder(busy, "account", customer_key="mia")[1]
    assert said(for_you) == [("pot", "because", 0, "Tea")]


def test_nobody_sees_what_sells_lately(busy):
    for surface in ("account", "home"):
        told = row(busy, surface)
        assert told.kind == "trending"
        assert {key: times for key, _, times, _ in said(told)} == {
            "tea": 8,
            "pot": 6,
            "mug": 6,
        }


def test_what_sold_long_ago_does_not_sell_lately(acme):
    """A history may end long before it is read."""
    acme.sells("mug", "vase", categories=("Clay",))
    acme.order("mug", times=5, days_ago=28)
    acme.build()
    assert row(acme, "home").kind is None
    assert row(acme, "product", "vase").kind is None
    acme.order("mug", "vase", times=3, days_ago=27)
    acme.build()
    assert said(row(acme, "product", "vase"))[0] == ("mug", "orders", 3, "Vase")
    assert {item[:3] for item in said(row(acme, "home"))} == {
        ("mug", "lately", 3),
        ("vase", "lately", 3),
    }


def test_lately_ends_with_a_day_of_the_shops_calendar(database):
    """Four weeks are the last 28 days there, whatever the hour of an order and of the build."""
    tokyo = Acme(database, timezone="Asia/Tokyo")
    late = datetime(2026, 11, 22, 16, tzinfo=UTC)  # is the 23rd in Tokyo
    tokyo.sells("mug", "cup")
    tokyo.order("mug", times=3, days_ago=27 + 5 / 8)  # is the 26th of October there
    tokyo.order("cup", times=3, days_ago=26 + 5 / 8)  # is the 27th
    tokyo.build(late)
    assert [item[0] for item in said(row(tokyo, "home"))] == ["cup"]


def test_what_a_browser_saw_comes_before_what_everybody_buys(busy):
    told = row(busy, "home", viewed=("vase", "gone", "mug"))
    assert (told.kind, said(told)) == (
        "viewed",
        [("vase", "seen", 0, None), ("mug", "seen", 0, None)],
    )


def test_a_cold_shop_goes_by_titles_and_says_so(acme):
    acme.sells("a", "b", title="Celadon teapot with a bamboo handle")
    acme.sells("c", title="Linen apron")
    acme.build()
    told = row(acme, "product", "a")
    assert (told.kind, said(told)) == (
        "similar",
        [("b", "titles", 0, "Celadon teapot with a bamboo handle")],
    )
    assert row(acme, "product", "c").kind is None
    for surface in ("account", "home", "cart"):
        assert row(acme, surface, "a").kind is None


def test_what_shares_but_a_size_is_not_called_similar(acme):
    acme.sells("flowers", title="S/6 crochet flowers")
    acme.sells("boxes", title="Paper boxes S/6")
    acme.sells("leaves", title="Crochet leaves")
    acme.build()
    told = row(acme, "product", "flowers")
    assert [key for key, *_ in said(told)] == ["leaves"]


def test_before_the_first_build_there_is_nothing_to_say(acme):
    acme.sells("tea")
    for surface in showing.SURFACES:
        assert row(acme, surface, "tea").kind is None


def test_who_bought_too_long_ago_to_be_stored_is_told_from_what_is(busy):
    with busy.database.write() as db:
        store.forget_member(db, busy.id, busy.member("mia"))
    (again, for_you, _) = ladder(busy, "account", customer_key="mia")
    assert said(again) == [("tea", "own", 3, None)]
    assert said(for_you) == [("pot", "because", 0, "Tea")]


def test_what_was_bought_since_the_newest_build_is_no_news(busy):
    busy.order("pot", "vase", days_ago=0, customer_key="mia")
    told = ladder(busy, "account", customer_key="mia")
    assert [one.kind for one in told] == ["again", "trending"]
    assert [key for key, *_ in said(told[0])] == ["tea", "vase"]  # pots are bought once


def test_the_first_order_is_enough_to_buy_again(busy):
    busy.order("vase", days_ago=0, customer_key="noor")
    assert said(row(busy, "account", customer_key="noor")) == [("vase", "own", 1, None)]


def test_who_is_erased_is_nobody(busy):
    (member_id,) = busy.erase("mia")
    with busy.database.write() as db:
        handlers.on_member_erased(db, [MemberErased(busy.id, member_id)], NOW)
    busy.build()
    with busy.database.read() as db:
        assert shown.members(db, busy.id) & {member_id} == set()
        found = shown.habits(db, busy.id, ["tea"])
    assert found == {"tea": (6, 0)}


def test_one_shops_rows_know_nothing_of_anothers(busy, database):
    other = type(busy)(database, "rival")
    other.sells("tea", "pot", "mug")
    for surface in showing.SURFACES:
        assert row(other, surface, "tea").kind is None


def test_a_row_asks_as_little_however_long_the_lists_are(busy):
    more = [f"p{n}" for n in range(40)]
    busy.sells(*more)
    for number in range(3):
        busy.order("tea", *more, days_ago=number + 1, customer_key="mia")
    busy.build()
    anybodys = questions(busy, "product", "tea")
    assert anybodys <= 3
    for surface in showing.SURFACES:
        assert questions(busy, surface, "tea", customer_key="mia") <= 9


# ------------------------------------------------------------------------------------------------


def questions(acme, surface, *products, customer_key=None):
    """How often the database is asked for one row."""
    asked = []

    def count(_connection, _cursor, statement, *_):
        asked.append(statement)

    with acme.database.read() as db:
        told = question(acme, surface, products, customer_key, ())
        shop = acme.shop(db)
        event.listen(acme.database.engine, "before_cursor_execute", count)
        showing.row(db, shop, told)
        event.remove(acme.database.engine, "before_cursor_execute", count)
    return len(asked)


def question(acme, surface, products, customer_key, viewed):
    member_id = acme.member(customer_key) if customer_key else None
    return showing.Question(surface=surface, products=products, member_id=member_id, viewed=viewed)


def row(acme, surface, *products, customer_key=None, viewed=()):
    with acme.database.read() as db:
        asked = question(acme, surface, products, customer_key, viewed)
        return showing.row(db, acme.shop(db), asked)


def ladder(acme, surface, *products, customer_key=None, viewed=()):
    with acme.database.read() as db:
        asked = question(acme, surface, products, customer_key, viewed)
        return showing.ladder(db, acme.shop(db), asked)


def said(told):
    return [(one.item.key, one.reason, one.times, one.beside) for one in told.shown]
