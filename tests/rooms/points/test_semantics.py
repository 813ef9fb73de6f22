"""The points engine, row by row: each test is one row of the table of semantics.

Rows that belong to other rooms (redemption, tiers, referrals, points donated) are proved there.
"""

from datetime import timedelta

import pytest
from msgspec import structs

from connector.core.commerce import Customer, CustomerMerge, LineKind, OrderState, Person
from connector.core.errors import BadInput, InsufficientPoints
from connector.core.facts import publish
from connector.members import sides
from connector.program.rules import Caps, Rule, Terms
from connector.rooms.actions import service as actions
from connector.rooms.points import service as points
from tests.rooms.expiry.test_expiry import nights
from tests.rooms.points.test_orders import promise, tier, why
from tests.world import HEARD, MIA, NOOR, NOW, acme, donation, goods, order, refund, took

DAY = timedelta(days=1)
AFTER = NOW + 15 * DAY
CUP = goods("a", 6000, 3)


def kind(key, total_minor, of):
    return structs.replace(goods(key, total_minor), kind=of)


def test_earning_base_is_the_line_after_every_discount_without_tax_shipping_tips_and_gifts(
    database,
):
    world = acme(database)
    line = goods("a", 4000, subtotal_minor=6000, tax_minor=900)
    others = [kind("t", 700, LineKind.TIP), kind("g", 800, LineKind.GIFT_CARD), donation("d", 900)]
    world.tell(order("1", line, *others, shipping_minor=1500, tax_minor=900))
    assert why(world)[0] == 40
    promise(world, counts_tax=True)
    world.tell(order("2", line, *others))
    assert why(world, "2")[0] == 49


def test_paying_with_a_gift_card_earns_and_buying_one_never_does(database):
    world = acme(database)
    world.tell(order("1", kind("g", 5000, LineKind.GIFT_CARD)))  # bought
    world.tell(order("2", goods("a", 5000)))  # paid with it: tender changes no line
    assert (why(world, "1")[0], why(world, "2")[0]) == (0, 50)


def test_rounding_is_down_once_per_order_and_reversals_use_the_split(database):
    world = acme(database)
    one, two, three = goods("a", 50), goods("b", 50), goods("c", 150)
    world.tell(order("1", one, two, three))
    assert why(world)[0] == 2
    backs = [refund(line.key, took(line, 1)) for line in (one, two, three)]
    world.tell(order("1", one, two, three, minute=1, refunds=tuple(backs[:2])))
    left = why(world)[0]
    world.tell(order("1", one, two, three, minute=2, refunds=tuple(backs)))
    assert (left, why(world)[0]) == (1, 0)


def test_when_paid_points_wait_and_the_hold_or_the_delivery_ends_it(database):
    world = acme(database)
    world.tell(order("1", CUP))
    world.release(NOW + 13 * DAY)
    assert (world.balance().pending, world.balance().available) == (60, 0)
    world.release(AFTER)
    assert (world.balance().pending, world.balance().available) == (0, 60)
    promise(world, terms=Terms(hold_from="delivery"), hold_days=0)
    cash = order("2", CUP, state=OrderState.OPEN, paid_at=None)  # paid when it is handed over
    world.tell(cash)
    assert world.balance().pending == 0
    done = structs.replace(cash, state=OrderState.COMPLETED, completed_at=NOW, modified_at=NOW)
    world.tell(done)
    assert world.balance().available == 120


def test_multipliers_overlapping_rules_the_best_counts_once_and_bonuses_add(database):
    world = acme(database)
    promise(
        world,
        Rule(id="double", kind="multiplier", percent=200, priority=1),
        Rule(id="also", kind="multiplier", percent=200),
        Rule(id="plus", kind="order", points=7),
    )
    tier(world, 150)
    world.tell(order("1", CUP))
    assert why(world) == (
        127,
        "earned",
        {
            "rate": (60, 60, "gave"),
            "tier": (0, 0, "lower_multiplier"),
            "double": (60, 60, "gave"),
            "also": (0, 0, "lower_multiplier"),
            "plus": (7, 7, "gave"),
        },
    )


@pytest.mark.parametrize("undone", [OrderState.CANCELLED, OrderState.REFUNDED])
def test_cancel_full_refund_chargeback_takes_back_everything_the_order_gave(database, undone):
    world = acme(database)
    promise(world, Rule(id="plus", kind="order", points=7))
    world.tell(order("1", CUP))
    world.release(AFTER)
    world.tell(order("1", CUP, minute=1, state=undone), at=AFTER)
    assert (world.balance().available, world.balance().debt) == (0, 0)
    assert world.audit() == []


@pytest.mark.parametrize(
    ("back", "left"),
    [
        (refund("r", took(CUP, 1)), 46),  # two thirds of 60 and of 10
        (refund("r", other_minor=1500), 52),  # a quarter of the goods' money
        (refund("r", amount_minor=700), 70),  # shipping only
    ],
)
def test_partial_refund_takes_the_lines_share_the_moneys_share_or_nothing(database, back, left):
    world = acme(database)
    promise(world, Rule(id="plus", kind="order", points=10))
    world.tell(order("1", CUP))
    for minute in (1, 2, 3):  # cumulative, never applied again
        world.tell(order("1", CUP, minute=minute, refunds=(back,)))
        assert why(world)[0] == left


def test_refund_to_store_credit_is_a_refund_like_cash(database):
    world = acme(database)
    world.tell(order("1", CUP))
    credit = refund("credit", took(CUP, 3))  # no platform tells the tender in the refund's lines
    world.tell(order("1", CUP, minute=1, refunds=(credit,)))
    assert why(world)[0] == 0


def test_edit_exchange_posts_the_difference_by_the_orders_own_rule(database):
    world = acme(database)
    promise(world, Rule(id="plus", kind="order", points=10))
    world.tell(order("1", CUP))
    promise(world, rates={"USD": (9, 100)}, at=NOW)
    world.tell(order("1", goods("b", 8000), minute=1), at=NOW)
    assert why(world)[0] == 90
    assert world.audit() == []


def test_rule_changed_since_the_snapshot_always_holds(database):
    world = acme(database)
    world.tell(order("1", CUP))
    promise(world, rates={"USD": (5, 100)}, at=NOW)
    world.tell(order("1", CUP, minute=1, refunds=(refund("r", took(CUP, 1)),)), at=NOW)
    assert why(world)[0] == 40


def test_spent_before_refund_goes_below_zero_blocks_redeeming_and_later_points_repay(database):
    world = acme(database)
    world.tell(order("1", CUP))
    world.release(AFTER)
    world.adjust(world.member(), -60, AFTER)
    world.tell(order("1", CUP, minute=1, state=OrderState.REFUNDED), at=AFTER)
    assert world.balance().available == -60
    with pytest.raises(InsufficientPoints):
        world.adjust(world.member(), -1, AFTER)
    world.tell(order("2", goods("b", 8000)), at=AFTER)
    assert world.balance().available == 20
    small = Terms(forgive_points=100)
    promise(world, terms=small, at=AFTER)
    world.adjust(world.member(), -20, AFTER)
    world.tell(order("2", goods("b", 8000), minute=9, state=OrderState.CANCELLED), at=AFTER)
    assert (world.balance().available, world.balance().debt) == (0, 0)
    assert world.audit() == []


def test_expiry_is_by_lots_after_two_delivered_notices_and_regions_may_forbid_time_alone(database):
    world = acme(database)
    with pytest.raises(BadInput) as caught:
        promise(world, terms=Terms(expiry="lot", no_time_expiry=True))
    assert (caught.value.code, caught.value.field) == ("expiry_region", "terms.expiry")
    promise(world, terms=Terms(expiry="lot", expiry_months=1), at=NOW)
    world.adjust(world.member(), 50)
    nights(world, 0, 45, shown=False)
    assert world.balance().available == 50
    nights(world, 46, 90)
    assert world.balance().available == 0


def test_currency_is_the_orders_own_and_no_rate_is_no_points(database):
    world = acme(database)
    promise(world, rates={"USD": (1, 100), "JPY": (2, 100)})
    world.tell(order("1", goods("a", 500), currency="JPY"))
    world.tell(order("2", goods("a", 500), currency="EUR"))
    assert (why(world, "1")[0], why(world, "2")[:2]) == (10, (0, "no_rate"))


def test_guest_points_wait_for_the_account_with_that_mailbox(database):
    world = acme(database)
    somebody = Person(email="mia@x.example")
    world.tell(order("1", CUP, customer_key=None, person=somebody))
    assert why(world)[0] == 60
    told = Customer(MIA, somebody, modified_at=NOW, email_verified=True)
    world.tell(told)
    world.tell(order("2", CUP, person=somebody))
    assert world.balance().pending == 120
    assert world.audit() == []


def test_merge_moves_entries_keeps_dates_dedupes_what_is_had_once_and_can_be_undone(database):
    world = acme(database)
    promise(world, Rule(id="first", kind="first_order", points=100))
    world.tell(order("1", CUP), order("2", CUP, customer_key=NOOR))
    mia, noor = world.member(MIA), world.member(NOOR)
    world.tell(CustomerMerge(kept_key=NOOR, gone_key=MIA))
    assert world.balance_of(noor).pending == 220
    world.release(AFTER)
    with database.write() as db:
        facts = world.members.unmerge(db, world.shop.id, mia, AFTER, "staff:1")
        publish(db, HEARD, facts, AFTER)
    assert [world.balance_of(one).available for one in (mia, noor)] == [160, 160]
    assert world.audit() == []


def test_birthday_occasion_is_once_a_year_on_its_day_and_a_late_date_counts_next_year(database):
    world = acme(database)
    promise(world, Rule(id="b", kind="occasion", occasion="birthday", points=50))
    mia = world.member()
    with database.write() as db:
        told = {"shop_id": world.shop.id, "name": "birthday", "month_day": "11-24"}
        sides.put_occasion(
            db,
            **told,
            member_id=mia,
            set_at=NOW - 90 * DAY,
            counts_from="2026-01-01",
            greet_at=NOW,
        )
        given = [
            sum(one.points for one in actions.celebrate(db, world.shop.id, NOW + days * DAY))
            for days in (0, 2, 2, 3, 367, 368)
        ]
    assert given == [0, 50, 0, 0, 50, 0]


def test_duplicates_reordering_change_nothing(database):
    told = [
        order("1", CUP),
        order("1", CUP, minute=1, refunds=(refund("r", took(CUP, 1)),)),
        order("2", goods("b", 2000), minute=2),
    ]
    found = []
    for sequence in (told, told[::-1], [told[1], told[0], told[2], *told]):
        world = acme(database)
        promise(world, Rule(id="r", kind="order", points=9))
        for one in sequence:
            world.tell(one)
        found.append((why(world, "1")[0], why(world, "2")[0]))
    assert found == [(46, 29)] * 3


def test_donation_line_earns_nothing_and_a_bonus_for_it_goes_with_it(database):
    world = acme(database)
    gift = donation("d", 5000)
    promise(world, Rule(id="kind", kind="donation", points=5))
    world.tell(order("1", gift))
    assert why(world)[2]["kind"] == (5, 5, "gave")
    world.tell(order("1", gift, minute=1, refunds=(refund("r", took(gift, 1)),)))
    assert why(world)[0] == 0


def test_staff_b2b_test_draft_orders_earn_nothing(database):
    world = acme(database)
    promise(world, terms=Terms(order_tags=("staff-order",)))
    world.tell(order("1", CUP, tags=("b2b",)))
    world.tell(order("2", CUP, is_test=True))
    world.tell(order("3", CUP, tags=("Staff-Order",)))
    world.tell(order("4", CUP, state=OrderState.OPEN, paid_at=None))
    assert [why(world, key)[:2] for key in "1234"] == [
        (0, "b2b"),
        (0, "test_order"),
        (0, "excluded_order"),
        (0, "not_paid"),
    ]


def test_erasure_closes_the_balance_by_a_forfeiture_so_that_the_books_tie(database):
    world = acme(database)
    world.tell(order("1", CUP))
    mia = world.member()
    world.erase(mia)
    assert world.balance_of(mia) == points.Balance(0, 0, 0, 0)
    assert world.audit() == []


def test_adjustment_needs_a_reason_and_never_makes_debt(database):
    world = acme(database)
    mia = world.member()
    with database.write() as db:
        for amount, reason in ((5, " "), (0, "why"), (5, "x" * 201)):
            with pytest.raises(BadInput):
                points.adjust(
                    db, world.shop.id, mia, amount, reason=reason, made_by="staff:1", now=NOW
                )
    with pytest.raises(InsufficientPoints):
        world.adjust(mia, -1)


def test_caps_hold_whatever_comes_in_whatever_sequence(database):
    rule = Rule(id="r", kind="spend", rates={"USD": (1, 100)}, caps=Caps(per_member=70))
    told = [order(str(number), goods("a", 3000 + 1000 * number)) for number in range(4)]
    for sequence in (told, told[::-1]):
        world = acme(database)
        promise(world, rule)
        for one in sequence:
            world.tell(one)
        assert sum(why(world, str(number))[2]["r"][1] for number in range(4)) == 70
        assert world.audit() == []
