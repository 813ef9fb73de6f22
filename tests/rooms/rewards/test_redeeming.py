"""From the wish to its code, and everything that can end it before an order uses it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.core.discounts import Discount, DiscountKind
from connector.core.errors import Conflict, Forbidden, NotFound, PlatformBusy, PlatformError
from connector.core.facts import CodeIssued, PointsChanged, TierChanged, publish
from connector.members import store as member_store
from connector.rooms.rewards import catalogue, service
from connector.rooms.rewards.rules import Kind, Offer, Redemption
from tests.rooms.rewards.counter import COFFEE, counter
from tests.world import HEARD, NOOR, NOW

BUSY = PlatformBusy("platform_unreachable")


def code_of(one: Redemption) -> str:
    assert one.code is not None
    return one.code


def refused(shelf, reward, amount=None, error=Conflict):
    with pytest.raises(error) as told:
        shelf.redeem(reward, amount)
    return told.value.code


def test_a_wish_holds_points_and_gets_its_code_from_the_store(database):
    shelf = counter(database)
    one = shelf.redeem(shelf.offer())
    assert shelf.state(one) == ("reserved", 100, 0)
    assert shelf.left() == (150, 100)
    shelf.run()
    found = shelf.get(one)
    assert (found.state, found.discount_key) == ("issued", f"key-{one.code}")
    made = shelf.store.codes[code_of(one)]
    assert (made.value_minor, made.currency, made.ends_at) == (500, "USD", found.expires_at)
    assert found.expires_at == NOW + timedelta(days=90)
    assert shelf.told(PointsChanged) == [PointsChanged(shelf.world.shop.id, shelf.mia)]
    assert shelf.told(CodeIssued) == [CodeIssued(shelf.world.shop.id, shelf.mia, code_of(one))]
    assert shelf.store.calls == ["find", "make"]
    shelf.sound()


def test_a_paid_order_spends_the_points_and_the_reward_is_redeemed_once(database):
    shelf = counter(database)
    one = shelf.redeem(shelf.offer())
    shelf.run()
    shelf.order(one)
    shelf.order(one, minute=1, number="1a")
    assert shelf.state(one) == ("used", 0, 100)
    assert shelf.left() == (150, 0)
    shelf.sound()


def test_a_code_can_be_read_aloud_and_nobody_guesses_it(database):
    shelf = counter(database, points=1000)
    coffee = shelf.offer()
    codes = {code_of(shelf.redeem(coffee)) for _ in range(8)}
    assert len(codes) == 8
    for code in codes:
        assert code.startswith("PRL-")
        assert len(code) == 21
        assert not set(code[4:]) & set("01IOLU")


def test_a_lost_reply_makes_no_second_code(database):
    shelf = counter(database)
    shelf.store.late["make"] = BUSY
    one = shelf.redeem(shelf.offer())
    shelf.run(1)
    assert shelf.state(one) == ("reserved", 100, 0)
    shelf.again("code", one)
    assert shelf.state(one) == ("issued", 100, 0)
    assert shelf.store.calls == ["find", "make", "find"]
    shelf.again("code", one)
    assert shelf.store.calls == ["find", "make", "find"]
    shelf.sound()


def test_a_code_that_is_there_although_it_was_not_found_is_ours(database):
    shelf = counter(database)
    one = shelf.redeem(shelf.offer())
    shelf.again("code", one)
    shelf.world.adjust(shelf.mia, 100)
    other = shelf.redeem(shelf.offer(replace(COFFEE, names={"en": "Tea"})))
    shelf.store.trouble["make"] = Conflict("code_taken")
    shelf.store.codes[code_of(other)] = shelf.store.codes[code_of(one)]
    del shelf.store.calls[:]
    shelf.run()
    assert shelf.state(other) == ("issued", 100, 0)


@pytest.mark.parametrize("exists", [True, False])
def test_without_a_code_in_time_what_may_exist_goes_first_and_then_points_return(database, exists):
    shelf = counter(database)
    coffee = shelf.offer(replace(COFFEE, stock=1))
    one = shelf.redeem(coffee)
    if exists:
        shelf.store.late["make"] = BUSY
    else:
        shelf.store.trouble["find"] = BUSY
    shelf.run(1)
    shelf.sweep(minutes=16)
    assert shelf.state(one) == ("reserved", 100, 0)
    shelf.run()
    assert shelf.state(one) == ("failed", 0, 0)
    assert (shelf.store.codes, shelf.left(), shelf.get(one).problem) == (
        {},
        (250, 0),
        "no_code_in_time",
    )
    assert shelf.reward(coffee).taken == 0
    shelf.again("code", one)
    assert shelf.store.codes == {}
    shelf.sound()


def test_a_code_that_comes_too_late_is_removed_again(database):
    shelf = counter(database)
    one = shelf.redeem(shelf.offer())
    shelf.sweep(minutes=16)
    shelf.run()
    late = Discount(code_of(one), "Coffee", DiscountKind.AMOUNT, "USD", 500)
    shelf.store.codes[late.code] = late  # made by a call that nobody waited for
    shelf.do(lambda db, shop, now: service.issued(db, shop, one.id, f"key-{one.code}", now))
    shelf.run()
    assert (shelf.store.codes, shelf.state(one)) == ({}, ("failed", 0, 0))
    shelf.sound()


def test_a_store_that_refuses_gives_the_points_back_and_pauses_the_reward(database):
    shelf = counter(database, points=1000)
    coffee = shelf.offer()
    for _ in range(3):
        shelf.store.trouble["make"] = PlatformError("discounts_closed")
        one = shelf.redeem(coffee)
        shelf.run()
        assert shelf.state(one) == ("failed", 0, 0)
        assert shelf.get(one).problem == "discounts_closed"
    assert shelf.left() == (1000, 0)
    told = shelf.reward(coffee)
    assert (told.state, told.problem, told.taken) == ("paused", "discounts_closed", 0)
    assert refused(shelf, coffee) == "reward_paused"
    shelf.turn(coffee, on=True)
    shelf.redeem(coffee)
    shelf.sound()


def test_a_code_nobody_used_expires_and_points_return_as_they_were(database):
    shelf = counter(database)
    one = shelf.redeem(shelf.offer())
    shelf.run()
    shelf.sweep(days=89)
    assert shelf.state(one)[0] == "issued"
    shelf.sweep(days=2)
    assert shelf.state(one) == ("issued", 100, 0)
    shelf.run()
    assert (shelf.state(one), shelf.left()) == (("expired", 0, 0), (250, 0))
    assert shelf.store.codes == {}
    shelf.sound()


def test_a_member_can_change_her_mind_before_she_uses_it(database):
    shelf = counter(database)
    coffee = shelf.offer(replace(COFFEE, stock=1, budget_minor=500))
    one = shelf.redeem(coffee)
    shelf.run()
    with pytest.raises(NotFound):
        shelf.do(service.cancel, one.id, member_id=shelf.world.member(NOOR))
    shelf.cancel(one)
    shelf.cancel(one)
    shelf.run()
    assert (shelf.state(one), shelf.left()) == (("cancelled", 0, 0), (250, 0))
    told = shelf.reward(coffee)
    assert (told.taken, told.spent_minor, shelf.store.codes) == (0, 0, {})
    shelf.cancel(one)
    shelf.sound()


def test_what_is_used_or_in_an_order_cannot_be_cancelled(database):
    shelf = counter(database)
    one = shelf.redeem(shelf.offer())
    shelf.run()
    shelf.order(one, state="open", paid_at=None)
    with pytest.raises(Conflict, match="code_in_use"):
        shelf.cancel(one)
    shelf.order(one, minute=1)
    with pytest.raises(Conflict, match="too_late"):
        shelf.cancel(one)


def test_a_store_that_will_not_remove_a_code_leaves_it_to_the_merchant(database):
    shelf = counter(database)
    for given, after in ((False, ("cancelled", 0, 0)), (True, ("issued", 100, 0))):
        one = shelf.redeem(shelf.offer())
        shelf.run()
        shelf.cancel(one)
        shelf.store.trouble["remove"] = PlatformError("not_allowed")
        shelf.run()
        assert shelf.state(one) == ("parked", 100, 0)
        shelf.do(service.resolve, one.id, given=given)
        assert shelf.state(one) == after
        with pytest.raises(Conflict, match="not_parked"):
            shelf.do(service.resolve, one.id, given=given)
    shelf.sound()


def test_every_refusal_has_its_code_and_leaves_nothing(database):
    shelf = counter(database, points=150)
    shop_id = shelf.world.shop.id
    coffee = shelf.offer()
    assert refused(shelf, shelf.offer(replace(COFFEE, points=151))) == "insufficient_points"
    assert refused(shelf, shelf.offer(replace(COFFEE, stock=0))) == "out_of_stock"
    assert refused(shelf, shelf.offer(replace(COFFEE, budget_minor=499))) == "budget_spent"
    assert refused(shelf, shelf.offer(replace(COFFEE, points=None))) == "not_for_points"
    assert refused(shelf, coffee, 500, Exception) == "amount_fixed"
    silver = shelf.offer(replace(COFFEE, tier_level=2, per_member=1))
    assert refused(shelf, silver) == "tier_needed"
    with database.write() as db:
        publish(db, HEARD, [TierChanged(shop_id, shelf.mia, 2, 100)], NOW)
    shelf.redeem(silver)
    assert refused(shelf, silver) == "per_member"
    shelf.turn(coffee, on=False)
    assert refused(shelf, coffee) == "reward_paused"
    with database.write() as db:
        member_store.change(db, shop_id, shelf.mia, blocked_at=NOW)
    assert refused(shelf, silver, error=Forbidden) == "member_blocked"
    with pytest.raises(NotFound, match="member_not_found"):
        shelf.redeem(coffee, member=77)
    coffee = replace(coffee, id=78)
    with database.write() as db:
        member_store.change(db, shop_id, shelf.mia, blocked_at=None)
    assert refused(shelf, coffee, error=NotFound) == "reward_not_found"
    assert shelf.left() == (50, 100)
    shelf.sound()


def test_who_owes_points_redeems_nothing(database):
    shelf = counter(database, points=100)
    coffee = shelf.offer()
    one = shelf.redeem(coffee)
    shelf.run()
    shelf.order(one)
    shelf.order(one, minute=1, state="cancelled")
    again = shelf.redeem(coffee)
    shelf.order(one, minute=2)
    assert shelf.world.balance_of(shelf.mia).available == -100
    assert refused(shelf, coffee) == "below_zero"
    assert shelf.state(again)[0] == "reserved"
    shelf.sound()


def test_a_flexible_reward_is_worth_what_the_member_chooses(database):
    shelf = counter(database)
    flexible = Offer(
        Kind.AMOUNT,
        {"en": "Money off"},
        "USD",
        points_each=10,
        per_minor=100,
        least_minor=200,
        most_minor=2000,
        budget_minor=1000,
    )
    money = shelf.offer(flexible)
    assert refused(shelf, money, None, Exception) == "amount_missing"
    assert refused(shelf, money, 199, Exception) == "amount_range"
    assert refused(shelf, money, 2001, Exception) == "amount_range"
    one = shelf.redeem(money, 555)
    assert (one.points, one.value_minor) == (56, 555)
    assert refused(shelf, money, 446) == "budget_spent"
    shelf.redeem(money, 445)
    assert shelf.reward(money).spent_minor == 1000
    shelf.sound()


def test_a_change_never_touches_what_was_redeemed(database):
    shelf = counter(database)
    coffee = shelf.offer()
    one = shelf.redeem(coffee)
    cheaper = replace(COFFEE, points=10, value_minor=50, valid_days=1)
    with database.write() as db:
        catalogue.change(db, shelf.world.shop.id, coffee.id, cheaper, NOW)
    shelf.run()
    assert shelf.store.codes[code_of(one)].value_minor == 500
    assert shelf.get(one).points == 100
    assert shelf.redeem(coffee).points == 10
    shelf.sound()
