"""Rules of orders: what each kind gives, when it does not, and what is frozen."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from connector import orders
from connector.core import noticed
from connector.core.commerce import Customer, CustomerMerge, OrderState, Product
from connector.core.facts import Fact, GiftWithdrawn, TierChanged, publish
from connector.members import store as member_store
from connector.program.rules import Caps, Rule, Scope, Terms
from connector.rooms.points import service as points
from tests.world import HEARD, MIA, NOOR, NOW, acme, donation, goods, order, refund, took

DAY = timedelta(days=1)
AFTER = NOW + 15 * DAY
CUP = goods("a", 6000, 3, product_key="cup")
BOWL = goods("b", 2000, product_key="bowl")
TEA = Scope(categories=("Tea",))


def promise(world, *rules, terms=None, at=NOW - 2 * DAY, **changes):
    with world.database.write() as db:
        known = points.program(db, world.shop.id)
        wanted = replace(known, rules=rules, terms=terms or known.terms, **changes)
        return points.publish_program(db, world.shop.id, wanted, at)


def stock(world, *products):
    with world.database.write() as db:
        orders.record_products(db, world.shop.id, products, NOW - 3 * DAY)


def why(world, key="1"):
    """(points, reason, {rule or kind: (earned, kept, reason)}) of an order, by its diagnosis."""
    with world.database.read() as db:
        row = orders.store.by_keys(db, world.shop.id, [key])[key]
        told = points.diagnose(db, world.shop.id, row.id)
    parts = {
        one.rule_id or one.kind: (one.earned, one.kept, one.reason) for one in told.trace.rules
    }
    assert told.posted == told.trace.points
    return told.trace.points, told.trace.reason, parts


def tier(world, percent, key=MIA):
    fact = TierChanged(world.shop.id, world.member(key), 2, percent)
    with world.database.write() as db:
        publish(db, {TierChanged: HEARD[TierChanged][:1]}, [fact], NOW)


def block(world, member_id):
    with world.database.write() as db:
        member_store.change(db, world.shop.id, member_id, blocked_at=NOW)


def test_a_spend_rule_adds_on_what_its_scope_names(database):
    world = acme(database)
    stock(world, Product("cup", categories=("tea ",), modified_at=NOW), Product("bowl"))
    promise(world, Rule(id="tea", kind="spend", rates={"USD": (1, 200)}, scope=TEA))
    world.tell(order("1", CUP, BOWL))
    assert why(world) == (110, "earned", {"rate": (80, 80, "gave"), "tea": (30, 30, "gave")})
    world.tell(order("1", CUP, BOWL, minute=1, refunds=(refund("r", took(CUP, 1)),)))
    assert why(world)[0] == 80
    assert world.audit() == []


def test_matches_are_frozen_and_new_lines_are_matched_when_they_come(database):
    world = acme(database)
    stock(world, Product("cup", categories=("Tea",), modified_at=NOW - 3 * DAY), Product("bowl"))
    promise(world, Rule(id="tea", kind="spend", rates={"USD": (1, 100)}, scope=TEA))
    world.tell(order("1", CUP))
    stock(
        world,
        Product("cup", categories=("Other",), modified_at=NOW),
        Product("bowl", categories=("Tea",), modified_at=NOW),
    )
    world.tell(order("1", CUP, BOWL, minute=1))
    assert why(world)[2]["tea"] == (80, 80, "gave")


@pytest.mark.parametrize(
    ("kind", "lines", "reason"),
    [
        ("order", (goods("x", 0),), "nothing_counts"),
        ("donation", (CUP,), "no_gift"),
        ("donation", (CUP, donation("d", 500)), "gave"),
        ("order", (CUP,), "gave"),
        ("first_order", (CUP,), "gave"),
    ],
)
def test_fixed_points_of_an_order(database, kind, lines, reason):
    world = acme(database)
    promise(world, Rule(id="r", kind=kind, points=25))
    world.tell(order("1", *lines))
    assert why(world)[2]["r"] == ((25, 25, "gave") if reason == "gave" else (0, 0, reason))


def test_a_gift_given_back_takes_its_bonus_along(database):
    world = acme(database)
    gift = donation("d", 500)
    promise(world, Rule(id="r", kind="donation", points=25))
    world.tell(order("1", CUP, gift))
    world.tell(order("1", CUP, gift, minute=1, refunds=(refund("r", took(gift, 1)),)))
    assert why(world)[2] == {"rate": (60, 60, "gave"), "r": (25, 0, "refunded")}


def test_the_best_multiplier_counts_once_on_each_line(database):
    world = acme(database)
    stock(world, Product("cup", tags=("sale",), modified_at=NOW), Product("bowl"))
    promise(
        world,
        Rule(id="double", kind="multiplier", percent=200),
        Rule(id="triple", kind="multiplier", percent=300, scope=Scope(tags=("Sale",))),
    )
    tier(world, 150)
    world.tell(order("1", CUP, BOWL))
    assert why(world) == (
        60 * 3 + 20 * 2,
        "earned",
        {
            "rate": (80, 80, "gave"),
            "tier": (0, 0, "lower_multiplier"),
            "double": (20, 20, "gave"),
            "triple": (120, 120, "gave"),
        },
    )


def test_a_tiers_multiplier_is_frozen_when_the_order_begins_to_earn(database):
    world = acme(database)
    tier(world, 150)
    world.tell(order("1", CUP))
    tier(world, 300)
    world.tell(order("1", CUP, BOWL, minute=1))
    assert why(world)[0] == 120
    tier(world, 100)
    world.tell(order("2", CUP))
    assert why(world, "2")[0] == 60
    assert world.audit() == []


def test_windows_and_minimums_close_a_rule_and_say_so(database):
    world = acme(database)
    promise(
        world,
        Rule(id="over", kind="order", points=5, ends_at=NOW - timedelta(hours=1)),
        Rule(id="now", kind="order", points=6, starts_at=NOW - timedelta(hours=1)),
        Rule(id="big", kind="order", points=7, minimum={"USD": 6001}),
        Rule(id="euros", kind="order", points=8, minimum={"EUR": 1}),
    )
    world.tell(order("1", CUP))
    assert why(world)[2] == {
        "rate": (60, 60, "gave"),
        "over": (0, 0, "window"),
        "now": (6, 6, "gave"),
        "big": (0, 0, "minimum"),
        "euros": (0, 0, "minimum"),
    }


def test_only_one_order_is_the_first_in_whatever_sequence_they_come(database):
    promised = Rule(id="first", kind="first_order", points=100)
    one, two = order("1", CUP), order("2", CUP, placed_at=NOW - timedelta(minutes=5))
    for told in ([one, two], [two, one]):
        world = acme(database)
        promise(world, promised)
        for each in told:
            world.tell(each)
        assert sorted([why(world, "1")[0], why(world, "2")[0]]) == [60, 160]
    world = acme(database)
    promise(world, promised)
    world.tell(two, one)
    assert (why(world, "1")[0], why(world, "2")[0]) == (160, 60)


def test_what_was_bought_before_us_is_an_earlier_order(database):
    world = acme(database)
    promise(world, Rule(id="first", kind="first_order", points=100))
    long_ago = NOW - 400 * DAY
    world.tell(order("0", CUP, placed_at=long_ago, paid_at=long_ago), source="import")
    world.tell(order("1", CUP))
    assert why(world)[2]["first"] == (0, 0, "not_first")


@pytest.mark.parametrize(
    ("caps", "first", "second"),
    [
        (Caps(per_member=50), 50, 0),
        (Caps(per_day=35), 35, 0),
        (Caps(per_month=70), 60, 10),
        (Caps(per_rule=61), 60, 1),
    ],
)
def test_caps_leave_what_they_leave(database, caps, first, second):
    world = acme(database)
    promise(world, Rule(id="r", kind="spend", rates={"USD": (1, 100)}, caps=caps))
    world.tell(order("1", CUP))
    world.tell(order("2", CUP))
    assert (why(world, "1")[2]["r"][0], why(world, "2")[2]["r"][0]) == (first, second)
    assert why(world, "2")[2]["r"][2] == "cap"
    other = why_of_other(world)
    assert other == (0 if caps.per_rule else first)
    assert world.audit() == []


def why_of_other(world):
    world.tell(order("3", CUP, customer_key=NOOR))
    return why(world, "3")[2]["r"][0]


@pytest.mark.parametrize(
    "caps", [Caps(per_member=50), Caps(per_day=50), Caps(per_month=50), Caps(per_rule=50)]
)
@pytest.mark.parametrize("state", [OrderState.CANCELLED, OrderState.REFUNDED, OrderState.DELETED])
def test_an_undone_order_frees_what_it_had_of_every_cap(database, caps, state):
    world = acme(database)
    rule = Rule(id="r", kind="spend", rates={"USD": (1, 100)}, caps=caps)
    promise(world, rule)
    world.tell(order("1", CUP))
    assert why(world, "1")[2]["r"][1] == 50
    world.tell(order("1", CUP, minute=1, state=state))
    world.tell(order("2", CUP))
    assert why(world, "2")[2]["r"][1] == 50
    assert world.audit() == []


def test_what_a_refund_gives_back_to_a_cap_another_order_may_have(database):
    world = acme(database)
    rule = Rule(id="r", kind="spend", rates={"USD": (1, 100)}, caps=Caps(per_member=50))
    promise(world, rule)
    world.tell(order("1", CUP))
    world.tell(order("1", CUP, minute=1, state=OrderState.CANCELLED))
    world.tell(order("2", CUP))
    assert why(world, "2")[2]["r"][1] == 50
    world.tell(order("1", CUP, minute=2))
    assert why(world, "1")[2]["r"][1] == 0
    assert world.audit() == []


@pytest.mark.parametrize(
    ("terms", "told", "customer", "reason"),
    [
        (Terms(order_tags=("Wholesale",)), {"tags": ("wholesale",)}, None, "excluded_order"),
        (Terms(), {"tags": ("b2b",)}, None, "b2b"),
        (Terms(counts_b2b=True), {"tags": ("b2b",)}, None, "earned"),
        (Terms(member_tags=("staff",)), {}, Customer(MIA, tags=("Staff",)), "excluded_member"),
        (
            Terms(member_tags=("Trade",)),
            {},
            Customer(MIA, tags=("role:trade",)),
            "excluded_member",
        ),
        (Terms(member_tags=("role:trade",)), {}, Customer(MIA, tags=("trade",)), "earned"),
        (Terms(), {"is_test": True}, None, "test_order"),
    ],
)
def test_who_and_what_is_excluded(database, terms, told, customer, reason):
    world = acme(database)
    promise(world, Rule(id="r", kind="order", points=9), terms=terms)
    if customer:
        world.tell(customer)
    world.tell(order("1", CUP, **told))
    assert why(world)[1] == reason
    assert (world.balance().pending > 0) == (reason == "earned")


def test_a_blocked_member_earns_nothing_and_says_so(database):
    world = acme(database)
    block(world, world.member())
    world.tell(order("1", CUP))
    assert why(world)[1] == "blocked"
    assert world.balance().pending == 0


def test_a_hold_from_delivery_begins_when_the_order_is_completed(database):
    world = acme(database)
    promise(world, terms=Terms(hold_from="delivery"), hold_days=3)
    world.tell(order("1", CUP))
    world.release(AFTER)
    assert world.balance().pending == 60
    done = order("1", CUP, minute=1, state=OrderState.COMPLETED, completed_at=AFTER)
    world.tell(done, at=AFTER)
    world.release(AFTER + 2 * DAY)
    assert world.balance().available == 0
    world.release(AFTER + 3 * DAY)
    assert world.balance().available == 60
    assert world.audit() == []


def test_points_that_do_not_qualify_are_told_apart(database):
    world = acme(database)
    promise(world, Rule(id="r", kind="order", points=40, qualifies=False))
    world.tell(order("1", CUP))
    world.tell(order("1", CUP, minute=1, refunds=(refund("r", took(CUP, 1)),)))
    with database.read() as db:
        found = db.exec_driver_sql(
            "SELECT SUM(CASE from_account WHEN 'program' THEN 1 ELSE -1 END * qualifying)"
            " FROM ledger_entry"
        ).scalar()
    assert found == 40
    assert world.audit() == []


def test_a_reward_is_given_when_the_hold_ends_and_withdrawn_with_the_order(database):
    world = acme(database)
    promise(world, Rule(id="vip", kind="first_order", tier_days=30))
    world.tell(order("1", CUP))
    world.release(AFTER - 2 * DAY)
    assert told_gifts(world) == []
    world.release(AFTER)
    world.release(AFTER)
    ((kind, source),) = told_gifts(world)
    assert (kind, source[:13], source[-6:]) == ("GiftGiven", "points:order:", ":vip:1")
    undone = order("1", CUP, minute=2, state=OrderState.REFUNDED)
    heard: list[Fact] = []

    def hear(_db, facts, _now):
        heard.extend(facts)
        return []

    told = {**HEARD, GiftWithdrawn: (hear,)}
    with database.write() as db:
        context = orders.Context(world.shop.id, world.shop.timezone, "fetch", True)
        publish(db, told, orders.record(db, context, world.members, [undone], AFTER), AFTER)
    assert [getattr(one, "source", "") for one in heard] == [source]
    assert world.audit() == []


def told_gifts(world):
    """(fact, source) of what the release noticed."""
    with world.database.read() as db:
        rows = db.execute(noticed.fact_noticed.select())
        return [(row.fact, row.told["source"]) for row in rows if "source" in row.told]


def test_two_who_become_one_have_one_first_order_and_one_cap(database):
    world = acme(database)
    promise(
        world,
        Rule(id="first", kind="first_order", points=100),
        Rule(id="r", kind="order", points=10, caps=Caps(per_member=10)),
    )
    world.tell(order("1", CUP))
    world.tell(order("2", CUP, customer_key=NOOR))
    assert world.balance(NOOR).pending == 170
    world.tell(CustomerMerge(kept_key=NOOR, gone_key=MIA))
    assert world.balance(NOOR).pending == 60 + 60 + 100 + 10
    assert world.audit() == []


def test_a_currency_change_keeps_the_frozen_context(database):
    world = acme(database)
    promise(
        world,
        Rule(id="double", kind="multiplier", percent=200),
        rates={"USD": (1, 100), "EUR": (3, 100)},
    )
    world.tell(order("1", CUP))
    world.tell(structs.replace(order("1", CUP, minute=1), currency="EUR"))
    assert why(world)[0] == 360


def test_who_is_excluded_is_judged_again_by_our_first_own_look_at_the_order(database):
    world = acme(database, platform="shopify")
    promise(world, terms=Terms(member_tags=("staff",)))
    world.tell(order("1", CUP), source="hook")
    assert world.balance().pending == 60
    later = NOW + DAY
    world.tell(Customer(MIA, tags=("Staff",)), order("1", CUP), at=later)
    assert why(world)[1] == "excluded_member"
    assert world.balance().pending == 0
    world.tell(Customer(NOOR), order("2", CUP, customer_key=NOOR), at=later)
    world.tell(Customer(NOOR, tags=("Staff",)), order("2", CUP, customer_key=NOOR), at=later + DAY)
    assert why(world, "2")[1] == "earned", "what was promised stays"
    assert world.audit() == []
