"""Points owed beside the book: what closes a month is what the members' accounts hold."""

from datetime import UTC, datetime

import pytest

from connector.core.errors import BadInput
from connector.core.points import UNIT
from connector.ledger import Book, Voucher
from connector.rooms import insight
from connector.rooms.insight import Flow, store
from tests.rooms.insight.acme import ZONE, Acme

AT = datetime(2026, 11, 1, tzinfo=UTC)
MIA, NOOR = 7, 8


def why(stem: str, kind: str = "earned", **told: object) -> Voucher:
    return Voucher(stem=stem, kind=kind, occurred_at=AT, **told)  # type: ignore[arg-type]


def lived(acme: Acme) -> None:
    """A life in the book: earned, held, redeemed in part, returned in part, taken back."""
    with acme.database.write() as db:
        book = Book(db, acme.id, UNIT, ZONE, [MIA, NOOR])
        book.award(MIA, 500, why("a", origin="order:1"))
        book.hold_back(NOOR, 70, why("b"))
        book.close()
        book = Book(db, acme.id, UNIT, ZONE, [MIA, NOOR])
        reward = why("rewards:redemption:1", "held")
        book.hold(MIA, 200, reward)
        book.capture(MIA, 200, reward)
        book.close()
        book = Book(db, acme.id, UNIT, ZONE, [MIA, NOOR])
        back = why("rewards:redemption:1", "returned", number=2)
        book.give_back(MIA, 50, back, from_="redeemed")
        book.take_back(MIA, 400, 0, why("a2", "clawback", origin="order:1"))
        book.close()


def test_a_month_closes_at_what_the_accounts_hold(acme):
    lived(acme)
    with acme.database.read() as db:
        owed = insight.owed(db, acme.id, datetime.now(UTC))
        (month,) = owed.months
        assert month.flow == Flow(earned=500, redeemed=-200, returned=50, taken_back=-400)
        held = acme.figures().points.outstanding
    assert owed.outstanding == month.closing == held == -50
    assert owed.pending == 70
    assert owed.redemption is None


def test_money_is_told_once_a_value_is_known(acme):
    lived(acme)
    with acme.database.write() as db:
        assert insight.deferrals(db, acme.id, insight.owed(db, acme.id, datetime.now(UTC))) == []
        insight.set_worth(db, acme.id, 1_000, 80, AT)
        insight.set_worth(db, acme.id, 2_000, 75, AT)
        owed = insight.owed(db, acme.id, datetime.now(UTC))
        assert owed.worth == insight.Worth(2_000, 75)
        assert owed.cost_of_all_minor == 0  # nobody is owed less than nothing
        (month,) = insight.deferrals(db, acme.id, owed)
        assert month.deferred == 0  # no order was paid
        for value, share in ((-1, None), (10**10, None), (1, 101), (1, -1)):
            with pytest.raises(BadInput):
                insight.set_worth(db, acme.id, value, share, AT)


def test_points_that_came_back_belong_to_the_month_they_were_earned_in(acme):
    lived(acme)
    with acme.database.read() as db:
        told = store.cohorts(db, acme.id)
    granted = sum(given for *_, given, _ in told)
    used = sum(taken for *_, taken in told)
    assert (granted, used) == (500, 150)
    assert {cohort for cohort, *_ in told} == {"2026-11"}
