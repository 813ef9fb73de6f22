"""What a member is shown: bought before, and new."""

import pytest

from connector.core.facts import MemberErased
from connector.rooms.recommend import handlers, showing, store
from connector.rooms.recommend.rules.returning import DECAY, SEASON
from tests.rooms.recommend.acme import NOW


@pytest.fixture
def busy(acme):
    """Mia buys tea again and again; everybody else who buys tea has the pot."""
    acme.sells("tea", "pot", "mug")
    for days_ago in (30, 20, 10):
        acme.order("tea", days_ago=days_ago, customer_key="mia")
    acme.order("mug", days_ago=90, customer_key="mia")
    for number in range(6):
        acme.order("tea", "pot", days_ago=number + 1, customer_key=f"other{number}")
    acme.build()
    return acme


def test_what_somebody_returns_for_comes_first_and_says_how_often(busy):
    assert again(busy, "mia") == [("tea", 3), ("mug", 1)]


def test_what_is_new_says_because_of_what(busy):
    assert unseen(busy, "mia") == [("pot", "Tea")]
    assert unseen(busy, "other1") == [("mug", "Tea")]


def test_scores_are_those_that_rank(busy):
    with busy.database.read() as db:
        told = store.member_lists(db, busy.id, busy.member("mia"))
    assert told is not None
    # Tea is in eight orders of late, the mug in none.
    tea = (1 + DECAY + DECAY**2) * 9**SEASON
    mug = DECAY**3
    assert [(one.key, one.score) for one in told.again] == [
        ("tea", 1000),
        ("mug", round(1000 * mug / tea)),
    ]
    assert [(one.key, one.score) for one in told.unseen] == [("pot", 1000)]


def test_what_is_sold_out_is_not_shown(busy):
    busy.sells("tea", in_stock=False)
    assert again(busy, "mia") == [("mug", 1)]


def test_a_new_order_counts_at_the_next_build(busy):
    for days_ago in (3, 2):
        busy.order("mug", days_ago=days_ago, customer_key="mia")
    busy.build()
    assert dict(again(busy, "mia")) == {"tea": 3, "mug": 3}


def test_who_is_erased_has_no_lists_from_that_moment(busy):
    (member_id,) = busy.erase("mia")
    with busy.database.write() as db:
        handlers.on_member_erased(db, [MemberErased(busy.id, member_id)], NOW)
    for _ in range(2):
        with busy.database.read() as db:
            assert store.member_lists(db, busy.id, member_id) is None
        assert kinds(busy, member_id) == ["trending"]
        busy.build()


def test_a_shop_knows_nothing_of_another_shops_members(busy, database):
    rival = type(busy)(database, "rival")
    rival.sells("tea", "pot", "mug")
    rival.order("tea", "pot", times=3)
    rival.build()
    assert kinds(rival, busy.member("mia")) == ["trending"]


# ------------------------------------------------------------------------------------------------


def rows(acme, member_id):
    """By kind, what an account may show."""
    with acme.database.read() as db:
        question = showing.Question(surface="account", member_id=member_id)
        told = showing.ladder(db, acme.shop(db), question)
    return {one.kind: one.shown for one in told}


def kinds(acme, member_id):
    return list(rows(acme, member_id))


def again(acme, customer_key):
    found = rows(acme, acme.member(customer_key))["again"]
    return [(one.item.key, one.times) for one in found]


def unseen(acme, customer_key):
    found = rows(acme, acme.member(customer_key))["for_you"]
    return [(one.item.key, one.beside) for one in found]
