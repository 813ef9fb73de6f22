"""What older versions counted and numbered, brought over."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from connector import migrations
from connector.rooms.giving import accounts, remitting
from connector.rooms.giving.rules import Match, Share
from tests.rooms.giving.offers import papered, publish
from tests.rooms.giving.test_remitting import lock, send
from tests.world import acme, donation, goods, order, refund, took

GIFT = donation("d", 250)
BEFORE = "20261123_01"
_AS_ROWS = """
UPDATE giving_tally SET gifts = (
    SELECT COUNT(*) FROM giving_donation AS one
    WHERE one.shop_id = giving_tally.shop_id AND one.programme_id = giving_tally.programme_id
      AND one.cause_id = giving_tally.cause_id AND one.currency = giving_tally.currency
      AND one.kind = giving_tally.kind
)
"""


def kept(world):
    with world.database.read() as db:
        found = remitting.batches(db, world.shop.id)
        parts = [remitting.parts(db, world.shop.id, one.id) for one in found]
        return found, parts, accounts.months(db, world.shop.id)


def test_gifts_batches_and_months_of_before_are_as_if_made_now(database):
    world = acme(database)
    cause = papered(world)
    publish(world, Match(10_000), cause)
    publish(world, Share(percent_bps=1000), cause, cap_minor=100)
    world.tell(*(order(n, goods("a", 1000), GIFT) for n in "123"))
    send(world, lock(world))
    back = refund("r", took(GIFT, total_minor=250))
    world.tell(order("1", goods("a", 1000), GIFT, minute=1, refunds=(back,)), order("4", GIFT))
    world.tell(order("5", GIFT))
    lock(world)
    before = kept(world)
    assert [one.number for one in before[0]] == [None, 1]
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with database.write() as db:
        config.attributes["connection"] = db
        command.downgrade(config, BEFORE)
        assert set(db.scalars(text("SELECT number FROM giving_batch"))) == {1, 2}
        db.execute(text(_AS_ROWS))
        db.execute(text("UPDATE giving_batch SET gifts = 99"))
        command.upgrade(config, "head")
    database.engine.dispose()
    assert kept(world) == before
    assert world.audit() == []
