"""Home tells whether it works, what is owed, and what comes next."""

import re
from datetime import timedelta
from itertools import pairwise

from sqlalchemy import text, update

from connector.core import inbox
from connector.core.commerce import Credentials, Delivery, ShopFacts
from connector.core.inbox import Received
from connector.core.keyring import KeyRing
from connector.orders import imports
from connector.rooms.points import service as points
from connector.shops import service as shops
from connector.shops import store as shop_store
from connector.shops.service import Shop
from connector.web.admin.health import ENOUGH_ORDERS, health, usual_gap
from tests.web.admin.conftest import KEY, Ada, words_of
from tests.world import MIA, NOOR, NOW, World, donation, goods, order


def change(world: World, **values: object) -> None:
    with world.database.write() as db:
        shop_store.change(db, world.shop.id, **values)


def test_a_working_shop_says_so_once_its_book_is_checked(ada: Ada, world: World):
    world.tell(order("1021", goods("1", 4800)))
    change(world, last_event_at=NOW - timedelta(minutes=2))
    before = words_of(ada.see())
    assert "Everything is working. Acme WooCommerce 2 minutes ago" in before
    assert "Every point adds up" not in before
    assert ada.ask("ledger").status_code == 303
    after = words_of(ada.see())
    assert "Everything is working. Every point adds up." in after
    assert "1 entry, no differences" in after


def test_a_book_that_does_not_add_up_is_told(ada: Ada, world: World):
    world.tell(order("1021", goods("1", 4800)))
    with world.database.write() as db:
        db.execute(text("UPDATE ledger_account SET balance = balance + 1"))
    ada.ask("ledger")
    assert "Some points do not add up." in words_of(ada.see())


def test_a_lost_connection_becomes_its_repair(ada: Ada, world: World):
    change(world, problem="access_denied")
    home = words_of(ada.see())
    assert "Acme no longer lets us in." in home
    assert "Repair the connection" in home
    stores = ada.see("stores")
    assert 'id="repair"' in stores
    assert 'name="store" value="https://acme.example"' in stores


def test_a_shop_that_is_down_needs_nobody(ada: Ada, world: World):
    change(world, problem="platform_unreachable")
    home = words_of(ada.see())
    assert "Acme cannot be reached. We keep trying." in home
    assert "Repair" not in home


def test_silence_is_late_against_the_shops_own_rhythm(world: World):
    rhythm = [NOW - timedelta(hours=3 * n) for n in reversed(range(40))]
    with world.database.read() as db:
        shop = shops.get(db, world.shop.id)

    def heard(hours: float) -> Shop:
        change(world, last_event_at=NOW - timedelta(hours=hours))
        with world.database.read() as db:
            return shops.get(db, shop.id)

    assert health(shop, rhythm, NOW).state == "quiet"
    assert health(heard(5.9), rhythm, NOW).state == "ok"
    assert health(heard(6.1), rhythm, NOW).state == "late"
    assert health(heard(100), rhythm[: ENOUGH_ORDERS - 1], NOW).state == "ok"
    assert usual_gap(rhythm) == max(later - sooner for sooner, later in pairwise(rhythm))


def test_what_could_not_be_read_needs_a_look_and_one_button(ada: Ada, world: World):
    rows = [
        Received(world.shop.id, "hook", Delivery("order.updated", f"key{n}", {}, b"{}"), NOW)
        for n in range(3)
    ]
    with world.database.write() as db:
        inbox.keep(db, rows)
        db.execute(update(inbox.inbox).values(state="quarantined", due_at=None))
    assert "3 orders need a look." in words_of(ada.see())
    assert ada.send("replay").location.endswith("?said=replayed")
    with world.database.read() as db:
        assert len(inbox.waiting(db, world.shop.id, NOW, 10)) == 3
    assert "need a look" not in words_of(ada.see())


def test_a_new_shop_is_led_through_its_set_up(ada: Ada, world: World):
    home = words_of(ada.see())
    assert "Set-up 2 of 5" in home  # connected, and a cause
    assert "Import past orders" in home
    assert "Revenue from returning customers" not in home
    assert ada.send("history").location.endswith("?said=importing")
    with world.database.read() as db:
        assert {one.what for one in imports.newest(db, world.shop.id)} == {"products", "orders"}
    assert "The import goes on by itself" in words_of(ada.see())


def test_a_finished_set_up_is_gone(ada: Ada, world: World):
    world.tell(order("1021", goods("1", 4800)))
    with world.database.write() as db:
        points.publish_program(db, world.shop.id, points.program(db, world.shop.id), NOW)
        for one in imports.begin(db, world.shop.id, ["orders"], NOW):
            imports.save(db, world.shop.id, one.id, due_at=None, finished_at=NOW)
    assert "Set-up" not in words_of(ada.see())


def test_the_figures_are_those_of_the_book(ada: Ada, world: World):
    world.tell(
        order("1", goods("1", 4800), donation("2", 500)),
        order("2", goods("1", 1999), customer_key=NOOR),
        order("3", goods("1", 100), currency="EUR"),
    )
    world.release(NOW + timedelta(days=15))
    home = words_of(ada.see())
    assert "Orders 3 $67.99 net revenue" in home
    assert "Points owed 67 and 0 points pending" in home
    assert "Given to causes $5.00 all of it due" in home
    assert "Too few customers for this figure: 2 of 30." in home
    assert world.balance(MIA).available == 48


def test_a_year_of_orders_is_a_line_with_its_table(ada: Ada, world: World):
    for month in range(14):
        at = NOW - timedelta(days=30 * month + 1)
        world.tell(
            *[
                order(
                    f"{month}-{n}",
                    goods("1", 1000),
                    customer_key=str(n),
                    placed_at=at,
                    paid_at=at,
                    modified_at=at,
                )
                for n in range(31)
            ]
        )
    home = ada.see()
    assert '<path class="now" d="M10.0 ' in home
    assert "November 2026" in words_of(home)
    assert "100.0%" in words_of(home)
    arabic = ada.see(lang="ar")
    assert '<path class="now" d="M90.0 ' in arabic


def test_two_stores_of_one_name_are_told_apart_by_their_platform(ada: Ada, world: World):
    with world.database.write() as db:
        shops.install(
            db,
            KeyRing([KEY]),
            "shopify",
            Credentials("acme.myshopify.com", "shpat"),
            ShopFacts("Acme", "USD", "UTC", "1"),
            NOW,
            business_id=world.shop.business_id,
        )
    home = words_of(ada.see())
    assert "Acme Shopify connected, nothing heard yet" in home
    assert "Acme WooCommerce connected, nothing heard yet" in home
    switcher = words_of(ada.see("members").partition('class="shops"')[2].partition("</ul>")[0])
    assert "Acme WooCommerce" in switcher
    assert "Acme Shopify" in switcher


def test_date_and_time_are_joined_as_each_language_joins_them(ada: Ada):
    for lang, told in (
        ("en", r"22.November, \d\d:\d\d"),
        ("ar", r"22.نوفمبر، \d\d:\d\d"),
        ("zh-Hant", r"11月22日 星期日 \d\d:\d\d"),
    ):
        assert re.search(told, words_of(ada.see(lang=lang))), lang
