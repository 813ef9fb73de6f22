"""Order diagnosis: each step of an order's way, and a button that asks again."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from connector import orders
from connector.core import outbox
from connector.core.commerce import OrderState, Person
from connector.core.db import Database
from connector.orders import store as order_store
from tests.web.admin.conftest import Ada, signed_in, words_of
from tests.world import MIA, NOW, World, acme, donation, goods, order, refund, took


def place(world: World, key: str) -> str:
    with world.database.read() as db:
        return f"orders/{order_store.by_keys(db, world.shop.id, [key])[key].id}"


def fetches(world: World) -> list[dict[str, str]]:
    with world.database.write() as db:
        claimed = outbox.claim(db, world.shop.id, NOW + timedelta(hours=1), 10)
    return [task.payload for task in claimed if task.kind == "fetch"]


def test_a_number_leads_to_its_order(ada: Ada, world: World):
    world.tell(order("1021", goods("1", 4800)))
    for number in (
        "1021",
        "#1021",
        " 1021 ",
        "١٠٢١",
        "https://acme.example/wp-admin/post.php?post=1021",
    ):
        found = ada.ask("orders", number=number)
        assert found.status_code == 302, number
        assert found.location.endswith(place(world, "1021"))


def test_two_orders_of_one_number_are_told_apart(ada: Ada, world: World):
    world.tell(order("1", goods("1", 100), number="77"), order("2", goods("1", 200), number="77"))
    page = words_of(ada.see("orders", number="77"))
    assert "Which one? #77" in page
    assert "$1.00" in page
    assert "$2.00" in page


def test_an_order_that_earned_shows_its_whole_way(ada: Ada, world: World):
    world.tell(order("1021", goods("1", 4850, 2), donation("2", 300, "riverbank")))
    page = words_of(ada.see(place(world, "1021")))
    assert "Order #1021 earned 48 points." in page
    assert "Received: fine First on 22 November at 13:00, read by us" in page
    assert "State: fine paid on 22 November" in page
    assert "What counts: fine $48.50 of $51.50 counts. Without tax and shipping." in page
    assert "Rule: fine 1 point for every $1, rounded down once for the whole order." in page
    assert "Waiting time: waits Can be used from 6 December, 14 days after payment." in page
    assert "Booked: fine 48 points in the ledger, still pending." in page
    assert "Cup 1 × 2 $48.50 48" in page
    assert "Donation gifts never earn" in page
    assert "Riverbank $3.00 due" in page


@pytest.mark.parametrize(
    ("values", "sentence", "step"),
    [
        ({"state": OrderState.OPEN, "paid_at": None}, "It is not paid yet.", "State: waits"),
        ({"state": OrderState.CANCELLED}, "It was cancelled, so nothing", "State: stops here"),
        ({"is_test": True}, "It is a test order", "State: stops here"),
        ({"currency": "EUR"}, "no rate for EUR.", "Rule: stops here"),
        ({"customer_key": None}, "no customer account and no e-mail", "Matched: stops here"),
    ],
)
def test_an_order_that_earned_nothing_says_where_it_stops(
    ada: Ada, world: World, values: dict[str, Any], sentence: str, step: str
):
    world.tell(order("1", goods("1", 4800), **values))
    page = words_of(ada.see(place(world, "1")))
    assert "Order #1 earned no points." in page
    assert sentence in page
    assert step in page
    assert "Waiting time: not reached" in page


def test_small_and_giving_orders_say_why_not(ada: Ada, world: World):
    world.tell(order("1", goods("1", 99)), order("2", donation("1", 500)))
    assert "too small for one whole point" in words_of(ada.see(place(world, "1")))
    assert "Nothing in it counts" in words_of(ada.see(place(world, "2")))


def test_a_refund_shows_what_was_kept_line_by_line(ada: Ada, world: World):
    one, two = goods("1", 3000), goods("2", 2000)
    world.tell(order("1", one, two))
    world.tell(order("1", one, two, minute=5, refunds=(refund("r", took(two, 1)),)))
    page = words_of(ada.see(place(world, "1")))
    assert "Order #1 earned 30 points." in page
    assert "Cup 2 $20.00 20 0" in page
    assert "Total $50.00 50 30" in page
    assert "Changed 1 time since." in page


def test_repairing_books_what_is_missing_and_asks_the_store(ada: Ada, world: World):
    context = orders.Context(world.shop.id, world.shop.timezone, "hook", trusted=True)
    with world.database.write() as db:  # the order came, and no room heard of it
        orders.record(db, context, world.members, [order("1", goods("1", 4800))], NOW)
    path = place(world, "1")
    assert "0 points in the ledger, but it should be 48. Repair it." in words_of(ada.see(path))
    ada.send(f"{path}/repair", path)
    assert "Booked: fine 48 points in the ledger" in words_of(ada.see(path))
    assert fetches(world) == [{"what": "order", "key": "1"}]
    assert world.audit() == []


def test_asking_again_is_seen_while_it_runs_and_after(ada: Ada, world: World):
    world.tell(order("1", goods("1", 4800)))
    path = place(world, "1")
    assert ada.send(f"{path}/repair", path).location.endswith(f"{path}?asked=yes")
    waiting = ada.see(path, asked="yes")
    assert "Asking the store. The result appears here by itself." in waiting
    assert 'hx-trigger="load delay:1500ms"' in waiting
    assert fetches(world) == [{"what": "order", "key": "1"}]
    with world.database.write() as db:
        db.execute(outbox.outbox.delete())
    done = ada.see(path, asked="yes")
    assert "Asked. This is the order as the store tells it now." in done
    assert "hx-trigger" not in done
    assert world.balance(MIA).pending == 48


def test_an_unknown_order_is_asked_for_by_its_number(ada: Ada, world: World):
    page = words_of(ada.see("orders", number="4711"))
    assert "We have not received this order" in page
    sent = ada.send("orders/unknown", "orders", number="4711")
    assert sent.status_code == 303
    assert "We have asked for order #4711." in words_of(ada.see("orders", number="4711"))
    assert fetches(world) == [{"what": "order", "key": "4711"}]
    with world.database.write() as db:
        db.execute(outbox.outbox.delete())
    gone = words_of(ada.see("orders", number="4711", asked="yes"))
    assert "The store does not have this order" in gone


def test_shopify_is_asked_by_the_address_of_the_order(app: Flask, database: Database):
    world = acme(database, platform="shopify", key="acme.myshopify.com")
    ada = Ada(signed_in(app, world), world.shop.public_id)
    assert "paste its address above" in ada.see("orders", number="#1001")
    address = "https://admin.shopify.com/store/acme/orders/5544332211009?x=1"
    assert "Ask the store for it" in ada.see("orders", number=address)
    ada.send("orders/unknown", "orders", number=address)
    assert fetches(world) == [{"what": "order", "key": "5544332211009"}]


def test_what_is_no_order_number_asks_for_nothing(ada: Ada, world: World):
    for number in (
        "../../x",
        "<i>x",
        "9" * 30,
        "x" * 500,
        "https://evil.example/wp-admin/post.php?post=1",
    ):
        assert "<i>" not in ada.ask("orders", number=number).text
        ada.send("orders/unknown", "orders", number=number if number != "9" * 30 else "nine")
    assert fetches(world) == []


def test_the_buyer_is_named_as_a_person_not_as_a_number(ada: Ada, world: World):
    world.tell(
        order(
            "1",
            goods("1", 100),
            customer_key=None,
            person=Person("guest@customers.example", "Gus"),
        )
    )
    assert "Matched: fine Gus" in words_of(ada.see(place(world, "1")))
