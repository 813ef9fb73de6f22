import pytest

from connector.core.db import Database
from tests.rooms.referrals.meeting import Meeting
from tests.world import acme


@pytest.fixture
def meeting(database: Database) -> Meeting:
    made = Meeting(acme(database))
    made.program()
    return made
