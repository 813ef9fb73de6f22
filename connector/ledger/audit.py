"""Recompute the book from its movements, and name each difference.

Questions are SQL over a whole shop (``checks/``): a book of a million movements takes seconds.
Rooms check what they keep beside the book themselves, in a verb ``check`` of the same shape.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, text

from connector.core.money import EXPONENTS
from connector.core.points import UNIT
from connector.ledger import seals
from connector.ledger.difference import Difference

_CHECKS = Path(__file__).parent / "checks"
_FINDINGS = ("balance", "sign", "lots", "remaining", "consumption")  # each row is a difference
_CACHED = {"member:", "pending:", "held:", "debt:"}

# Which kinds of accounts exist, and what may move between them.
_POINTS_MOVES = {
    ("program", "pending:"),
    ("program", "member:"),
    ("pending:", "member:"),
    ("member:", "debt:"),
    ("debt:", "program"),
    ("debt:", "redeemed"),
    ("program", "debt:"),
    ("pending:", "program"),
    ("member:", "program"),
    ("expired", "program"),
    ("forfeited", "program"),
    ("pending:", "forfeited"),
    ("member:", "forfeited"),
    ("member:", "expired"),
    ("member:", "held:"),
    ("held:", "member:"),
    ("held:", "redeemed"),
    ("redeemed", "member:"),
    ("member:", "redeemed"),
}
_MONEY_MOVES = {
    ("donors", "pledged:"),
    ("donors", "cause:"),
    ("pledged:", "cause:"),
    ("pledged:", "donors"),
    ("cause:", "donors"),
    ("cause:", "remitted"),
    ("program", "pledged:"),  # the shop gives it: for an order, or for points a member gave
    ("program", "cause:"),
    ("pledged:", "program"),
    ("cause:", "program"),
}


def differences(db: Connection, shop_id: int) -> Iterator[Difference]:
    """Everything in the shop's book that is not as its movements say; nothing when all is well."""
    for name in _FINDINGS:
        for row in _ask(db, shop_id, name):
            yield Difference(row.what, row.unit, row.place, int(row.stored), int(row.recomputed))
    moves, cached = _ask(db, shop_id, "moves"), _ask(db, shop_id, "cached")
    yield from _unknown(moves, cached)
    yield from _unbalanced(moves, cached)
    yield from seals.differences(db, shop_id)


def _unknown(moves: list[Row[Any]], cached: list[Row[Any]]) -> Iterator[Difference]:
    """Movements between accounts that do not exist, or from one person to another."""
    for row in moves:
        place = f"{row.from_kind} to {row.to_kind}"
        known = _POINTS_MOVES if row.unit == UNIT else _MONEY_MOVES
        if row.unit != UNIT and row.unit not in EXPONENTS:
            yield Difference("unit", row.unit, place, int(row.movements), 0)
        elif (row.from_kind, row.to_kind) not in known:
            yield Difference("move", row.unit, place, int(row.movements), 0)
        elif row.between_two and row.from_kind.endswith(":") and row.to_kind.endswith(":"):
            yield Difference("owner", row.unit, place, int(row.between_two), 0)
    for row in cached:
        if row.kind not in _CACHED:
            yield Difference("cached", row.unit, row.kind, int(row.balance), 0)


def _unbalanced(moves: list[Row[Any]], cached: list[Row[Any]]) -> Iterator[Difference]:
    """Units whose accounts, cached ones as cached, do not come to zero."""
    totals: dict[str, int] = defaultdict(int)
    for row in cached:
        totals[row.unit] += int(row.balance)
    for row in moves:
        for kind, amount in ((row.from_kind, -row.amount), (row.to_kind, row.amount)):
            if kind not in _CACHED:
                totals[row.unit] += int(amount)
    for unit, total in sorted(totals.items()):
        if total:
            yield Difference("unit_sum", unit, "all accounts", total, 0)


def _ask(db: Connection, shop_id: int, name: str) -> list[Row[Any]]:
    question = (_CHECKS / f"{name}.sql").read_text(encoding="utf-8")
    return list(db.execute(text(question), {"shop_id": shop_id}))
