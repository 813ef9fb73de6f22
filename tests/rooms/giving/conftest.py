"""A world for what SQL cannot make different on the two databases."""

from collections.abc import Iterator

import pytest

from connector.core.db import Database
from connector.rooms.giving.service import Cause
from tests.rooms.giving.offers import papered
from tests.world import World, acme


@pytest.fixture
def sqlite_world(sqlite_url: str) -> Iterator[tuple[World, Cause]]:
    """Acme, and Riverbank with its papers."""
    database = Database(sqlite_url)
    world = acme(database)
    yield world, papered(world)
    database.dispose()
