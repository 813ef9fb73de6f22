"""What to expect of a member, in words and figures, and how it was learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flask import g
from markupsafe import Markup
from sqlalchemy import Connection

from connector.rooms.recommend.scoring import service as scoring
from connector.web.admin.words import isolated, number, spoken, t

NAMED = 5  # products
OF = 10
LEAST_PERMILLE = 20  # a product less likely than this is not worth naming


@dataclass(frozen=True, slots=True)
class Chances:
    """buys: of ten like this member; again: (product key, title, chance within 30 days)."""

    buys: Markup
    yearly: Markup
    again: Sequence[tuple[str, str, Markup]]
    buys_learnt: bool
    again_learnt: bool
    scored_at: datetime


def of(db: Connection, member_id: int) -> tuple[scoring.Basis, Chances | None]:
    """(what the shop's scores rest on, this member's; None: nothing is told of them)."""
    basis = scoring.basis(db, g.shop.id)
    told = scoring.of_member(db, g.shop.id, member_id)
    if told is None or basis.scored_at is None:
        return basis, None
    needed = scoring.needed_again(db, g.shop.id, member_id)
    yearly = Decimal(told.yearly_thousandths).scaleb(-3).quantize(Decimal("0.1"))
    return basis, Chances(
        buys=_of_ten(told.buys_permille),
        yearly=isolated(spoken().decimal(yearly)),
        again=[
            (one.key, one.title, isolated(spoken().percent(Decimal(one.permille) / 1000, 0)))
            for one in needed
            if one.permille >= LEAST_PERMILLE
        ][:NAMED],
        buys_learnt=basis.buys_learnt,
        again_learnt=basis.again_learnt,
        scored_at=basis.scored_at,
    )


def _of_ten(permille: int) -> Markup:
    """Neither none nor all: nobody knows that."""
    tenths = (permille + 50) // 100
    if tenths == 0:
        return t("fewer than 1 of 10")
    if tenths == OF:
        return t("more than 9 of 10")
    return t("{number} of 10", number=number(tenths))
