"""Which question a gift answers: pure functions. What was paid is a gift, whatever was asked."""

from __future__ import annotations

from collections.abc import Sequence

from connector.core.commerce import Order, OrderLine
from connector.rooms.giving import rules
from connector.rooms.giving.rules import AddOn, Programme, RoundUp


def named(told: str | None) -> tuple[str, int]:
    """(cause's key, programme's id) of what a line names as ``cause`` or ``cause@programme``."""
    key, at, number = (told or "").rpartition("@")
    is_id = at and number.isascii() and number.isdecimal() and len(number) < len(str(2**63))
    return (key, int(number)) if is_id else (told or "", 0)


def newest_last(programmes: Sequence[Programme]) -> list[Programme]:
    """Published ones that ask, or asked, in the sequence of publishing."""
    found = [
        (one.published_at, one.id, one)
        for one in programmes
        if one.published_at is not None and one.kind in rules.ASKING
    ]
    return [one for _, _, one in sorted(found, key=lambda each: each[:2])]


def admits(programme: Programme, given: int, total: int) -> bool:
    """Whether an order of this total may have given so much to its question."""
    match programme.terms:
        case RoundUp(step_minor=step):
            return 0 < given < step and total % step == 0
        case AddOn(amounts_minor=amounts, least_minor=least, most_minor=most):
            return given > 0 and (given in amounts or least <= given <= most)
        case _:
            return False


def asked_by(
    programmes: Sequence[Programme], order: Order, line: OrderLine, cause_id: int
) -> Programme | None:
    """Whose question this gift answers, if any's.

    It is the one that the line names, whatever the amount: it was paid. Else the newest whose
    question the amount answers, rounding up first; else the newest that asks for amounts.
    """
    asking = [
        one
        for one in reversed(newest_last(programmes))
        if one.currency == order.currency
        and cause_id in {named for named, _ in one.causes}
        and one.covers(order.placed_at or order.modified_at)
    ]
    given, number = line.total_minor + line.tax_minor, named(line.cause)[1]
    adding = [one for one in asking if isinstance(one.terms, AddOn)]
    rounding = [one for one in asking if isinstance(one.terms, RoundUp)]
    answered = (one for one in (*rounding, *adding) if admits(one, given, order.total_minor))
    by_name = (one for one in asking if one.id == number)
    return next(by_name, None) or next(answered, None) or next(iter(adding), None)
