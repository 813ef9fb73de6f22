from collections.abc import Iterator
from pathlib import Path

import pytest
import responses

from tests.adapters.shopify.graph import Shop


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as made:
        yield made


@pytest.fixture
def shop(mock: responses.RequestsMock, tmp_path: Path) -> Shop:
    """Acme's Admin API, answering by script."""
    return Shop(mock, tmp_path / "history")
