"""What revenue is deferred of a life told by the floor: by order, in the month of the order."""

from datetime import timedelta

from connector.rooms import insight
from connector.rooms.points import service as points
from tests.world import NOW, World, acme, goods, order

DAY = timedelta(days=1)


def sold(world: World, key: str, minor: int, days: int) -> None:
    at = NOW - days * DAY
    world.tell(order(key, goods(key, minor), placed_at=at, paid_at=at))


def test_points_belong_to_the_month_of_their_order_and_gifts_to_none(database):
    world = acme(database)
    sold(world, "1", 100_000, 55)  # all of them are booked in one month, and give 1 % in points
    sold(world, "2", 50_000, 40)
    sold(world, "3", 10_000, 1)
    world.release(NOW)
    mia = world.member()
    with database.write() as db:
        insight.set_worth(db, world.shop.id, 1_000, 50, NOW, margin_percent=60)
        before = insight.deferrals(db, world.shop.id, insight.owed(db, world.shop.id, NOW))
        points.adjust(db, world.shop.id, mia, 700, reason="hello", made_by="staff:1", now=NOW)
    with database.read() as db:
        told = insight.owed(db, world.shop.id, NOW)
        months = insight.deferrals(db, world.shop.id, told)
    assert [one.starts_on.isoformat()[:7] for one in months] == ["2026-09", "2026-10", "2026-11"]
    assert months == before, "what no sale paid for defers nothing"
    # 1,000 points of $10.00, half of them used: 100,000 x 500 / 100,500.
    assert [one.deferred for one in months] == [497, 248, 49]
    assert told.without_sale == 700
    assert told.redemption_left is not None
    assert told.provision_minor == int(700 * told.redemption_left * 4 / 10)
