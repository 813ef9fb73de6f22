"""Store credit on both kinds of platforms, points for a cause, days on a tier, and gifts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.core.commerce import OrderState
from connector.core.discounts import Credit
from connector.core.errors import BadInput, Conflict, PlatformBusy, PlatformError
from connector.core.facts import (
    CodeIssued,
    GiftGiven,
    GiftWithdrawn,
    PointsDonated,
    RewardRedeemed,
)
from connector.core.i18n import LANGUAGES
from connector.core.money import Money
from connector.rooms.giving import handlers as giving_handlers
from connector.rooms.giving import service as giving
from connector.rooms.rewards import catalogue, rules, service
from connector.rooms.rewards.rules import Kind, Offer
from tests.rooms.rewards.counter import COFFEE, counter
from tests.world import NOOR, NOW, refund, took
from tests.world import goods as line

CREDIT = Offer(Kind.CREDIT, {"en": "Store credit"}, "USD", points=100, value_minor=1000)
BUSY = PlatformBusy("platform_timeout")
FIVE = Money(1000, "USD")


def waiting(database, points=250, number=1):
    """A Shopify member who waits for credit."""
    shelf = counter(database, points, platform="shopify")
    offer = shelf.offer(CREDIT)
    ones = [shelf.redeem(offer) for _ in range(number)]
    return shelf, *ones


# ------------------------------------------------------------------------ the platform's own money


def test_store_credit_is_noted_before_and_given_once(database):
    shelf, one = waiting(database)
    shelf.run()
    assert shelf.store.calls == ["credits", "credits", "give"]
    assert [arrival.money for arrival in shelf.store.arrivals] == [FIVE]
    assert (shelf.state(one), shelf.get(one).credit_key) == (("used", 0, 100), "c0")
    assert shelf.told(RewardRedeemed) == [RewardRedeemed(shelf.world.shop.id, shelf.mia, one.id)]
    shelf.sound()


def test_an_arrival_after_an_unknown_outcome_is_ours(database):
    shelf, one = waiting(database)
    shelf.store.arrivals.append(Credit("old", FIVE, NOW))
    shelf.again("credit", one)
    shelf.store.late["give"] = BUSY
    shelf.again("credit", one)
    assert shelf.state(one) == ("reserved", 100, 0)
    shelf.sweep(minutes=16)
    shelf.run()
    assert shelf.state(one) == ("used", 0, 100)
    assert [arrival.key for arrival in shelf.store.arrivals] == ["old", "c1"]
    shelf.sound()


def test_credit_that_never_arrived_is_given_again(database):
    shelf, one = waiting(database)
    shelf.again("credit", one)
    shelf.store.trouble["give"] = BUSY
    shelf.again("credit", one)
    shelf.run()
    assert (shelf.state(one), len(shelf.store.arrivals)) == (("used", 0, 100), 1)


@pytest.mark.parametrize(("given", "after"), [(True, ("used", 0, 100)), (False, ("failed", 0, 0))])
def test_of_two_arrivals_the_merchant_decides(database, given, after):
    shelf, one = waiting(database)
    shelf.again("credit", one)
    shelf.store.late["give"] = BUSY
    shelf.again("credit", one)
    shelf.store.arrivals.append(Credit("by hand", FIVE, NOW))
    shelf.run()
    assert (shelf.state(one), shelf.get(one).problem) == (("parked", 100, 0), "two_candidates")
    with pytest.raises(Conflict, match="too_late"):
        shelf.cancel(one)
    shelf.do(service.resolve, one.id, given=given)
    assert shelf.state(one) == after
    shelf.sound()


def test_credit_is_given_to_one_customer_one_at_a_time(database):
    shelf, first, second = waiting(database, number=2)
    shelf.again("credit", first)
    shelf.store.late["give"] = BUSY
    shelf.again("credit", second)
    assert [shelf.state(one)[0] for one in (first, second)] == ["reserved", "reserved"]
    shelf.run(5)
    assert [shelf.state(one) for one in (first, second)] == [("used", 0, 100)] * 2
    assert len(shelf.store.arrivals) == 2
    shelf.sound()


def test_a_store_that_refuses_credit_gives_the_points_back(database):
    shelf, one = waiting(database)
    shelf.store.trouble["give"] = PlatformError("credit_closed")
    shelf.run()
    assert (shelf.state(one), shelf.left()) == (("failed", 0, 0), (250, 0))
    shelf.sound()


def test_an_error_after_the_credit_came_is_no_refusal(database):
    shelf, one = waiting(database)
    shelf.store.late["give"] = PlatformError("unreadable")
    shelf.run()
    assert (shelf.state(one), len(shelf.store.arrivals)) == (("used", 0, 100), 1)


def test_credit_that_is_being_given_cannot_be_cancelled_and_does_not_time_out(database):
    shelf, one = waiting(database)
    shelf.again("credit", one)
    with pytest.raises(Conflict, match="being_made"):
        shelf.cancel(one)
    shelf.sweep(minutes=16)
    assert shelf.state(one) == ("reserved", 100, 0)
    shelf, one = waiting(database)
    shelf.sweep(minutes=16)
    shelf.run()
    assert (shelf.state(one), shelf.store.arrivals) == (("failed", 0, 0), [])
    shelf.sound()


# ----------------------------------------------------------------------- codes that hold a balance


def with_balance(database):
    shelf = counter(database)
    one = shelf.redeem(shelf.offer(CREDIT))
    shelf.run()
    return shelf, one


def test_a_code_with_a_balance_keeps_what_orders_leave_of_it(database):
    shelf, one = with_balance(database)
    assert (shelf.state(one), shelf.get(one).left_minor) == (("issued", 100, 0), 1000)
    shelf.order(one, "1", amount=300)
    shelf.run()
    assert (shelf.state(one), shelf.get(one).left_minor) == (("used", 0, 100), 700)
    assert shelf.store.codes[one.code].value_minor == 700
    shelf.order(one, "2", amount=700, state=OrderState.OPEN, paid_at=None)
    shelf.run()
    assert shelf.get(one).left_minor == 0
    assert shelf.store.codes[one.code].value_minor == 700  # nothing is left to be told
    shelf.order(one, "2", minute=1, state=OrderState.CANCELLED, amount=700)
    shelf.run()
    assert shelf.store.codes[one.code].value_minor == 700
    shelf.sound()


def test_the_rest_of_a_balance_waits_until_its_orders_are_paid(database):
    """Who cancels an unpaid order gives its use back to the store before we hear of it."""
    shelf, one = with_balance(database)
    shelf.order(one, amount=100, state=OrderState.OPEN, paid_at=None)
    shelf.run()
    assert shelf.get(one).left_minor == 900
    assert (shelf.store.codes[one.code].value_minor, shelf.store.calls.count("change")) == (
        1000,
        0,
    )
    shelf.order(one, minute=1, amount=100)
    shelf.run()
    assert shelf.store.codes[one.code].value_minor == 900
    shelf.order(one, "2", amount=200, state=OrderState.OPEN, paid_at=None)
    shelf.order(one, minute=2, amount=100, state=OrderState.REFUNDED)
    shelf.run()
    assert (shelf.get(one).left_minor, shelf.store.codes[one.code].value_minor) == (800, 900)
    shelf.order(one, "2", minute=3, amount=200, state=OrderState.CANCELLED)
    shelf.run()
    assert (shelf.get(one).left_minor, shelf.store.codes[one.code].value_minor) == (1000, 1000)
    shelf.sound()


def test_what_is_told_of_a_balance_is_looked_at_again_when_it_is_told(database):
    shelf, one = with_balance(database)
    shelf.order(one, amount=100)
    shelf.order(one, "2", amount=200, state=OrderState.OPEN, paid_at=None)
    shelf.run()
    assert "change" not in shelf.store.calls


def test_a_refund_goes_back_to_the_balance_and_points_stay_spent(database):
    shelf, one = with_balance(database)
    cup = line("a", 750, subtotal_minor=1000)
    shelf.order(one, amount=250, lines=(cup,))
    shelf.order(one, minute=1, amount=250, lines=(cup,), refunds=(refund("r", took(cup, 1)),))
    shelf.run()
    assert (shelf.state(one), shelf.get(one).left_minor) == (("used", 0, 100), 1000)
    assert shelf.store.codes[one.code].value_minor == 1000


def test_points_return_for_what_nobody_spent_of_a_balance_by_its_end(database):
    shelf, one = with_balance(database)
    shelf.order(one, amount=300)
    shelf.sweep(days=91)
    shelf.run()
    assert (shelf.state(one), shelf.store.codes) == (("used", 0, 30), {})
    shelf.order(one, minute=1, amount=300, state=OrderState.REFUNDED)
    assert shelf.state(one) == ("used", 0, 0)
    shelf.sound()


def test_a_balance_nobody_touched_expires_whole(database):
    shelf, one = with_balance(database)
    shelf.sweep(days=91)
    shelf.run()
    assert (shelf.state(one), shelf.left()) == (("expired", 0, 0), (250, 0))
    shelf.sound()


# ----------------------------------------------------------------------------- causes and VIP days


def donation(shelf):
    cause_id = shelf.world.riverbank.id
    return Offer(
        Kind.DONATION,
        {"en": "For the river"},
        "USD",
        points_each=1,
        per_minor=10,
        least_minor=100,
        most_minor=5000,
        cause_id=cause_id,
    )


def test_points_for_a_cause_can_be_undone_for_a_day_and_then_the_shop_owes_them(database):
    shelf = counter(database)
    river = shelf.offer(donation(shelf))
    one, other = shelf.redeem(river, 500), shelf.redeem(river, 1000)
    assert (shelf.state(one), shelf.left()) == (("issued", 50, 0), (100, 150))
    shelf.cancel(one)
    assert shelf.state(one) == ("cancelled", 0, 0)
    shelf.sweep(minutes=24 * 60 - 1)
    assert shelf.state(other) == ("issued", 100, 0)
    shelf.sweep(minutes=1)
    assert shelf.state(other) == ("used", 0, 100)
    with pytest.raises(Conflict, match="too_late"):
        shelf.cancel(other)
    (given,) = shelf.told(PointsDonated)
    assert (given.cause_id, given.minor, given.currency) == (river.offer.cause_id, 1000, "USD")
    assert given.points == 100
    with database.write() as db:
        giving_handlers.on_points_donated(db, [given], NOW)  # told twice, owed once
        (owed,) = giving.totals(db, shelf.world.shop.id)
    assert (owed.id, owed.due_minor) == (shelf.world.riverbank.id, 1000)
    shelf.sound()


def test_the_day_is_over_also_before_the_schedule_noticed(database):
    shelf = counter(database)
    one = shelf.redeem(shelf.offer(donation(shelf)), 500)
    shelf.now += timedelta(hours=24)
    with pytest.raises(Conflict, match="too_late"):
        shelf.cancel(one)


def test_vip_days_are_a_gift_of_the_tiers(database):
    shelf = counter(database)
    one = shelf.redeem(
        shelf.offer(Offer(Kind.VIP, {"en": "VIP week"}, "USD", points=80, tier_days=7))
    )
    assert shelf.state(one) == ("used", 0, 80)
    source = f"rewards:redemption:{one.id}"
    assert shelf.told(GiftGiven) == [
        GiftGiven(shelf.world.shop.id, shelf.mia, source, tier_days=7)
    ]
    shelf.sound()


# ------------------------------------------------------------------------------------------- gifts


def give(shelf, gift):
    shelf.do(lambda db, shop_id, now: service.give(db, shop_id, [gift], now))


def test_a_gift_is_a_redemption_without_a_price_once_for_its_source(database):
    shelf = counter(database, points=0)
    coffee = shelf.offer(replace(COFFEE, points=None, stock=0))
    gift = GiftGiven(shelf.world.shop.id, shelf.mia, "tiers:entry:1", 0, coffee.id, note="Thanks")
    give(shelf, gift)
    give(shelf, gift)
    with database.read() as db:
        (one,) = catalogue.open_of(db, shelf.world.shop.id, shelf.mia)
    assert (one.points, one.note, shelf.reward(coffee).taken) == (0, "Thanks", 1)
    shelf.run()
    assert one.code is not None
    told = CodeIssued(shelf.world.shop.id, shelf.mia, one.code, "tiers:entry:1")
    assert shelf.told(CodeIssued) == [told]
    shelf.order(one)
    assert shelf.state(one) == ("used", 0, 0)
    shelf.sound()


@pytest.mark.parametrize("is_spent", [True, False])
def test_a_gift_that_is_withdrawn_goes_unless_it_is_spent(database, is_spent):
    shelf = counter(database, points=0)
    gift = GiftGiven(shelf.world.shop.id, shelf.mia, "g", 0, shelf.offer().id)
    give(shelf, gift)
    shelf.run()
    with database.read() as db:
        (one,) = catalogue.open_of(db, shelf.world.shop.id, shelf.mia)
    if is_spent:
        shelf.order(one)
    gone = GiftWithdrawn(shelf.world.shop.id, shelf.mia, "g")
    shelf.do(lambda db, shop_id, now: service.withdraw(db, shop_id, [gone.source, "x"], now))
    shelf.run()
    assert shelf.state(one)[0] == ("used" if is_spent else "cancelled")
    assert bool(shelf.store.codes) is is_spent
    shelf.sound()


def test_a_gift_reaches_who_is_left_of_a_merge_and_nobody_erased(database):
    shelf = counter(database, points=0)
    noor = shelf.world.member(NOOR)
    coffee = shelf.offer()
    shelf.world.erase(noor)
    give(shelf, GiftGiven(shelf.world.shop.id, noor, "g", 0, coffee.id))
    give(shelf, GiftGiven(shelf.world.shop.id, shelf.mia, "h", 0, 77))
    assert shelf.reward(coffee).taken == 0


def test_the_merchant_sends_a_gift_with_a_note_to_some(database):
    shelf = counter(database, points=0)
    noor, shop_id = shelf.world.member(NOOR), shelf.world.shop.id
    coffee = shelf.offer()
    with database.read() as db:
        told = catalogue.gifts(
            db, shop_id, [shelf.mia, noor, noor], note=" Enjoy ", reward_id=coffee.id
        )
        points = catalogue.gifts(db, shop_id, [noor], note="", points=50)
        for wrong in (
            {"note": "x" * 301, "points": 1},
            {"note": ""},
            {"note": "", "points": 1, "reward_id": coffee.id},
            {"note": "", "points": -1},
        ):
            with pytest.raises(BadInput):
                catalogue.gifts(db, shop_id, [noor], **wrong)
    assert [(one.member_id, one.note) for one in told] == [(shelf.mia, "Enjoy"), (noor, "Enjoy")]
    assert len({one.source for one in (*told, *points)}) == 3
    for gift in told:
        give(shelf, gift)
    assert shelf.reward(coffee).taken == 2
    shelf.sound()


# ------------------------------------------------------------------------------------ what may be


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"names": {"en": " "}}, "name_length", "name"),
        ({"names": {"tlh": "qa"}}, "unknown_language", "name"),
        ({"names": {"en": "Free \u202ecup"}}, "invalid_text", "name"),
        ({"notes": {"en": "x" * 301}}, "note_length", "note"),
        ({"points": 0}, "amount_range", "points"),
        ({"points": 10**16}, "amount_range", "points"),
        ({"value_minor": 0}, "amount_range", "value_minor"),
        ({"value_minor": -5}, "amount_range", "value_minor"),
        ({"kind": Kind.PERCENT, "percent": 101}, "amount_range", "percent"),
        ({"kind": Kind.PRODUCT}, "product_missing", "product_key"),
        ({"kind": Kind.PRODUCT, "product_key": "7"}, "product_unknown", "product_key"),
        ({"kind": Kind.DONATION}, "cause_missing", "cause_id"),
        ({"kind": Kind.VIP}, "amount_range", "tier_days"),
        ({"kind": Kind.SHIPPING, "budget_minor": 5}, "cost_missing", "cost_minor"),
        ({"points_each": 1, "per_minor": 1}, "price_fixed", "points_each"),
        ({"points": None, "points_each": 1, "per_minor": 0}, "amount_range", "per_minor"),
        ({"valid_days": 0}, "amount_range", "valid_days"),
        ({"valid_days": 366}, "amount_range", "valid_days"),
        ({"stock": -1}, "amount_range", "stock"),
        ({"tier_level": 9}, "amount_range", "tier_level"),
        ({"currency": "EUR"}, "reward_currency", "currency"),
    ],
)
def test_what_cannot_be_offered_is_named_by_its_field(database, change, code, field):
    shelf = counter(database, points=0)
    with pytest.raises(BadInput) as told:
        shelf.offer(replace(COFFEE, **change))
    assert (told.value.code, told.value.field) == (code, field)


def test_a_reward_speaks_the_language_asked_for_or_another():
    names = {"ar": "قهوة", "en": "Coffee"}
    spoken = [rules.spoken(names, LANGUAGES[tag]) for tag in ("ar", "en", "zh-Hant")]
    assert spoken == ["قهوة", "Coffee", "Coffee"]
    assert rules.spoken({"ar": "قهوة"}, LANGUAGES["en"]) == "قهوة"
