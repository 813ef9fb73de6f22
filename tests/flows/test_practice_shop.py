"""The whole world in its own programs: bought, given, refunded, undone, through any weather."""

from functools import partial

import pytest

from tests.flows.practice import Practice, until


@pytest.fixture
def world(database, programs, tmp_path):
    return Practice(database, programs, tmp_path, workers=1 if database.is_sqlite else 2)


def test_what_is_bought_in_the_practice_shop_ends_as_the_oracle_says(world):
    """One world for all of it: starting the programs takes longer than what is done here."""
    for face in world.all:
        buys_and_gives(face)
    world.agrees()
    for face in world.all:
        changes_its_mind(face)
    world.agrees()
    world.a_quarter_of_an_hour_later()
    for face in world.all:
        until(partial(gifts_are_due, face))
        through_doubled_and_shuffled_deliveries(face)
    world.agrees()
    for face in world.all:
        with_an_api_that_fails(face)
    world.agrees()
    for face in world.all:
        while_nothing_is_delivered(face)
    world.a_quarter_of_an_hour_later()
    world.agrees()


def buys_and_gives(face):
    """Mia gives two dollars, a guest rounds up, Noor only buys; the panel's figures arrive."""
    mine = face.buy("mia", "2.00", {"TP-CEL": 1, "CP-EVE": 2})
    face.buy(None, "round-up", {"TE-SEN": 1})
    face.buy("noor", None, {"TP-KYU": 1})
    order = until(lambda: face.api(f"/orders/{mine}"))
    assert (order["points"], order["pending"], order["available"]) == (84, 84, 0)
    (gift,) = order["donations"]
    assert (gift["cause"], gift["given"]) == ("riverbank", {"minor": 200, "currency": "USD"})
    diagnosis = face.api(f"/orders/{mine}/diagnosis")
    assert (diagnosis["reason"], diagnosis["points"], diagnosis["posted"]) == ("earned", 84, 84)
    product = order["lines"][0]["product_key"]
    together = until(partial(bought_together, face, product))
    assert {item["product_key"] for item in together}.isdisjoint({product})
    assert all(item["together"] >= 3 for item in together if item["reason"] == "orders")


def bought_together(face, product):
    """Its list once it is of the whole past: one of a part may have no pair yet."""
    items = face.api(f"/products/{product}/recommendations")["items"]
    return items if "orders" in {item["reason"] for item in items} else None


def changes_its_mind(face):
    """Everything a merchant can take back."""
    line = face.buy("mia", None, {"CP-EVE": 3})
    face.control(f"/orders/{line}/refund", lines={"CP-EVE": 1})
    amount = face.buy("mia", "1.00", {"TP-TEN": 1})
    face.control(f"/orders/{amount}/refund", amount="2.50")
    gift = face.buy("noor", "5.00", {"CP-TAL": 1})
    face.control(f"/orders/{gift}/refund", lines={"donation": 1})
    whole = face.buy(None, "2.00", {"GW-WHT": 1})
    face.control(f"/orders/{whole}/status", status="refunded")
    cancelled = face.buy("mia", "2.00", {"GW-WHT": 1})
    face.control(f"/orders/{cancelled}/cancel")
    completed = face.buy("noor", None, {"GW-WHT": 2})
    face.control(f"/orders/{completed}/status", status="completed")
    deleted = face.buy("mia", None, {"CP-EVE": 1})
    face.sales()
    face.control(f"/orders/{deleted}", "DELETE")
    unpaid = face.buy("mia", "2.00", {"CP-EVE": 1}, payment="bank")
    assert until(lambda: face.api(f"/orders/{unpaid}"))["points"] == 0


def gifts_are_due(face):
    """An authenticated read has seen every paid order: what was pledged is owed."""
    found = [face.api(f"/orders/{key}") for key in face.bought]
    paid = [one for one in found if one and one["state"] in ("paid", "completed")]
    gifts = [gift for one in paid for gift in one["donations"]]
    return gifts and not any(gift["pledged"]["minor"] for gift in gifts)


def through_doubled_and_shuffled_deliveries(face):
    face.control("/faults", "PUT", duplicate=0.5, reorder=True)
    for quantity in (1, 2):
        order = face.buy("mia", "1.00", {"CP-EVE": quantity, "TP-CEL": 1})
        face.control(f"/orders/{order}/refund", lines={"CP-EVE": 1})
        face.control(f"/orders/{order}/status", status="completed")
    face.control("/faults", "PUT")


def with_an_api_that_fails(face):
    """Half of our calls are answered with a page and 500; what we ask for is asked again."""
    face.control("/faults", "PUT", fail=0.5)
    order = face.buy("noor", None, {"TP-TEN": 2})
    face.control(f"/orders/{order}/refund", lines={"TP-TEN": 1}, amount="65.00")
    until(lambda: face.api(f"/orders/{order}"))
    face.control("/faults", "PUT")


def while_nothing_is_delivered(face):
    """Every delivery is lost: the next round reads what happened."""
    face.control("/faults", "PUT", drop=1)
    order = face.buy("mia", "2.00", {"CP-TAL": 2})
    face.control(f"/orders/{order}/refund", lines={"CP-TAL": 1})
    gone = face.bought[0]
    face.sales()
    face.control(f"/orders/{gone}/cancel")
    face.control("/tick")
    face.control("/faults", "PUT")
