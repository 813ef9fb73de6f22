"""Facts reach everybody who subscribed, in batches, and nothing nests."""

from dataclasses import dataclass

from connector.core.facts import Fact, HistoryImported, OrderChanged, publish
from tests.world import NOW


@dataclass(frozen=True, slots=True)
class Heard(Fact):
    """A fact of this test."""

    number: int


def test_batches_by_type_and_what_they_cause_come_after(database):
    told: list[tuple[str, object]] = []

    def on_orders(_db, facts, _now):
        told.append(("orders", len(facts)))
        return [Heard(1, fact.order_id) for fact in facts if fact.order_id < 3]

    def on_heard(_db, facts, _now):
        told.append(("heard", [fact.number for fact in facts]))
        return []

    def again(_db, facts, _now):
        told.append(("again", len(facts)))
        return [OrderChanged(1, 9)] if len(told) == 2 else []

    subscriptions = {OrderChanged: (on_orders, again), Heard: (on_heard,)}
    facts = [OrderChanged(1, 1), HistoryImported(1, 5), OrderChanged(1, 2)]
    with database.write() as db:
        publish(db, subscriptions, facts, NOW)
    assert told == [
        ("orders", 2),
        ("again", 2),
        ("heard", [1, 2]),
        ("orders", 1),
        ("again", 1),
    ]
