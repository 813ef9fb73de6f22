"""What the page of a member shows besides points: level, merges, blocks, days, wishes."""

from __future__ import annotations

from typing import Any

from flask import g
from sqlalchemy import Connection, Row

from connector.core import clock
from connector.members import blocking, merging, occasions, preferences
from connector.rooms.giving import givers
from connector.rooms.tiers import service as tiers
from connector.web import days
from connector.web.admin import chances, store
from connector.web.admin.words import spoken


def of(db: Connection, row: Row[Any]) -> dict[str, Any]:
    """What the member page shows of it."""
    now = clock.now()
    merges = merging.of_member(db, g.shop.id, row.id, now)
    asked = preferences.questions(db, g.shop.id)
    answers = preferences.answers(db, g.shop.id, row.id)
    known = occasions.of_member(db, g.shop.id, row.id)
    return {
        "chances": chances.of(db, row.id),
        "tier": tiers.progress(db, g.shop.id, row.id, now),
        "merges": merges,
        "parted": {
            one.gone_id: store.parted(db, g.shop.id, one.gone_id, one.kept_id)
            for one in merges
            if one.undone_at
        },
        "undo_days": merging.UNDO_DAYS,
        "makers": store.makers(db, g.shop),
        "blocks": blocking.of_member(db, g.shop.id, row.id),
        "occasions": known,
        "receipts": givers.years(givers.gifts(db, g.shop.id, row.id), g.shop.timezone),
        "offered": [*dict.fromkeys([*days.named(db, g.shop.id), *(one.name for one in known)])],
        "wishes": [
            (
                preferences.said(one.texts, spoken().tag),
                preferences.said(one.choices[answers[one.number]], spoken().tag)
                if one.number in answers
                else None,
            )
            for one in asked
        ],
    }
