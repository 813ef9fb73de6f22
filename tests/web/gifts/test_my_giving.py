"""My giving in the panel: what a member gave, what the shop added, and how to give."""

from datetime import timedelta

from sqlalchemy import event

from connector.core.commerce import OrderState
from connector.rooms.giving import asking, service
from connector.rooms.giving.rules import AddOn, PerUnit
from tests.rooms.giving.offers import papered, publish
from tests.rooms.giving.test_remitting import lock, send
from tests.web.gifts.conftest import GIFT, plain, rounded
from tests.world import MIA, NOOR, NOW, donation, goods, order, refund, took


def lines(block):
    return [plain(one) for one in block.lines]


def rows(block):
    rest = block.rest.items if block.rest else ()
    return [(plain(one.value), [plain(line) for line in one.lines]) for one in block.items + rest]


def test_each_gift_tells_its_order_its_cause_and_where_it_is(world, panel):
    papered(world)
    world.tell(order("1", donation("a", 250), customer_key=MIA))
    send(world, lock(world))
    back = refund("r", took(GIFT, total_minor=15))
    gone = refund("r2", took(GIFT, 1))
    world.tell(
        order("2", GIFT, customer_key=MIA, refunds=(back,)),
        order("3", GIFT, customer_key=MIA, state=OrderState.OPEN, paid_at=None),
        order("4", GIFT, customer_key=MIA, refunds=(gone,)),
        order("5", donation("a", 900), customer_key=NOOR),
    )
    told = panel()
    assert lines(told) == [
        "You gave $2.75.",
        "$0.40 more is promised by orders that can still change.",
    ]
    found = {text[0].partition(",")[0]: (value, text[1:]) for value, text in rows(told)}
    assert found == {
        "Order #1": ("$2.50", ["Paid to the cause."]),
        "Order #2": (
            "$0.25",
            ["Confirmed, and on its way to the cause.", "$0.15 of it was refunded."],
        ),
        "Order #3": ("$0.40", ["Promised: the order can still change."]),
        "Order #4": ("$0.40", ["Refunded with the order, so it counts no more."]),
    }
    assert {plain(one.title) for one in told.items} == {"Riverbank"}


def test_what_the_shop_adds_is_told_apart_and_in_pieces(world, panel):
    meal = {"en": "a meal", "ar": "وجبة"}
    publish(world, PerUnit(50, meal), papered(world))
    world.tell(order("1", goods("g", 900, 3), GIFT, customer_key=MIA))
    assert lines(panel()) == [
        "You gave $0.40.",
        "For your orders and points the shop gives $1.50.",
        "a meal, 3 times",
    ]
    assert "وجبة، 3 مرات" in lines(panel(language="ar"))
    whose = [text[0].partition(",")[0] for _, text in rows(panel())]
    assert whose == ["Order #1", "From the shop for order #1"]


def test_a_campaign_she_helped_shows_her_part_of_all(world, trees, panel):
    world.tell(rounded("1"), rounded("2", customer_key=NOOR), rounded("3", customer_key=NOOR))
    goal = panel().items[0]
    assert (plain(goal.title), [plain(one) for one in goal.lines]) == (
        "Trees",
        ["$1.20 of $10 together", "With your orders: $0.40."],
    )
    (link,) = goal.acts
    assert link.href.endswith(f"/impact/{world.shop.public_id}/trees?lang=en")


def test_who_gave_nothing_is_told_how(world, panel):
    assert lines(panel()) == ["Nothing given yet.", "You can add a gift in the cart."]
    publish(world, PerUnit(50, {"en": "a meal"}), papered(world))
    assert lines(panel())[2] == "Said."
    over = publish(world, AddOn((100,)), world.riverbank, ends_at=NOW - timedelta(days=1))
    assert over.state(NOW) == "ended"
    assert lines(panel()) == ["Nothing given yet.", "Said."]
    assert not panel().acts, "one cause is no choice"


def test_the_cause_chosen_last_can_be_changed(world, panel):
    mia = world.member()
    with world.database.write() as db:
        shelter = service.add_cause(db, world.shop.id, "Shelter", "", NOW)
        asking.remember(db, world.shop.id, mia, shelter.id, NOW)
    (form,) = panel().acts
    (field,) = form.fields
    assert (form.name, field.name, field.value) == ("choose_cause", "cause", "shelter")
    assert [key for key, _ in field.options] == ["riverbank", "shelter"]


def test_a_shop_without_causes_says_nothing(world, panel):
    with world.database.write() as db:
        db.exec_driver_sql("DELETE FROM giving_cause")
    assert panel() is None


def test_many_gifts_ask_the_database_no_more_than_one(world, trees, panel):
    world.tell(rounded("1"))
    panel()
    seen = []

    def count(*_args):
        seen.append(1)

    event.listen(world.database.engine, "before_cursor_execute", count)
    panel()
    few, seen[:] = len(seen), []
    world.tell(*(rounded(str(number)) for number in range(2, 50)))
    seen.clear()
    told = panel()
    assert len(seen) == few
    assert (len(told.items), len(told.rest.items)) == (6, 30)
