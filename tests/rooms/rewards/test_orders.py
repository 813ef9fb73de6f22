"""What orders with a code make of its points: spent, back, and spent again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from connector import orders
from connector.app import SUBSCRIPTIONS
from connector.core.commerce import CodeUse, CustomerMerge, OrderState
from connector.core.facts import PointsChanged, RewardRedeemed, publish
from connector.rooms.rewards import catalogue, service
from connector.rooms.rewards.rules import Kind, Offer
from tests.rooms.rewards.counter import COFFEE, counter
from tests.world import NOOR, NOW, goods, order, refund, took

A = goods("a", 750, subtotal_minor=1000)
B = goods("b", 750, subtotal_minor=1000)
UNDONE = [OrderState.CANCELLED, OrderState.REFUNDED, OrderState.DELETED]


def issued(database, offer=COFFEE, points=250):
    shelf = counter(database, points)
    one = shelf.redeem(shelf.offer(offer), 1000 if offer.is_flexible else None)
    shelf.run()
    return shelf, one


def no_points(shelf):
    """What Mia has of the points she was given."""
    told = shelf.world.balance_of(shelf.mia)
    return told.available


def test_an_order_nobody_paid_keeps_points_held_also_beyond_their_time(database):
    shelf, one = issued(database)
    shelf.order(one, state=OrderState.OPEN, paid_at=None)
    assert shelf.state(one) == ("issued", 100, 0)
    shelf.sweep(days=91)
    shelf.run()
    assert shelf.state(one) == ("issued", 100, 0)
    shelf.order(one, minute=1)
    assert shelf.state(one) == ("used", 0, 100)
    shelf.sound()


@pytest.mark.parametrize("undone", UNDONE)
@pytest.mark.parametrize("was", [OrderState.OPEN, OrderState.PAID])
def test_an_undone_order_gives_points_back_and_ends_the_code(database, was, undone):
    shelf, one = issued(database)
    shelf.order(one, state=was, paid_at=None)
    shelf.order(one, minute=1, state=undone)
    state = "used" if was is OrderState.PAID else "cancelled"
    assert (shelf.state(one), no_points(shelf)) == ((state, 0, 0), 250)
    shelf.run()
    assert shelf.store.codes == {}
    shelf.sound()


@pytest.mark.parametrize("undone", UNDONE)
def test_an_order_paid_again_takes_the_points_again(database, undone):
    shelf, one = issued(database)
    shelf.order(one)
    for minute in (1, 3):
        shelf.order(one, minute=minute, state=undone)
        assert no_points(shelf) == 250
        shelf.order(one, minute=minute + 1)
        assert (shelf.state(one), no_points(shelf)) == (("used", 0, 100), 150)
    shelf.sound()


def test_an_open_order_undone_and_then_paid_takes_the_points_again(database):
    shelf, one = issued(database)
    shelf.order(one, state=OrderState.OPEN, paid_at=None)
    shelf.order(one, minute=1, state=OrderState.CANCELLED)
    shelf.order(one, minute=2, state=OrderState.OPEN, paid_at=None)
    assert shelf.state(one) == ("cancelled", 0, 0)
    shelf.order(one, minute=3)
    assert (shelf.state(one), no_points(shelf)) == (("used", 0, 100), 150)
    shelf.sound()


def test_points_return_in_proportion_to_the_discount_on_what_is_returned(database):
    shelf, one = issued(database)
    big = goods("a", 600, quantity=4, subtotal_minor=900)  # 300 off
    small = goods("b", 900, subtotal_minor=1100)  # 200 off
    told = {"lines": (big, small)}
    shelf.order(one, **told)
    back = refund("r1", took(big, 2))
    shelf.order(one, minute=1, refunds=(back,), **told)
    assert shelf.state(one) == ("used", 0, 70)  # 150 of the 500 off came back
    more = refund("r2", took(small, 1))
    shelf.order(one, minute=2, refunds=(back, more), **told)
    assert shelf.state(one) == ("used", 0, 30)
    rest = refund("r3", took(big, 2))
    shelf.order(one, minute=3, refunds=(back, more, rest), **told)
    assert (shelf.state(one), no_points(shelf)) == (("used", 0, 0), 250)
    shelf.sound()


def test_a_refund_that_is_deleted_takes_the_points_again_into_debt_if_they_are_spent(database):
    shelf, one = issued(database, points=100)
    back = refund("r1", took(A, 1))
    shelf.order(one)
    shelf.order(one, minute=1, refunds=(back,))
    assert no_points(shelf) == 50
    shelf.world.adjust(shelf.mia, -50)
    shelf.order(one, minute=2)
    assert (shelf.state(one), no_points(shelf)) == (("used", 0, 100), -50)
    shelf.order(one, minute=3, refunds=(back,))
    assert (shelf.state(one), no_points(shelf)) == (("used", 0, 50), 0)
    shelf.order(one, minute=4, state=OrderState.CANCELLED)
    assert (shelf.state(one), no_points(shelf)) == (("used", 0, 0), 50)
    shelf.sound()


def test_money_off_without_lines_returns_its_share_and_shipping_none(database):
    shelf, one = issued(database)
    shelf.order(one)
    shelf.order(one, minute=1, refunds=(refund("r1", other_minor=300),))
    assert shelf.state(one) == ("used", 0, 80)
    shelf.order(one, minute=2, refunds=(refund("r2", amount_minor=400),))
    assert shelf.state(one) == ("used", 0, 100)


def test_a_merchant_can_let_points_return_only_with_the_whole_order(database):
    shelf, one = issued(database, replace(COFFEE, returns_whole=True))
    shelf.order(one)
    shelf.order(one, minute=1, refunds=(refund("r1", took(A, 1)),))
    assert shelf.state(one) == ("used", 0, 100)
    shelf.order(one, minute=2, refunds=(refund("r1", took(A, 1), took(B, 1)),))
    assert shelf.state(one) == ("used", 0, 0)
    shelf.sound()


def test_free_shipping_is_used_up_until_everything_comes_back(database):
    shelf, one = issued(database, Offer(Kind.SHIPPING, {"en": "Free shipping"}, "USD", points=80))
    whole = (goods("a", 1000), goods("b", 1000))
    shelf.order(one, lines=whole)
    shelf.order(one, minute=1, lines=whole, refunds=(refund("r1", took(whole[0], 1)),))
    assert shelf.state(one) == ("used", 0, 80)
    both = refund("r1", took(whole[0], 1), took(whole[1], 1))
    shelf.order(one, minute=2, lines=whole, refunds=(both,))
    assert shelf.state(one) == ("used", 0, 0)


def test_a_code_in_several_orders_returns_only_what_all_of_them_returned(database):
    shelf, one = issued(database)
    shelf.order(one, "1")
    shelf.order(one, "2")
    shelf.order(one, "1", minute=1, state=OrderState.CANCELLED)
    assert shelf.state(one) == ("used", 0, 100)
    shelf.order(one, "2", minute=1, refunds=(refund("r1", took(A, 1)),))
    assert shelf.state(one) == ("used", 0, 50)
    shelf.order(one, "2", minute=2, state=OrderState.REFUNDED)
    assert shelf.state(one) == ("used", 0, 0)
    shelf.order(one, "1", minute=3)
    assert shelf.state(one) == ("used", 0, 100)
    shelf.sound()


def test_a_code_twice_in_one_order_is_one_use(database):
    shelf, one = issued(database)
    codes = (CodeUse(one.code, 250), CodeUse(one.code.lower(), 250))
    shelf.world.tell(order("1", A, B, codes=codes))
    assert shelf.state(one) == ("used", 0, 100)
    shelf.sound()


def test_a_code_in_somebody_elses_order_is_used_all_the_same(database):
    shelf, one = issued(database)
    shelf.order(one, customer_key=NOOR)
    assert (shelf.state(one), shelf.left()) == (("used", 0, 100), (150, 0))
    shelf.order(one, minute=1, customer_key=NOOR, state=OrderState.CANCELLED)
    assert shelf.left() == (250, 0)
    shelf.sound()


def test_a_code_that_vanishes_from_its_order_gives_its_points_back(database):
    shelf, one = issued(database)
    shelf.order(one)
    shelf.order(one, minute=1, codes=())
    assert (shelf.state(one), no_points(shelf)) == (("used", 0, 0), 250)
    shelf.sound()


def test_an_order_faster_than_our_own_errand_counts(database):
    shelf = counter(database)
    one = shelf.redeem(shelf.offer())
    shelf.order(one)
    assert shelf.state(one) == ("used", 0, 100)
    shelf.run()
    assert shelf.store.calls == []
    shelf.sound()


@pytest.mark.parametrize("end", ["cancel", "expire", "fail"])
def test_an_order_after_the_end_takes_the_points_all_the_same(database, end):
    shelf = counter(database)
    coffee = shelf.offer()
    one = shelf.redeem(coffee)
    if end == "fail":
        shelf.sweep(minutes=16)
    else:
        shelf.run()
        shelf.cancel(one) if end == "cancel" else shelf.sweep(days=91)
    shelf.run()
    assert (shelf.state(one)[1:], shelf.reward(coffee).taken) == ((0, 0), 0)
    shelf.order(one)
    assert (shelf.state(one), shelf.reward(coffee).taken) == (("used", 0, 100), 1)
    shelf.sound()


def test_an_order_between_the_wish_to_cancel_and_the_stores_answer_wins(database):
    shelf, one = issued(database)
    shelf.cancel(one)
    shelf.order(one)
    shelf.run()
    assert shelf.state(one) == ("used", 0, 100)
    shelf, one = issued(database)
    shelf.cancel(one)
    shelf.order(one, state=OrderState.OPEN, paid_at=None)
    shelf.run()
    assert shelf.state(one) == ("issued", 100, 0)
    shelf.sound()


def test_points_that_return_keep_their_origin_and_live_a_month_at_least(database):
    shelf, one = issued(database)
    shelf.order(one)
    shelf.order(one, minute=1, state=OrderState.CANCELLED)
    with database.read() as db:
        lots = [
            (row.origin, row.remaining)
            for row in db.exec_driver_sql("SELECT origin, remaining FROM ledger_lot").all()
            if row.remaining and row.origin.startswith("adjustment")
        ]
    assert sum(remaining for _, remaining in lots) == 250
    assert len({origin for origin, _ in lots}) == 1


def test_what_is_held_follows_into_a_merge_and_out_of_it(database):
    shelf, one = issued(database)
    noor = shelf.world.member(NOOR)
    shelf.world.tell(CustomerMerge(kept_key=NOOR, gone_key="1001"))
    assert shelf.get(one).member_id == noor
    shelf.cancel(shelf.get(one))
    shelf.run()
    assert shelf.state(one) == ("cancelled", 0, 0)
    assert shelf.world.balance_of(noor).available == 250
    assert shelf.world.balance_of(shelf.mia).available == 0
    shelf.sound()


def test_points_spent_before_a_merge_return_to_who_is_left(database):
    shelf, one = issued(database)
    shelf.order(one)
    noor = shelf.world.member(NOOR)
    shelf.world.tell(CustomerMerge(kept_key=NOOR, gone_key="1001"))
    shelf.order(one, minute=1, state=OrderState.CANCELLED, customer_key=NOOR)
    assert shelf.world.balance_of(noor).available == 250
    shelf.order(one, minute=2, customer_key=NOOR)
    assert shelf.world.balance_of(noor).available == 150
    shelf.do(lambda db, shop_id, _now: service.unmerge(db, shop_id, noor, shelf.mia))
    assert shelf.get(one).member_id == shelf.mia
    shelf.sound()


def test_a_wish_goes_with_whom_its_member_was_part_of_when_a_later_merge_is_undone(database):
    shelf, one = issued(database)
    noor, zoe = shelf.world.member(NOOR), shelf.world.member("1003")
    shelf.world.tell(CustomerMerge(kept_key=NOOR, gone_key="1001"))
    shelf.world.tell(CustomerMerge(kept_key="1003", gone_key=NOOR))
    assert shelf.get(one).member_id == zoe
    with database.write() as db:
        facts = shelf.world.members.unmerge(db, shelf.world.shop.id, noor, NOW, "staff:1")
        publish(db, SUBSCRIPTIONS, facts, NOW)
    assert shelf.get(one).member_id == noor
    shelf.sound()


def test_who_is_erased_leaves_nothing_open(database):
    shelf, one = issued(database)
    shelf.world.erase(shelf.mia)
    assert shelf.state(one) == ("cancelled", 0, 0)
    told = shelf.world.balance_of(shelf.mia)
    assert (told.available, told.held, told.pending) == (0, 0, 0)
    shelf.run()
    assert shelf.store.codes == {}
    shelf.order(one, customer_key=NOOR)
    assert shelf.state(one) == ("cancelled", 0, 0)
    shelf.sound()


def test_a_use_is_told_once(database):
    shelf, one = issued(database)
    world = shelf.world
    context = orders.Context(world.shop.id, world.shop.timezone, "fetch", trusted=True)
    placed = order("1", A, B, codes=(CodeUse(one.code, 500),))
    told = []
    for minute in range(3):
        state = OrderState.CANCELLED if minute == 1 else OrderState.PAID
        newest = structs.replace(
            placed, state=state, modified_at=placed.modified_at + timedelta(minutes=minute)
        )
        with database.write() as db:
            orders.record(db, context, world.members, [newest], NOW)
            (row,) = orders.store.by_keys(db, world.shop.id, ["1"]).values()
            told.append(service.settle(db, world.shop.id, [row.id], NOW))
    changed = PointsChanged(world.shop.id, shelf.mia)
    used = RewardRedeemed(world.shop.id, shelf.mia, one.id)
    assert told == [[changed, used], [changed], [changed]]
    shelf.sound()


def test_figures_count_what_stands(database):
    shelf = counter(database)
    coffee = shelf.offer()
    for member in range(2):
        one = shelf.redeem(coffee)
        shelf.run()
        shelf.order(one, f"a{member}")
        shelf.order(one, f"a{member}", minute=1, state=OrderState.CANCELLED)
    with database.read() as db:
        told = catalogue.figures(db, shelf.world.shop.id, shelf.now)[coffee.id]
    assert (told.uses, told.given_minor) == (0, 0)
    shelf.order(one, "b")
    with database.read() as db:
        told = catalogue.figures(db, shelf.world.shop.id, shelf.now)[coffee.id]
    assert (told.uses, told.given_minor) == (1, 500)
