"""Scores of members: told once a day, of what is known by then, and of nobody who is gone."""

from datetime import timedelta

import numpy as np
import pytest

from connector.core.commerce import LineKind, Order, OrderState, Product
from connector.core.facts import HistoryImported, MemberErased
from connector.orders.service import record_products
from connector.rooms.recommend import handlers
from connector.rooms.recommend.rules import history, scores, visits, worth
from connector.rooms.recommend.rules.scores import Score
from connector.rooms.recommend.scoring import service as scoring
from connector.rooms.recommend.scoring import store
from tests.rooms.recommend.acme import NOW, Acme, line
from tests.rooms.recommend.test_together import TODAY, in_columns

TOMORROW = NOW + timedelta(days=1)
PEOPLE = 24


@pytest.fixture
def busy(acme):
    """Two dozen people buy tea each month for half a year, half of them until three months ago."""
    acme.sells("tea", "mug")
    past = [("mug", 3, 0)]
    for number in range(PEOPLE):
        silent = 95 if number % 2 else 0
        past += [("tea", 1 + number + silent + 30 * month, number) for month in range(6)]
    acme.hear(*(paid(*one) for one in past))
    acme.build()
    return acme


def paid(key, days_ago, number):
    placed_at = NOW - timedelta(days=days_ago)
    return Order(
        key=f"{key}-{number}-{days_ago}",
        state=OrderState.PAID,
        currency="USD",
        modified_at=placed_at,
        placed_at=placed_at,
        lines=(line(key),),
        customer_key=f"c{number}",
    )


def score(acme, now=NOW):
    return scoring.score(acme.database, acme.id, now)


def of(acme, customer_key):
    with acme.database.read() as db:
        return scoring.of_member(db, acme.id, acme.member(customer_key))


def basis(acme):
    with acme.database.read() as db:
        return scoring.basis(db, acme.id)


def due(acme, now=NOW):
    with acme.database.read() as db:
        return scoring.shops_due(db, now)


def leaving(acme, **asked):
    with acme.database.read() as db:
        return scoring.leaving(db, acme.id, **asked)


def needed(acme, customer_key):
    with acme.database.read() as db:
        return scoring.needed_again(db, acme.id, acme.member(customer_key))


def test_everybody_who_bought_has_scores(busy):
    assert score(busy)
    mine = of(busy, "c0")
    assert (mine.visits, [one.key for one in mine.again]) == (7, ["tea", "mug"])
    assert all(of(busy, f"c{number}").visits >= 6 for number in range(PEOPLE))
    assert not basis(busy).is_cold
    assert basis(busy).scored_at == NOW


def test_who_fell_silent_is_less_likely_to_come_back(busy):
    score(busy)
    here, silent = of(busy, "c2"), of(busy, "c3")
    assert here.buys_permille > silent.buys_permille
    assert here.yearly_thousandths > silent.yearly_thousandths > 0
    assert here.again[0].permille > silent.again[0].permille


def test_who_may_buy_in_90_days_may_in_a_year():
    """Of people who came often and left the model of purchases expects none at all."""
    past = [(who, TODAY - who % 30 - 30 * month, "t") for who in range(150) for month in range(14)]
    past += [
        (who, TODAY - 260 - who % 40 - day, "t")
        for who in range(150, 300)
        for day in range(0, 60, 3)
    ]
    told = scores.scores(history(in_columns(past)), TODAY + 1, listed=9)
    assert told.buys_learnt
    assert 0 < told.buys[200] < 50 < told.buys[0]
    assert (told.yearly >= told.buys).all()


def test_a_young_shop_scales_rates_to_what_happened(busy):
    """Too few examples to learn from: half of these people left, so the bare rate is too high."""
    score(busy)
    assert not basis(busy).buys_learnt
    assert not basis(busy).again_learnt
    tea = of(busy, "c0").again[0]
    # On six days of 151 since the first, its usual gap 30: within 30 days 1 - exp(-6 * 30/181)
    assert tea.key == "tea"
    assert 300 < tea.permille < 630


def test_scores_are_told_once_a_day(busy):
    assert due(busy) == [busy.id]
    assert score(busy)
    assert due(busy) == []
    assert not score(busy)
    busy.order("mug", days_ago=0.1, customer_key="c1")
    busy.build()
    assert due(busy) == []
    night = NOW.replace(hour=1, minute=10) + timedelta(days=1)
    assert due(busy, night - timedelta(seconds=1)) == []
    assert due(busy, night) == [busy.id]


def test_an_order_counts_from_the_next_day_on(busy):
    score(busy)
    busy.order("tea", days_ago=0, customer_key="new")
    assert of(busy, "new") is None
    score(busy, TOMORROW)
    assert of(busy, "new").visits == 1


def test_only_what_changed_is_written(busy, monkeypatch):
    score(busy)
    written = []
    put = store.put
    monkeypatch.setattr(store, "put", lambda *some, **named: written.append(put(*some, **named)))
    with busy.database.write() as db:
        scoring.hasten(db, busy.id, NOW)
    assert score(busy)
    assert written == [0]


def test_a_shop_that_few_return_to_tells_nothing(acme):
    acme.hear(*(paid("tea", number + 1, number % 31) for number in range(40)))
    acme.build()
    assert score(acme)
    assert basis(acme).is_cold
    assert of(acme, "c1") is None
    assert leaving(acme) == []


def test_a_shop_without_orders_is_cold(acme):
    acme.build()
    assert basis(acme).scored_at is None
    assert score(acme)
    assert basis(acme).is_cold


def test_who_is_erased_has_no_scores_from_that_moment(busy):
    score(busy)
    (member_id,) = busy.erase("c0")
    with busy.database.write() as db:
        handlers.on_member_erased(db, [MemberErased(busy.id, member_id)], NOW)
    for now in (NOW, TOMORROW):
        with busy.database.read() as db:
            assert scoring.of_member(db, busy.id, member_id) is None
        assert member_id not in [one.member_id for one in leaving(busy)]
        score(busy, now)


def test_who_is_erased_while_scores_are_told_gets_none(busy, monkeypatch):
    mine, gone = busy.member("c0"), []
    counted = scores.scores

    def told_late(*asked):
        gone.extend(busy.erase("c0"))
        return counted(*asked)

    monkeypatch.setattr(scoring, "scores", told_late)
    score(busy)
    assert gone == [mine]
    with busy.database.read() as db:
        assert scoring.of_member(db, busy.id, mine) is None
    assert of(busy, "c2") is not None


def test_scores_of_orders_that_are_gone_go(acme):
    acme.order("tea", customer_key="x", state=OrderState.CANCELLED)
    told = Score(1, 500, 0, [])
    with acme.database.write() as db:
        store.put(db, acme.id, {acme.member("x"): told})
        scoring.hasten(db, acme.id, NOW)
    assert of(acme, "x") == told
    score(acme)
    assert of(acme, "x") is None


def test_a_shop_knows_nothing_of_another_shops_members(busy):
    rival = Acme(busy.database, "rival")
    score(busy)
    with busy.database.read() as db:
        assert scoring.of_member(db, rival.id, busy.member("c0")) is None
        assert scoring.needed_again(db, rival.id, busy.member("c0")) == []
    assert leaving(rival) == []
    assert basis(rival).scored_at is None


def test_those_likeliest_to_leave_come_first_page_by_page(busy):
    busy.order("tea", days_ago=400, customer_key="once")
    score(busy)
    everybody = leaving(busy)
    assert len(everybody) == PEOPLE
    chances = [one.buys_permille for one in everybody]
    assert chances == sorted(chances)
    found, last = [], None
    while page := leaving(busy, after=last, limit=7):
        found += page
        last = page[-1]
    assert found == everybody
    assert {one.member_id for one in leaving(busy, visits=7)} == {busy.member("c0")}
    above = leaving(busy, least_permille=chances[5] + 1)
    assert [one.buys_permille for one in above] == [one for one in chances if one > chances[5]]


def test_what_nobody_can_buy_is_not_needed_again(busy):
    score(busy)
    assert [one.key for one in needed(busy, "c0")] == ["tea", "mug"]
    busy.sells("tea", in_stock=False)
    assert [(one.key, one.title) for one in needed(busy, "c0")] == [("mug", "Mug")]


def test_a_gift_card_is_needed_by_nobody(busy):
    card = line("card", kind=LineKind.GIFT_CARD)
    busy.order("card", days_ago=5, customer_key="c0", extra=[card])
    with busy.database.write() as db:
        record_products(db, busy.id, [Product("card", "Card", 900, "https://acme.example/c")], NOW)
    score(busy)
    assert "card" not in [one.key for one in of(busy, "c0").again]


def test_history_that_came_in_is_told_at_once(busy):
    score(busy)
    with busy.database.write() as db:
        handlers.on_history_imported(db, [HistoryImported(busy.id, 1)], NOW)
    assert due(busy) == [busy.id]


def test_many_members_are_told_in_short_parts(busy, monkeypatch):
    score(busy)
    whole = [of(busy, f"c{number}") for number in range(PEOPLE)]
    for number in range(PEOPLE):
        with busy.database.write() as db:
            scoring.forget(db, busy.id, busy.member(f"c{number}"))
    monkeypatch.setattr(scoring, "WRITTEN", 5)
    with busy.database.write() as db:
        scoring.hasten(db, busy.id, NOW)
    score(busy)
    assert [of(busy, f"c{number}") for number in range(PEOPLE)] == whole


def test_products_are_of_those_who_bought_last(busy, monkeypatch):
    monkeypatch.setattr(scoring, "LISTED", 1)
    score(busy)
    assert of(busy, "c0").again
    assert of(busy, "c2").buys_permille
    assert not of(busy, "c2").again


def test_a_year_of_history_says_half_of_the_next():
    known = visits.Visits(np.array([0, 3]), np.array([-400, -31, -1], np.int32))
    young = visits.Visits(np.array([0, 3]), np.array([-360, -31, -1], np.int32))
    x, last, age = np.array([2]), np.array([399]), np.array([400])
    model = worth.expected(worth.fit_purchases(x, last, age), x, last, age, 365)
    assert visits.in_a_year(known, 0) == pytest.approx((model + 2) / 2)
    x, last, age = np.array([2]), np.array([359]), np.array([360])
    model = worth.expected(worth.fit_purchases(x, last, age), x, last, age, 365)
    assert visits.in_a_year(young, 0) == pytest.approx(model)
