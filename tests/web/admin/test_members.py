"""Members: found by word, told entry by entry, adjusted with a reason and once."""

import re
from datetime import timedelta
from html import unescape

from flask import Flask

from connector.core.commerce import Customer, OrderState, Person
from connector.rooms.points import service as points
from connector.shops import service as shops
from tests.web.admin.conftest import HOME, Ada, words_of
from tests.world import MIA, NOOR, NOW, World, donation, goods, order, refund, took


def named(world: World) -> tuple[int, int]:
    """Mia and Noor with their names."""
    world.tell(
        Customer(MIA, Person("mia@customers.example", "Mia Lindqvist"), NOW),
        Customer(NOOR, Person("noor@customers.example", "Noor \u202eHaddad"), NOW),
    )
    return world.member(MIA), world.member(NOOR)


def test_members_are_found_by_words_and_by_order_number(ada: Ada, world: World):
    named(world)
    world.tell(order("1021", goods("1", 4800)))
    everybody = words_of(ada.see("members"))
    assert "Mia Lindqvist" in everybody
    assert "Noor Haddad" in everybody
    found = words_of(ada.see("members", q="lind mia"))
    assert "Mia Lindqvist" in found
    assert "Noor" not in found
    assert "Order #1021: see what it earned" in words_of(ada.see("members", q="#1021"))
    assert "Nobody is found for “Zoe”" in words_of(ada.see("members", q="Zoe"))


def test_an_address_breaks_before_its_at_and_nowhere_else(ada: Ada, world: World):
    mia, _ = named(world)
    for page in (ada.see("members"), ada.see(f"members/{mia}")):
        assert '<bdi dir="ltr">mia<wbr>@customers.example</bdi>' in page


def test_a_script_gets_the_list_alone(ada: Ada, world: World):
    named(world)
    answer = ada.client.get(
        f"/admin/{ada.shop}/members?q=mia",
        base_url="http://127.0.0.1:8400",
        headers={"HX-Request": "true"},
    )
    assert "Mia Lindqvist" in answer.text
    assert "<html" not in answer.text


def test_a_name_cannot_turn_the_page_around_nor_become_markup(ada: Ada, world: World):
    world.tell(
        Customer("1", Person("a@x.example", "\u202eevil\u2066"), NOW),
        Customer("2", Person("b@x.example", "=HYPERLINK(1)"), NOW),
        Customer("3", Person("c@x.example", "<svg onload=alert(1)>"), NOW),
    )
    page = ada.ask("members").text
    assert "<bdi>evil</bdi>" in page
    assert "<bdi>=HYPERLINK(1)</bdi>" in page
    assert "<svg onload" not in page
    assert "&lt;svg onload=alert(1)&gt;" in page


def test_an_entry_waits_until_its_own_points_came_through(ada: Ada, world: World):
    mia, _ = named(world)
    line = goods("1", 4800, 2)
    world.tell(order("1021", line))
    world.tell(order("1021", line, minute=1, refunds=(refund("r", took(line, 1)),)))
    told = words_of(ada.see(f"members/{mia}"))
    assert "Order #1021 pending +48 0" in told, "half of it still waits"
    assert "waited" not in told
    world.release(NOW + timedelta(days=20))
    told = words_of(ada.see(f"members/{mia}"))
    assert "Order #1021 waited +48 0" in told
    assert "#1021 pending" not in told


def test_the_timeline_says_the_balance_after_each_entry_and_why(ada: Ada, world: World):
    mia, _ = named(world)
    line = goods("1", 4800)
    old = NOW - timedelta(days=20)
    world.tell(
        order("1021", line, donation("9", 200), placed_at=old, paid_at=old, modified_at=old)
    )
    world.tell(
        order(
            "1021",
            line,
            donation("9", 200),
            placed_at=old,
            paid_at=old,
            refunds=(refund("r", took(line, 1)),),
        )
    )
    world.tell(order("1022", goods("1", 1000)))
    told = words_of(ada.see(f"members/{mia}"))
    assert "Order #1022 pending +10 0" in told
    assert "Order #1021 changed or was refunded −48 0" in told
    assert "Order #1021 +48 48" in told
    assert "1 point for every $1, rounded down once for the whole order." in told
    assert "Donation never earns" in told
    assert "Available 0" in told
    assert "Pending 10 10 points on 6 December" in told


def test_an_adjustment_shows_the_new_balance_then_happens_once(ada: Ada, world: World):
    mia, _ = named(world)
    path = f"members/{mia}"
    form = {"points": "1,050", "direction": "give", "reason": "Parcel  arrived late"}
    asked = ada.send(f"{path}/adjustments", path, **form)
    assert asked.status_code == 200
    assert "Give 1,050 points? The new balance will be 1,050." in words_of(asked.text)
    assert world.balance(MIA).available == 0
    once = re.search(r'name="once" value="([^"]*)"', asked.text)
    assert once
    for _ in range(2):
        done = ada.send(f"{path}/adjustments", path, **form, once=once[1], confirmed="yes")
        assert done.location.endswith("said=adjusted")
    assert world.balance(MIA).available == 1050
    told = words_of(ada.see(path))
    assert "Adjustment by Acme Parcel arrived late +1,050 1,050" in told


def test_an_adjustment_that_cannot_be_meant_is_refused_beside_its_field(ada: Ada, world: World):
    mia, _ = named(world)
    path = f"members/{mia}"
    refused = {
        ("", "give", "x"): "Give a whole number.",
        ("1.5", "give", "x"): "Give a whole number.",
        ("1000000001", "give", "x"): "Give a number from 1 to 1,000,000,000.",
        ("١٢", "take", "x"): "Only 0 points can be taken.",
        ("0", "give", "x"): "Give a number from 1 to 1,000,000,000.",
        ("-5", "give", "x"): "Give a number from 1 to 1,000,000,000.",
        ("9" * 19, "give", "x"): "Give a number from 1 to 1,000,000,000.",
        ("5", "give", "   "): "Say why, in 1 to 200 characters.",
        ("5", "give", "x" * 201): "Say why, in 1 to 200 characters.",
        ("5", "give", "a\x00b"): "This text has characters that cannot be kept.",
        ("5", "take", "x"): "Only 0 points can be taken.",
    }
    for (amount, direction, reason), sentence in refused.items():
        for more in ({}, {"confirmed": "yes", "once": "1"}):
            answer = ada.send(
                f"{path}/adjustments",
                path,
                points=amount,
                direction=direction,
                reason=reason,
                **more,
            )
            assert answer.status_code == 422, (amount, direction, reason)
            assert sentence in words_of(answer.text), (amount, words_of(answer.text))
    assert world.balance(MIA).available == 0
    assert world.audit() == []


def test_taking_stops_at_what_is_available(ada: Ada, world: World):
    mia, _ = named(world)
    world.adjust(mia, 30)
    path = f"members/{mia}"
    asked = ada.send(f"{path}/adjustments", path, points="30", direction="take", reason="x")
    assert "Take 30 points? The new balance will be 0." in words_of(asked.text)
    more = ada.send(f"{path}/adjustments", path, points="31", direction="take", reason="x")
    assert "Only 30 points can be taken." in words_of(more.text)


def test_a_merged_member_is_found_at_the_one_that_stayed(ada: Ada, world: World):
    from connector.core.commerce import CustomerMerge

    mia, noor = named(world)
    world.tell(CustomerMerge(MIA, NOOR))
    assert ada.ask(f"members/{noor}").location.endswith(f"/members/{mia}")


def test_an_erased_member_keeps_entries_and_loses_the_person(ada: Ada, world: World):
    mia, _ = named(world)
    world.tell(order("1021", goods("1", 4800)))
    world.erase(mia)
    page = words_of(ada.see(f"members/{mia}"))
    assert "erased" in page
    assert "Lindqvist" not in page
    assert "The person was erased −48" in page
    assert "Adjust points" not in page


def test_debt_is_told_as_points_not_money(ada: Ada, world: World):
    mia, _ = named(world)
    old = NOW - timedelta(days=20)
    line = goods("1", 4800)
    world.tell(order("1", line, placed_at=old, paid_at=old, modified_at=old))
    with world.database.write() as db:
        points.adjust(db, world.shop.id, mia, -48, reason="spent", made_by="api:1", now=NOW)
    world.tell(order("1", line, placed_at=old, paid_at=old, state=OrderState.CANCELLED))
    page = words_of(ada.see(f"members/{mia}"))
    assert "Available −48 New points repay what is owed; no money is." in page
    assert "Owed 48" in page


def test_a_large_gift_takes_two_where_the_owner_says_so(ada: Ada, app: Flask, world: World):
    mia, _ = named(world)
    path = f"members/{mia}"
    form = {"points": "501", "direction": "give", "reason": "a big thank you"}
    assert "approval_above" not in ada.see("stores")  # one person: never offered
    assert ada.send("team", "stores", approval_above="500").status_code == 303
    alone = ada.send(f"{path}/adjustments", path, **form)
    assert alone.status_code == 200
    bea = colleague(app, world)
    assert 'id="approval_above"' in ada.see("stores")
    assert "approval_above" not in bea.see("stores")
    assert bea.send("team", "stores", approval_above="").status_code == 403
    assert ada.send("team", "stores", approval_above="-1").status_code == 422
    assert ada.send("team", "stores", approval_above="٥٠٠").status_code == 303
    for more in ({}, {"confirmed": "yes", "once": "1"}):
        asked = ada.send(f"{path}/adjustments", path, **form, **more)
        assert asked.status_code == 403
        assert "approval_needed" in asked.text
    assert world.balance(MIA).available == 0
    link = re.search(r'id="ask" dir="ltr">http://127.0.0.1:8400([^<]+)<', asked.text)
    assert link
    where = unescape(link[1])
    assert ada.client.get(where, base_url=HOME).status_code == 403  # not by the same person
    seen = words_of(bea.client.get(where, base_url=HOME).text)
    assert (
        "Give 501 points? The new balance will be 501. a big thank you Asked for by Acme" in seen
    )
    ask = {"ask": where.partition("ask=")[2], "confirmed": "yes"}
    assert ada.send(f"{path}/adjustments", path, **ask).status_code == 403
    for _ in range(2):
        assert bea.send(f"{path}/adjustments", path, **ask).status_code == 303
    assert world.balance(MIA).available == 501
    assert bea.client.get(where, base_url=HOME).location.endswith("said=confirmed")
    assert "Adjustment by Acme + Staff 9" in words_of(ada.see(path))
    small = form | {"points": "500", "confirmed": "yes", "once": "2"}
    assert ada.send(f"{path}/adjustments", path, **small).status_code == 303
    less = form | {"direction": "take", "confirmed": "yes", "once": "3"}
    asked = ada.send(f"{path}/adjustments", path, **less)
    assert (asked.status_code, "approval_needed" in asked.text) == (403, True)
    assert world.balance(MIA).available == 1001


def test_a_link_to_confirm_is_ours_and_of_one_member(ada: Ada, app: Flask, world: World):
    mia, noor = named(world)
    bea = colleague(app, world)
    ada.send("team", "stores", approval_above="10")
    path = f"members/{mia}"
    form = {"points": "11", "direction": "give", "reason": "x"}
    asked = ada.send(f"{path}/adjustments", path, **form)
    found = re.search(r"ask=([^<]+)<", asked.text)
    assert found
    ask = unescape(found[1])
    for where, text in ((noor, ask), (mia, ask[:-1]), (mia, "x." + ask), (mia, "é.é"), (mia, ".")):
        answer = bea.ask(f"members/{where}", ask=text)
        assert answer.status_code == 422
        assert "ask_unreadable" in answer.text
        sent = bea.send(f"members/{where}/adjustments", path, ask=text, confirmed="yes")
        assert sent.status_code == 422
    assert world.balance(MIA).available == world.balance(NOOR).available == 0


def colleague(app: Flask, world: World) -> Ada:
    """Bea, who came in from the platform's own admin."""
    client = app.test_client()
    with world.database.write() as db:
        bea = shops.staff_for(db, world.shop.business_id, "9", NOW)
        session = shops.open_session(db, bea.id, NOW)
    client.set_cookie("perennial", session, domain="127.0.0.1")
    return Ada(client, world.shop.public_id)
