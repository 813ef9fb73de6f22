"""The book: every point and every donated cent, append-only, balanced by construction.

Invariants: a movement has two different sides and a positive amount; its source is unique in the
shop; cached balances equal the sum of entries; open lots of a member sum to its balance; only
``debt`` may be negative. ``differences`` recomputes all of it; ``seal`` proves nothing was lost.
"""

from connector.ledger.audit import differences
from connector.ledger.difference import Difference
from connector.ledger.qualifying import reassign
from connector.ledger.rules import Purse
from connector.ledger.seals import seal
from connector.ledger.service import Book, Voucher, append

__all__ = [
    "Book",
    "Difference",
    "Purse",
    "Voucher",
    "append",
    "differences",
    "reassign",
    "seal",
]
