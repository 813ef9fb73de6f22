"""What moves in the book when a donation stands otherwise than before."""

from __future__ import annotations

from dataclasses import replace

from connector.ledger import Voucher
from connector.rooms.giving import rules
from connector.rooms.giving.rules import Standing

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
