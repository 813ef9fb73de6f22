import pytest

from connector.core.db import Database
from tests.rooms.insight.acme import Acme


@pytest.fixture
def acme(database: Database) -> Acme:
    return Acme(database)
