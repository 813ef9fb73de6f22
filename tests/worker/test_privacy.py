"""Privacy requests of the platforms: proof that they came, and nothing personal afterwards."""

from __future__ import annotations

from sqlalchemy import func, select

from connector.core.commerce import PrivacyRequest
from connector.core.db import metadata
from connector.members import store as member_store
from connector.shops import service as shops
from connector.worker import privacy
from tests.world import MIA, NOW, acme, goods, order

ASKED = PrivacyRequest("data_request", MIA, "mia@customers.example", "77")


def test_a_request_for_data_is_kept_and_says_whom_it_is_about(database):
    world = acme(database)
    world.tell(order("991", goods("1", 4800)))
    with database.write() as db:
        privacy.answer(db, world.members, world.shop, ASKED, NOW)
    with database.read() as db:
        (kept,) = member_store.privacy_requests(db, world.shop.id)
    assert (kept.kind, kept.reference, kept.member_id) == ("data_request", "77", world.member(MIA))


def test_a_request_for_somebody_we_never_saw_is_kept_too(database):
    world = acme(database)
    nobody = PrivacyRequest("redact_customer", "999", "nobody@customers.example", "78")
    with database.write() as db:
        assert privacy.answer(db, world.members, world.shop, nobody, NOW) == []
    with database.read() as db:
        (kept,) = member_store.privacy_requests(db, world.shop.id)
    assert kept.member_id is None


def test_a_shop_that_left_leaves_movements_and_nothing_else(database):
    world = acme(database)
    world.tell(order("991", goods("1", 4800)))
    gone = PrivacyRequest("redact_shop")
    with database.write() as db:
        privacy.answer(db, world.members, world.shop, gone, NOW)
        assert shops.get(db, world.shop.id).is_live, "a living shop is not forgotten"
        shops.uninstall(db, world.shop.id, NOW, NOW)
        privacy.answer(db, world.members, shops.get(db, world.shop.id), gone, NOW)
    with database.read() as db:
        left = {
            table.name
            for table in metadata.sorted_tables
            if "shop_id" in table.c and db.scalar(select(func.count()).select_from(table))
        }
    assert left == {"ledger_entry"}
