"""What moves in the book when a donation stands otherwise than before, and by which month."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from connector import ledger
from connector.core.clock import local_date
from connector.ledger import Voucher
from connector.rooms.giving import rules, store
from connector.rooms.giving.rules import Standing

MOVES = ("gross_minor", "matched_minor", "refunded_minor", "remitted_minor")
_MATCHED = (rules.MATCH, f"{rules.MATCH}_refund")
_GIVERS = ("donors", "program")
Step = tuple[str, str, int, Voucher]  # from, to, how much, why


def steps(
    before: Standing, after: Standing, cause_id: int, why: Voucher, number: int, giver: str
) -> list[Step]:
    """What moves between giver, pledges and the cause; ``why`` counts on from ``number``."""
    pledged = after.pledged_minor - before.pledged_minor
    due = after.due_minor - before.due_minor
    kind = "donation" if why.kind == rules.GIFT else why.kind
    why = replace(why, kind=kind if pledged + due >= 0 else f"{kind}_refund", number=number)
    found: list[Step] = []
    pledge, cause = f"pledged:{cause_id}", f"cause:{cause_id}"
    if pledged < 0 < due:
        moved = min(-pledged, due)
        found.append((pledge, cause, moved, why))
        pledged, due = pledged + moved, due - moved
    for account, amount in ((pledge, pledged), (cause, due)):
        if amount > 0:
            found.append((giver, account, amount, why))
        elif amount < 0:
            found.append((account, giver, -amount, why))
    return found


def book(db: Connection, shop_id: int, currency: str, zone: str, moved: Sequence[Step]) -> None:
    """Append to the book, and add to the sums of the months in which it is booked."""
    sums: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for source, target, amount, why in moved:
        told = _meaning(source, target, why.kind)
        if told is not None:
            name, account = told
            month = local_date(why.occurred_at, zone)[:7]
            sums[month, int(account.partition(":")[2])][name] += amount
    ledger.append(db, shop_id, currency, zone, moved)
    rows = [
        {"shop_id": shop_id, "month": month, "cause_id": cause_id, "currency": currency}
        | dict.fromkeys(MOVES, 0)
        | by
        for (month, cause_id), by in sorted(sums.items())
    ]
    store.add_months(db, rows, MOVES)


def _meaning(source: str, target: str, kind: str) -> tuple[str, str] | None:
    """(which sum it adds to, whose account it is on); None for a pledge that became due."""
    if target == "remitted":
        return "remitted_minor", source
    if source in _GIVERS:
        return "matched_minor" if kind in _MATCHED else "gross_minor", target
    return ("refunded_minor", source) if target in _GIVERS else None
