"""The order book keeps the newest state, whatever is told twice, late or in pieces."""

from datetime import timedelta

from msgspec.structs import replace
from sqlalchemy import func, select

from connector import orders
from connector.core.commerce import (
    CustomerMerge,
    LineKind,
    OrderState,
    Person,
    Product,
    Refund,
    RefundsOfOrder,
)
from connector.orders.models import order_revision
from connector.orders.models import orders as order_table
from tests.world import MIA, NOOR, NOW, acme, donation, goods, order, refund, states, took


def newest(world, key="1"):
    with world.database.read() as db:
        row = orders.store.by_keys(db, world.shop.id, [key])[key]
        return orders.load(db, world.shop.id, [row.id])[0]


def revisions(world):
    with world.database.read() as db:
        return db.scalar(
            select(func.count())
            .select_from(order_revision)
            .where(order_revision.c.shop_id == world.shop.id)
        )


def test_the_same_news_again_is_no_news(database):
    world = acme(database)
    told = order("1", goods("a", 1000))
    for _ in range(3):
        world.tell(told)
    assert revisions(world) == 1


def test_who_sent_the_buyer_stays_known_when_news_comes_without_notes(database):
    world = acme(database)
    world.tell(order("1", goods("a", 1000), referral="mia7q"))
    world.tell(order("1", goods("a", 1000), minute=1, state=OrderState.COMPLETED))
    assert newest(world)[1].referral == "mia7q"
    world.tell(order("1", goods("a", 1000), minute=2, referral="noor7q"))
    assert newest(world)[1].referral == "noor7q"


def test_older_news_is_ignored(database):
    world = acme(database)
    world.tell(order("1", goods("a", 1000), minute=5, state=OrderState.COMPLETED))
    world.tell(order("1", goods("a", 900), minute=4))
    assert newest(world)[1].state == OrderState.COMPLETED
    assert newest(world)[1].lines[0].total_minor == 1000


def test_equal_news_of_a_later_moment_makes_what_was_told_between_old(database):
    world = acme(database)
    world.tell(order("1", goods("a", 1000), minute=1))
    world.tell(order("1", goods("a", 1000), minute=3))
    world.tell(order("1", goods("a", 1000), minute=2, state=OrderState.CANCELLED))
    assert newest(world)[1].state == OrderState.PAID
    assert revisions(world) == 1


def test_within_one_second_an_order_only_moves_on(database):
    world = acme(database)
    world.tell(order("1", goods("a", 1000), state=OrderState.COMPLETED), source="hook")
    world.tell(order("1", goods("a", 1000)), source="hook")
    assert newest(world)[1].state == OrderState.COMPLETED


def test_what_we_asked_for_is_believed_within_the_same_second(database):
    world = acme(database)
    world.tell(order("1", goods("a", 1000), state=OrderState.DELETED), source="hook")
    world.tell(order("1", goods("a", 1000)), source="fetch")
    assert newest(world)[1].state == OrderState.PAID


def test_a_late_copy_without_refunds_does_not_forget_them(database):
    world = acme(database)
    cup = goods("a", 1000)
    paid = order("1", cup)
    world.tell(replace(paid, refunds=(refund("r", took(cup, 1)),)), source="hook")
    world.tell(paid, source="hook")
    assert [one.key for one in newest(world)[1].refunds] == ["r"]


def test_a_payload_that_lists_no_refunds_keeps_those_known(database):
    world = acme(database)
    cup = goods("a", 1000)
    world.tell(order("1", cup, refunds=(refund("r", took(cup, 1)),)))
    world.tell(order("1", cup, minute=9, refunds_known=False))
    assert [one.key for one in newest(world)[1].refunds] == ["r"]


def test_lines_of_a_refund_survive_a_payload_that_tells_only_its_amount(database):
    world = acme(database)
    cup = goods("a", 1000)
    amount_only = Refund("r", NOW, 1000, 0, lines_known=False)
    world.tell(order("1", cup, minute=1, refunds=(amount_only,)))
    world.tell(RefundsOfOrder("1", "USD", (refund("r", took(cup, 1)),)))
    world.tell(order("1", cup, minute=2, refunds=(amount_only,), number="#1"))
    assert newest(world)[1].refunds[0].lines == (took(cup, 1),)


def test_a_late_answer_brings_no_deleted_refund_back(database):
    world = acme(database)
    cup = goods("a", 1000)
    answer = RefundsOfOrder("1", "USD", (replace(refund("r", took(cup, 1)), refunded_at=NOW),))
    world.tell(order("1", cup, minute=90))
    world.tell(answer)
    assert newest(world)[1].refunds == ()


def test_an_answer_tells_refunds_made_since_the_order_was_told(database):
    world = acme(database)
    cup = goods("a", 1000)
    world.tell(order("1", cup, minute=1))
    world.tell(RefundsOfOrder("1", "USD", (refund("r", took(cup, 1)),)))
    assert [one.key for one in newest(world)[1].refunds] == ["r"]


def test_a_deletion_changes_the_state_alone(database):
    world = acme(database)
    world.tell(order("1", goods("a", 1000), donation("b", 100)))
    gone = order("1", minute=7, state=OrderState.DELETED, partial=True, currency="")
    world.tell(gone)
    row, known = newest(world)
    assert (known.state, len(known.lines), row.currency) == (OrderState.DELETED, 2, "USD")


def test_a_deletion_may_overtake_the_order_it_deletes(database):
    world = acme(database)
    world.tell(order("1", minute=7, state=OrderState.DELETED, partial=True, currency=""))
    world.tell(order("1", goods("a", 1000), minute=1))
    row, known = newest(world)
    assert (known.state, row.currency) == (OrderState.DELETED, "USD")
    assert states(world, ["1"]) == {"1": (0, 0)}


def test_a_buyer_told_later_gets_the_order_and_its_points(database):
    world = acme(database)
    world.tell(order("1", goods("a", 1000), customer_key=None))
    assert newest(world)[0].member_id is None
    world.tell(order("1", goods("a", 1000)))
    assert newest(world)[0].member_id == world.member(MIA)
    assert states(world, ["1"]) == {"1": (10, 10)}


def test_a_member_once_found_stays(database):
    world = acme(database)
    world.tell(order("1", goods("a", 1000)))
    world.tell(order("1", goods("a", 1000), minute=3, customer_key=NOOR, number="2"))
    assert newest(world)[0].member_id == world.member(MIA)


def test_a_guest_is_known_by_the_mailbox(database):
    world = acme(database)
    for key, email in (("1", "mia@x.example"), ("2", " MIA@x.example "), ("3", "noor@x.example")):
        world.tell(order(key, goods("a", 1000), customer_key=None, person=Person(email=email)))
    owners = [newest(world, key)[0].member_id for key in ("1", "2", "3")]
    assert owners[0] == owners[1] != owners[2]


def test_orders_follow_a_merged_member(database):
    world = acme(database)
    world.tell(order("1", goods("a", 1000)), order("2", goods("a", 500), customer_key=NOOR))
    world.tell(CustomerMerge(kept_key=NOOR, gone_key=MIA))
    assert {newest(world, key)[0].member_id for key in ("1", "2")} == {world.member(NOOR)}


def test_an_order_is_confirmed_by_a_question_of_ours_and_stays_so(database):
    world = acme(database)
    world.tell(order("1", goods("a", 1000)), source="hook")
    assert newest(world)[0].confirmed_at is None
    world.tell(order("1", goods("a", 1000)), at=NOW)
    world.tell(order("1", goods("a", 1000), minute=2), source="hook", at=NOW + timedelta(1))
    assert newest(world)[0].confirmed_at == NOW


def test_one_line_told_twice_in_a_refund_counts_once_each(database):
    world = acme(database)
    cup = goods("a", 1000, 4)
    world.tell(order("1", cup, refunds=(refund("r", took(cup, 1), took(cup, 2)),)))
    assert newest(world)[1].refunds[0].lines == (took(cup, 3),)


def test_net_goods_leave_out_tax_gifts_and_what_was_refunded():
    cup = goods("a", 1000, 2, tax_minor=190)
    sold = order("1", cup, donation("d", 500), replace(cup, key="f", kind=LineKind.FEE))
    assert orders.net_goods_minor(sold) == 1000
    assert orders.net_goods_minor(replace(sold, refunds=(refund("r", took(cup, 1)),))) == 500
    assert orders.net_goods_minor(replace(sold, refunds=(refund("r", other_minor=595),))) == 500
    assert orders.net_goods_minor(replace(sold, state=OrderState.CANCELLED)) == 0
    assert orders.net_goods_minor(replace(sold, is_test=True)) == 0


def test_orders_of_another_shop_are_not_ours(database):
    ours, theirs = acme(database), acme(database)
    theirs.tell(order("1", goods("a", 1000)))
    with database.read() as db:
        assert orders.store.by_keys(db, ours.shop.id, ["1"]) == {}
        (other_id,) = db.scalars(
            select(order_table.c.id).where(order_table.c.shop_id == theirs.shop.id)
        )
        assert orders.load(db, ours.shop.id, [other_id]) == []


def test_the_newest_product_of_a_batch_wins(database):
    world = acme(database)
    old, new = (Product("p", f"Cup {n}", modified_at=NOW + timedelta(n)) for n in (0, 1))
    with database.write() as db:
        orders.record_products(db, world.shop.id, [new, old], NOW)
        assert orders.store.products(db, world.shop.id, ["p"])["p"].title == "Cup 1"
        orders.record_products(db, world.shop.id, [old], NOW)
        assert orders.store.products(db, world.shop.id, ["p"])["p"].title == "Cup 1"
        orders.record_products(db, world.shop.id, [Product("p", deleted=True)], NOW)
        assert not orders.store.products(db, world.shop.id, ["p"])["p"].published
