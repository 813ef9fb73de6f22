"""The row of a page: the first of its ladder that has something honest to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from connector.rooms.recommend.rules import share_a_word, spread
from connector.rooms.recommend.showing import ladders
from connector.rooms.recommend.showing.candidates import candidates
from connector.rooms.recommend.showing.desk import Desk, Question
from connector.rooms.recommend.showing.items import Item, categories, hidden, item
from connector.rooms.recommend.showing.ladders import LADDERS, Candidate, is_one_off
from connector.shops.service import Shop

SHOWN = 6
MOST_VIEWED = 12
_ENOUGH = 3  # products that sell lately need no second of a family


@dataclass(frozen=True, slots=True)
class Shown:
    """A product and why: one of the reasons of ``ladders``.

    times: orders with ``beside``, or of late, or days it was bought on; 0: the reason counts
    nothing. score: 1000 for each list it heads; None where only the sequence is known.
    """

    item: Item
    reason: str
    times: int
    score: int | None
    beside: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """kind None: nothing honest to say. pages_a_day: how many page views with a row are enough.

    heading: the kind whose words are true of everything shown.
    """

    kind: str | None
    shown: Sequence[Shown]
    pages_a_day: int
    heading: str | None = None


def row(db: Connection, shop: Shop, question: Question) -> Row:
    """The one row of a page."""
    desk = Desk(db, shop.id, question)
    nothing = Row(None, (), desk.wishes.pages_a_day)
    return next(_rows(desk, shop.currency), nothing)


def ladder(db: Connection, shop: Shop, question: Question) -> list[Row]:
    """Every row of a surface that has something to say, the shown one first."""
    return list(_rows(Desk(db, shop.id, question), shop.currency))


def _rows(desk: Desk, currency: str) -> Iterator[Row]:
    surface, wishes = desk.question.surface, desk.wishes
    if surface in wishes.off:
        return
    wanted = [Candidate(key, ladders.CHOSEN) for key in wishes.pinned(surface, desk.asked)]
    pinned = _sifted(desk, wanted) if wanted else []
    found = False
    for kind in sorted(LADDERS[surface], key=lambda kind: kind != desk.question.first):
        found_here = _sifted(desk, candidates(desk, kind))
        if desk.question.by_count:
            found_here.sort(key=lambda one: -one.times)
        own = {one.key: one for one in found_here}
        first = [own.pop(one.key, one) for one in pinned]
        best = _spread(desk, kind, [*first, *own.values()], is_led=bool(first))
        if found_here and best:
            found = True
            yield _row(desk, kind, best, currency)
    if pinned and not found:
        best = _spread(desk, ladders.PINNED, pinned, is_led=True)
        yield _row(desk, ladders.PINNED, best, currency)


def _sifted(desk: Desk, found: Sequence[Candidate]) -> list[Candidate]:
    """What is left of candidates that may be shown here, to this shopper, in this shop."""
    without = {*desk.asked, *desk.apart, *desk.own.back}
    left = [one for one in found if one.key not in without]
    speakers = [one.speaker for one in left if one.speaker is not None]
    rows, wishes = desk.rows([*(one.key for one in left), *speakers]), desk.wishes

    def lets(one: Candidate) -> bool:
        row = rows.get(one.key)
        if row is None or hidden(row):
            return False
        filed = categories(row)
        if not wishes.lets(one.key, filed):
            return False
        if one.speaker is None:
            return True
        speaker = rows.get(one.speaker)
        if speaker is None or not wishes.lets_beside(categories(speaker), filed):
            return False
        return one.reason != ladders.TITLES or share_a_word(speaker.title, row.title)

    left = [one for one in left if lets(one)]
    own = [one.key for one in left if one.key in desk.own.days]
    habits = desk.habits(own) if own else {}
    once = {key for key in own if is_one_off(*habits[key])}
    return [one for one in left if one.key not in once]


def _spread(desk: Desk, kind: str, found: Sequence[Candidate], *, is_led: bool) -> list[Candidate]:
    """The best, no second of a family before the first of another, nor of the page's before any.

    is_led: the merchant chose what comes first. What somebody has they return for, whatever the
    page is about; and what is similar may be nothing but variants, as it says.
    """
    rows, told = desk.rows(()), {one.key: one for one in found}
    about = () if is_led or kind == ladders.AGAIN else desk.asked
    titles = {key: rows[key].title for key in told}
    filled = _ENOUGH if kind == ladders.TRENDING and not is_led else None
    best = spread(titles, SHOWN, [rows[key].title for key in about if key in rows], filled)
    if not best and kind == ladders.SIMILAR:
        best = spread(titles, SHOWN)
    return [told[key] for key in best]


def _row(desk: Desk, kind: str, found: Sequence[Candidate], currency: str) -> Row:
    rows = desk.rows(())
    shown = [
        Shown(
            item=item(rows[one.key], currency),
            reason=one.reason,
            times=one.times,
            score=one.score,
            beside=None if one.speaker is None else rows[one.speaker].title,
        )
        for one in found
    ]
    is_true = all(_says_true(kind, one) for one in shown)
    return Row(kind, shown, desk.wishes.pages_a_day, kind if is_true else ladders.PINNED)


def _says_true(kind: str, one: Shown) -> bool:
    """Whether a row's own words hold for what is in it.

    A pin that its row did not find may be nothing of the sort; and what the same people buy is
    called similar only where its title says so, too.
    """
    if kind == ladders.SIMILAR:
        return share_a_word(one.beside or "", one.item.title)
    return one.reason != ladders.CHOSEN
