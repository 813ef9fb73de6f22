"""The row of a page: the first of its ladder that has something honest to say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import Connection

from connector.orders.store import title_in
from connector.rooms.recommend.rules import share_a_word, spread
from connector.rooms.recommend.showing import ladders
from connector.rooms.recommend.showing.candidates import candidates, wanted
from connector.rooms.recommend.showing.desk import Desk, Question
from connector.rooms.recommend.showing.items import Item, categories, hidden, item
from connector.rooms.recommend.showing.ladders import LADDERS, Candidate, is_one_off
from connector.shops.service import Shop

SHOWN = 6
MOST_VIEWED = 12
MOST_HIDDEN = 200
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


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A product that a row would have, and why it has not: one of the reasons of ``_against``."""

    key: str
    title: str
    image_url: str | None
    why: str


def row(db: Connection, shop: Shop, question: Question) -> Row:
    """The one row of a page."""
    desk = Desk(db, shop.id, question)
    nothing = Row(None, (), desk.wishes.pages_a_day)
    return next(_rows(desk, shop.currency), nothing)


def ladder(db: Connection, shop: Shop, question: Question) -> list[Row]:
    """Every row of a surface that has something to say, the shown one first."""
    return list(_rows(Desk(db, shop.id, question), shop.currency))


def left_out(db: Connection, shop: Shop, question: Question) -> dict[str, list[LeftOut]]:
    """What each row of a surface has not, by kind, the best first; of pins those never shown."""
    desk = Desk(db, shop.id, question)
    return {
        kind: [_left_out(desk, one, why) for one, why in _judged(desk, found) if why is not None]
        for kind, found in [(ladders.PINNED, _pins(desk)), *_looked_at(desk)]
    }


def _rows(desk: Desk, currency: str) -> Iterator[Row]:
    if desk.question.surface in desk.wishes.off:
        return
    pinned = _sifted(desk, _pins(desk))
    found = False
    for kind, looked_at in _looked_at(desk):
        found_here = _sifted(desk, looked_at)
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


def _pins(desk: Desk) -> list[Candidate]:
    keys = desk.wishes.pinned(desk.question.surface, desk.asked)
    return wanted(desk, [Candidate(key, ladders.CHOSEN) for key in keys])


def _looked_at(desk: Desk) -> Iterator[tuple[str, list[Candidate]]]:
    """The surface's kinds of rows in turn, with where each looks."""
    question = desk.question
    for kind in sorted(LADDERS[question.surface], key=lambda kind: kind != question.first):
        yield kind, candidates(desk, kind)


def _sifted(desk: Desk, found: Sequence[Candidate]) -> list[Candidate]:
    """What is left of candidates that may be shown here, to this shopper, in this shop."""
    return [one for one, why in _judged(desk, found) if why is None]


def _judged(desk: Desk, found: Sequence[Candidate]) -> list[tuple[Candidate, str | None]]:
    """Candidates, and what is against each."""
    if not found:
        return []
    speakers = [one.speaker for one in found if one.speaker is not None]
    desk.rows([*(one.key for one in found), *speakers])
    judged = [(one, _against(desk, one)) for one in found]
    own = [one.key for one, why in judged if why is None and one.key in desk.own.days]
    habits = desk.habits(own) if own else {}
    once = {key for key in own if is_one_off(*habits[key])}
    return [(one, "one_off" if why is None and one.key in once else why) for one, why in judged]


def _against(desk: Desk, one: Candidate) -> str | None:
    """Why a candidate is left out, as far as that is no habit of those who bought it."""
    for why, keys in (("apart", desk.apart), ("back", desk.own.back)):
        if one.key in keys:
            return why
    row = desk.rows(()).get(one.key)
    never = hidden(row)
    if row is None or never:
        return never
    filed = categories(row)
    if not desk.wishes.lets(one.key, filed):
        return "excluded"
    return None if one.speaker is None else _against_beside(desk, one, row, filed)


def _against_beside(
    desk: Desk, one: Candidate, row: sqlalchemy.Row[Any], filed: Collection[str]
) -> str | None:
    """Why it may not be shown because of its speaker."""
    speaker = desk.rows(()).get(one.speaker or "")
    if speaker is None or not desk.wishes.lets_beside(categories(speaker), filed):
        return "beside"
    is_unlike = one.reason == ladders.TITLES and not share_a_word(speaker.title, row.title)
    return "unlike" if is_unlike else None


def _left_out(desk: Desk, one: Candidate, why: str) -> LeftOut:
    row = desk.rows(()).get(one.key)
    return LeftOut(one.key, row.title if row else one.key, row.image_url if row else None, why)


def _spread(desk: Desk, kind: str, found: Sequence[Candidate], *, is_led: bool) -> list[Candidate]:
    """The best, no second of a family before the first of another, nor of the page's before any.

    is_led: the merchant chose what comes first. What somebody has they return for, whatever the
    page is about; and what is most like a pot is the same pot in another size, so of similar
    products one variant may lead.
    """
    rows, told = desk.rows(()), {one.key: one for one in found}
    about = () if is_led or kind in {ladders.AGAIN, ladders.SIMILAR} else desk.asked
    titles = {key: rows[key].title for key in told}
    filled = _ENOUGH if kind == ladders.TRENDING and not is_led else None
    best = spread(titles, SHOWN, [rows[key].title for key in about if key in rows], filled)
    return [told[key] for key in best]


def _row(desk: Desk, kind: str, found: Sequence[Candidate], currency: str) -> Row:
    rows, language = desk.rows(()), desk.question.language
    shown = [
        Shown(
            item=item(rows[one.key], currency, language),
            reason=one.reason,
            times=one.times,
            score=one.score,
            beside=None if one.speaker is None else title_in(rows[one.speaker], language),
        )
        for one in found
    ]
    is_true = all(_says_true(desk, kind, one) for one in found)
    return Row(kind, shown, desk.wishes.pages_a_day, kind if is_true else ladders.PINNED)


def _says_true(desk: Desk, kind: str, one: Candidate) -> bool:
    """Whether a row's own words hold for what is in it.

    A pin that its row did not find may be nothing of the sort; and what the same people buy is
    called similar only where its title says so, too: the shop's own, in every language.
    """
    if kind == ladders.SIMILAR:
        rows = desk.rows(())
        beside = "" if one.speaker is None else rows[one.speaker].title
        return share_a_word(beside, rows[one.key].title)
    return one.reason != ladders.CHOSEN
