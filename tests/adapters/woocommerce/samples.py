"""Deliveries and answers recorded from a real WooCommerce 11.0.1, where they are at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3].parent / "shared" / "samples" / "woocommerce"
needed = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="recorded samples are not beside the repository (../shared/samples)",
)
SECRET = b"test-webhook-secret-not-real-0001"


def told(name: str) -> Any:
    """Headers, secret and parsed body of a delivery; status, headers and body of an answer."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def raw(name: str) -> bytes:
    """The exact bytes of a delivery."""
    return (FOLDER / f"{name}.raw").read_bytes()


def body(name: str) -> Any:
    return told(name)["body"]


DELIVERIES = sorted(path.stem for path in FOLDER.glob("*.raw"))
ORDERS = [name for name in DELIVERIES if "line_items" in body(name)]
