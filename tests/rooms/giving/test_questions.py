"""Which question a gift answered, what real stores tell of it, and what cannot be bounded."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.woocommerce.normalise import CURRENCY_HEADER, ORDER_HEADER, normalise
from connector.core.commerce import Delivery, Order, RefundsOfOrder
from connector.core.errors import BadInput
from connector.rooms.giving import programmes, service
from connector.rooms.giving.asking.answers import named
from connector.rooms.giving.rules import AddOn, Match, PointsGiven, RoundUp, Share
from tests.adapters.woocommerce import samples
from tests.rooms.giving.offers import given, papered, publish
from tests.world import NOW, acme, donation, goods, order

WELL = {"starts_at": NOW.replace(day=20), "ends_at": NOW.replace(day=27)}


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (None, ("", 0)),
        ("riverbank", ("riverbank", 0)),
        ("riverbank@12", ("riverbank", 12)),
        ("@12", ("", 12)),
        ("a@b", ("a@b", 0)),
        ("a@" + "9" * 5000, ("a@" + "9" * 5000, 0)),
        ("a@-1", ("a@-1", 0)),
        ("a@١٢", ("a@١٢", 0)),
    ],
)
def test_a_line_names_a_cause_and_maybe_a_programme(told, meant):
    assert named(told) == meant


def test_the_programme_a_line_names_is_taken_and_guessed_only_otherwise(sqlite_world):
    world, cause = sqlite_world
    rounding = publish(world, RoundUp(100), cause)
    adding = publish(world, AddOn((40, 100)), cause)
    other = publish(world, AddOn((100,)), papered(world, "Reeds"))
    ending = publish(world, AddOn((500,)), cause, **WELL)
    world.tell(
        order("1", goods("a", 960), donation("d", 40)),
        order("2", goods("a", 960), donation("d", 40, f"riverbank@{adding.id}")),
        order("3", goods("a", 955), donation("d", 40, f"@{ending.id}")),
        order("4", goods("a", 955), donation("d", 40, f"riverbank@{other.id}")),
        order("5", goods("a", 955), donation("d", 40, "reeds")),
    )
    with world.database.read() as db:
        told = {row.number: row.programme_id for row in service.log(db, world.shop.id, 9)}
        causes = [one.key for one in service.causes(db, world.shop.id)]
    assert told == {
        "1": rounding.id,
        "2": adding.id,
        "3": ending.id,
        "4": adding.id,  # another cause's: it is not this gift's
        "5": other.id,
    }
    assert causes == ["riverbank", "reeds"]  # no name with an @ makes a cause
    assert world.audit() == []


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD"])
@pytest.mark.parametrize(
    ("given", "total", "kind"),
    [
        (40, 1000, "round_up"),
        (99, 1000, "round_up"),
        (100, 1000, "add_on"),  # one of the amounts, and no rounding up: it is a whole step
        (100, 1055, "add_on"),
        (50, 1055, "add_on"),  # the least of one's own
        (2000, 3055, "add_on"),  # the most
        (49, 1055, "add_on"),  # below, above: nobody asked for it, and it was paid
        (2001, 3055, "add_on"),
        (10**12, 10**12 + 55, "add_on"),
    ],
)
def test_a_gift_that_names_no_question_is_told_by_its_amount(
    sqlite_world, currency, given, total, kind
):
    world, cause = sqlite_world
    publish(world, RoundUp(100), cause, currency=currency)
    publish(world, AddOn((100,), 50, 2000), cause, currency=currency)
    told = [goods("a", total - given), donation("d", given)]
    world.tell(order("1", *told, currency=currency))
    with world.database.read() as db:
        (row,) = service.log(db, world.shop.id, 9)
        kinds = {one.id: one.kind for one in programmes.programmes(db, world.shop.id)}
    assert (kinds[row.programme_id], row.due_minor) == (kind, given)
    assert world.audit() == []


@pytest.mark.parametrize("given", [1, 5000, 10**12])
def test_an_amount_that_was_not_asked_is_booked_to_the_question_it_names(sqlite_world, given):
    world, cause = sqlite_world
    rounding = publish(world, RoundUp(100), cause)
    adding = publish(world, AddOn((100,), 50, 2000), cause)
    names = [f"riverbank@{one.id}" for one in (rounding, adding)]
    lines = (donation(f"d{n}", given, name) for n, name in enumerate(names))
    world.tell(order("1", goods("a", 955), *lines))
    with world.database.read() as db:
        rows = service.log(db, world.shop.id, 9)
    assert {(row.programme_id, row.due_minor) for row in rows} == {
        (rounding.id, given),
        (adding.id, given),
    }
    assert world.audit() == []


def test_of_two_questions_of_a_kind_the_newest_was_asked(sqlite_world):
    world, cause = sqlite_world
    for step in (100, 500):
        newest = publish(world, RoundUp(step), cause), publish(world, AddOn((step,)), cause)
    world.tell(
        order("1", goods("a", 940), donation("d", 60)),
        order("2", goods("a", 955), donation("d", 77)),  # of no question's amount
        order("3", goods("a", 955), donation("d", 100)),  # of the older one's
    )
    with world.database.read() as db:
        told = {row.number: row.programme_id for row in service.log(db, world.shop.id, 9)}
        known = {one.id: one.terms for one in programmes.programmes(db, world.shop.id)}
    assert (told["1"], told["2"]) == tuple(one.id for one in newest)
    assert known[told["3"]] == AddOn((100,))


@pytest.mark.parametrize(
    "wrong", ["riverbank@999", "riverbank@0", "riverbank@-1", "riverbank@x", "@", "otters@7"]
)
def test_a_question_that_was_never_asked_is_none_and_its_gift_stands(sqlite_world, wrong):
    world, cause = sqlite_world
    publish(world, RoundUp(100), cause, currency="JPY")
    line = replace(donation("d", 45, wrong), cause_by_shopper=True)
    world.tell(order("1", goods("a", 955), line))
    with world.database.read() as db:
        (row,) = service.log(db, world.shop.id, 9)
    assert (row.cause_id, row.programme_id, row.due_minor) == (cause.id, 0, 45)


def test_what_is_no_amount_gives_nothing(sqlite_world):
    world, cause = sqlite_world
    publish(world, AddOn((100,), 50, 2000), cause)
    publish(world, Match(10_000), cause)
    world.tell(order("1", goods("a", 955), donation("d", -100), donation("e", 0)))
    assert set(given(world).values()) <= {(0, 0)}
    assert world.audit() == []


def test_a_match_adds_to_gifts_of_any_question_and_of_none(database):
    world = acme(database)
    cause, reeds = papered(world), papered(world, "Reeds")
    rounding = publish(world, RoundUp(100), cause)
    adding = publish(world, AddOn((300,)), cause, reeds)
    publish(world, Match(5000), cause, reeds)
    world.tell(
        order(
            "1",
            goods("a", 960),
            donation("d", 40, f"riverbank@{rounding.id}"),
            donation("e", 300, f"reeds@{adding.id}"),
            donation("f", 7, "riverbank"),
        ),
        order("2", goods("a", 955), donation("d", 11), placed_at=NOW.replace(day=1)),
    )
    assert given(world) == {
        "riverbank gift": (0, 58),
        "riverbank match": (0, 24),  # nothing for the early one
        "reeds gift": (0, 300),
        "reeds match": (0, 150),
    }
    assert world.audit() == []


@pytest.mark.parametrize("name", ["minimum_minor", "cap_minor"])
@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (RoundUp(100), "gifts_unbounded"),
        (AddOn((100,)), "gifts_unbounded"),
        (PointsGiven(100, 100), "budget_elsewhere"),
    ],
)
def test_what_shoppers_give_has_no_cap_and_that_is_said(sqlite_world, terms, code, name):
    world, cause = sqlite_world
    bound: dict[str, Any] = {name: 100}
    with pytest.raises(BadInput) as refused:
        publish(world, terms, cause, **bound)
    assert (refused.value.code, refused.value.field) == (code, name)


@samples.needed
def test_a_recorded_order_is_a_round_up_a_share_and_a_match_until_its_fee_is_refunded(database):
    """18.00 with 0.10 of it a gift, as a real WooCommerce wrote it, and the refund of the fee."""
    world = acme(database)
    cause = papered(world)
    rounding = publish(world, RoundUp(100), cause)
    share, match = (
        publish(world, Share(percent_bps=1000), cause),
        publish(world, Match(5000), cause),
    )
    _tell(world, "order-created-donation-roundup")
    assert given(world) == {
        "riverbank gift": (0, 10),
        "riverbank match": (0, 5),
        "riverbank share": (0, 129),
    }
    with world.database.read() as db:
        told = {row.kind: row.programme_id for row in service.log(db, world.shop.id, 9)}
    assert told == {"gift": rounding.id, "share": share.id, "match": match.id}
    _tell(world, "order-updated-donation-fee-refunded")
    assert given(world) == {
        "riverbank gift": (0, 0),
        "riverbank match": (0, 0),
        "riverbank share": (0, 129),
    }
    assert world.audit() == []


@samples.needed
def test_a_recorded_gift_of_a_whole_dollar_is_an_add_on_and_waits_for_its_payment(sqlite_world):
    world, cause = sqlite_world
    publish(world, RoundUp(100), cause)
    adding = publish(world, AddOn((100,)), cause)
    told = _tell(world, "order-created-classic-donation", paid=False)
    with world.database.read() as db:
        (row,) = service.log(db, world.shop.id, 9)
    assert (row.number, row.programme_id) == (told["number"], adding.id)
    assert (row.given_minor, row.pledged_minor, row.due_minor) == (100, 100, 0)


def _tell(world: Any, name: str, *, paid: bool = True) -> Any:
    """A recorded delivery and its refunds; as paid where the store had not yet been."""
    told = samples.body(name)
    if paid:
        told |= {"date_paid": told["date_created"], "date_paid_gmt": told["date_created_gmt"]}
    listed = {one["id"] for one in told["refunds"]}
    known = [*samples.body("rest-order-refunds-list"), *samples.body("rest-refunds-collection")]
    refunds = {one["id"]: one for one in known if one["id"] in listed}
    assert set(refunds) == listed
    headers = {ORDER_HEADER: str(told["id"]), CURRENCY_HEADER: told["currency"]}
    deliveries = [Delivery("order.updated", "", {}, json.dumps(told).encode())]
    if listed:
        body = json.dumps([*refunds.values()]).encode()
        deliveries.append(Delivery("fetch/order_refunds", "", headers, body))
    for one in deliveries:
        heard = [each for each in normalise(one) if isinstance(each, Order | RefundsOfOrder)]
        if paid:
            heard = [
                replace(each, placed_at=NOW) if isinstance(each, Order) else each for each in heard
            ]
        world.tell(*heard, source="fetch", trusted=True)
    return told
