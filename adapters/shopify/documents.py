"""The GraphQL we send: one file per operation or fragment under ``queries/``.

A document is its operation plus the fragments it spreads; ``...RefundFields`` is
``refund_fields.graphql``. Nothing here validates: ``graphql_check`` does, in ``make check``.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

API_VERSION = "2026-10"  # pinned here; a test compares shopify.app.toml and the schema
QUERIES = Path(__file__).parent / "queries"
_SPREAD = re.compile(r"\.\.\.([A-Z][A-Za-z]*)")
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


@cache
def document(name: str) -> str:
    """The operation ``name`` with every fragment it needs, ready to send."""
    parts = [_text(name)]
    wanted = _SPREAD.findall(parts[0])
    seen: set[str] = set()
    while wanted:
        fragment = wanted.pop()
        if fragment not in seen:
            seen.add(fragment)
            text = _text(_WORD.sub("_", fragment).lower())
            parts.append(text)
            wanted.extend(_SPREAD.findall(text))
    return "\n".join(parts)


def names() -> list[str]:
    """Every operation we may send; fragments are parts of them."""
    files = sorted(QUERIES.glob("*.graphql"))
    return [file.stem for file in files if not file.read_text("utf-8").startswith("fragment")]


def _text(name: str) -> str:
    return (QUERIES / f"{name}.graphql").read_text("utf-8")
