"""A place's rows as shoppers get them, with what is left out and why, for the merchant to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import g
from sqlalchemy import Connection

from connector.core import clock
from connector.rooms.recommend import showing
from connector.rooms.recommend.learning import service as learning
from connector.rooms.recommend.learning.service import Deal
from connector.web import rows
from connector.web.admin import strengths
from connector.web.admin.strengths import Odds, Scored
from connector.web.admin.words import spoken
from connector.web.tongue import Tongue


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """One kind of row at a place. items: what it would show; none where all of it is left out.

    suggested: what shoppers read above it instead of the row's own words, which are not true of
    everything in it.
    """

    kind: str
    suggested: str | None
    items: Sequence[Scored]
    left_out: Sequence[Scored]


@dataclass(frozen=True, slots=True)
class Preview:
    """A place for who is dealt ``deal``: the first row with items is the one that is shown."""

    deal: Deal
    is_off: bool
    rows: Sequence[PlacedRow]

    @property
    def shown(self) -> str | None:
        """Which row it has."""
        return next((one.kind for one in self.rows if one.items), None)

    def left_out(self, kind: str) -> dict[str, str]:
        """Why one kind of row has not what it has not, by key."""
        told = next((one.left_out for one in self.rows if one.kind == kind), ())
        return {one.key: one.hidden for one in told if one.hidden}


def preview(
    db: Connection, question: showing.Question, deal: Deal, odds: Odds | None = None
) -> Preview:
    """odds: of pairs with the one product that the place is about, where there is one."""
    say = Tongue.of(g.shop, spoken(), clock.now())  # reasons as shoppers read them
    asked = rows.dealt(question, deal)
    ladder = {one.kind or "": one for one in showing.ladder(db, g.shop, asked)}
    out = showing.left_out(db, g.shop, asked)
    kinds = sorted({**ladder, **out}, key=lambda kind: kind not in ladder)
    told = [
        PlacedRow(
            kind,
            _suggested(ladder.get(kind), say),
            strengths.of_row(ladder[kind], say, odds, by_count=asked.by_count)
            if kind in ladder
            else (),
            [strengths.of_left_out(one) for one in out.get(kind, ())],
        )
        for kind in kinds
    ]
    return Preview(
        deal,
        is_off=question.surface in showing.wishes(db, g.shop.id).off,
        rows=[one for one in told if one.items or one.left_out],
    )


def _suggested(row: showing.Row | None, say: Tongue) -> str | None:
    if row is None or row.heading is None or row.heading == row.kind:
        return None
    return say.t(rows.HEADINGS[row.heading])


def dealt_to_guests(db: Connection, surface: str, arm: str) -> tuple[Deal, Sequence[Deal]]:
    """(what this side of a comparison is dealt, or all where none runs; every side there is)."""
    sides = learning.deals(db, g.shop.id, surface)
    return next((one for one in sides if one.arm == arm), sides[0]), sides
