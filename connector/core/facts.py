"""What happened, in the past tense. A fact says what changed; listeners re-read the book.

Handlers take a batch of one fact type (one or five thousand: the same code serves a webhook and a
history import) and return the facts they cause; nothing nests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Fact:
    """Base of all facts; every fact belongs to one shop."""

    shop_id: int


@dataclass(frozen=True, slots=True)
class OrderChanged(Fact):
    """The order book holds a newer state of this order."""

    order_id: int


@dataclass(frozen=True, slots=True)
class OrderConfirmed(Fact):
    """An authenticated read has seen this order in this shop."""

    order_id: int


@dataclass(frozen=True, slots=True)
class MembersMerged(Fact):
    """``gone_id`` became part of ``kept_id``; what it owns must follow."""

    kept_id: int
    gone_id: int


@dataclass(frozen=True, slots=True)
class MemberErased(Fact):
    """The person is gone; what the member owns is forfeited."""

    member_id: int


@dataclass(frozen=True, slots=True)
class HistoryImported(Fact):
    """A history import has ended: ``orders`` orders are in the order book."""

    orders: int


Handler = Callable[[Connection, Sequence[Fact], datetime], Sequence[Fact]]
Subscriptions = Mapping[type[Fact], tuple[Handler, ...]]


def publish(
    db: Connection, subscriptions: Subscriptions, facts: Sequence[Fact], now: datetime
) -> None:
    """Deliver facts to their handlers, and the facts those return, until none is left.

    All facts are of one shop. They are grouped by type in order of first appearance.
    """
    waiting = list(facts)
    while waiting:
        kind = type(waiting[0])
        batch = [fact for fact in waiting if type(fact) is kind]
        waiting = [fact for fact in waiting if type(fact) is not kind]
        for handler in subscriptions.get(kind, ()):
            waiting.extend(handler(db, batch, now))
