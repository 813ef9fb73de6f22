"""Points given to causes are of the programme that promised so much for them, or of none."""

import pytest

from connector.core.facts import PointsDonated
from connector.core.facts import publish as tell
from connector.rooms.giving import service
from connector.rooms.giving.rules import PointsGiven
from tests.rooms.giving.offers import publish
from tests.world import HEARD, MIA, NOW


@pytest.mark.parametrize(
    ("points", "minor", "is_promised"),
    [(100, 500, False), (100, 2000, False), (34, 335, True), (0, 500, False)],
)
def test_points_of_another_worth_are_owed_and_of_no_programme(
    sqlite_world, points, minor, is_promised
):
    world, cause = sqlite_world
    one = publish(world, PointsGiven(100, 1000), cause)
    mia = world.member(MIA)
    fact = PointsDonated(world.shop.id, mia, 42, cause.id, minor, "USD", points)
    with world.database.write() as db:
        tell(db, HEARD, [fact], NOW)
        (row,) = service.of_member(db, world.shop.id, mia)
    assert (row.programme_id, row.due_minor) == (one.id if is_promised else 0, minor)
    assert world.audit() == []
