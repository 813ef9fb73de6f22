"""Builders of this room's tests: a cause with its papers, programmes, published ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from msgspec import structs

from connector.rooms.giving import programmes, service
from connector.rooms.giving.rules import ADDING, Programme, Terms
from tests.world import NOW, World

BOUNDS = {"minimum_minor": 0, "cap_minor": 10**9}
WORDS = {"en": "Said.", "ar": "قيل.", "zh-Hant": "已說明。"}
SINCE = NOW - timedelta(days=10)


def papered(world: World, name: str = "") -> service.Cause:
    """Riverbank, or another cause of this name, with everything the law asks for."""
    with world.database.write() as db:
        one = world.riverbank
        if name:
            one = service.add_cause(db, world.shop.id, name, "", NOW)
        papers = replace(
            one,
            registration="1048",
            country="DE",
            payee=f"{one.name} e.V.",
            agreement="C-7",
            agreed_on="2025-10-01",
        )
        return service.change_cause(db, world.shop.id, papers, NOW)


def programme(terms: Terms, *causes: service.Cause, **values: Any) -> Programme:
    told: dict[str, Any] = {
        "name": "A programme",
        "currency": "USD",
        "causes": tuple((one.id, 1) for one in causes),
        "starts_at": SINCE,
        "ends_at": NOW + timedelta(days=10),
        **values,
    }
    one = Programme(id=0, terms=terms, **told)
    return structs.replace(one, **BOUNDS | values) if one.kind in ADDING else one


def publish(
    world: World, terms: Terms, *causes: service.Cause, at: datetime = SINCE, **values: Any
) -> Programme:
    """A programme that is live since ten days ago."""
    told = programme(terms, *causes, **{"starts_at": at} | values)
    with world.database.write() as db:
        made = programmes.draft(db, world.shop.id, told, at)
        return programmes.publish(db, world.shop.id, made.id, WORDS, at)


def given(world: World, *kinds: str) -> dict[str, tuple[int, int]]:
    """(pledged, due) by cause key and kind, of all programmes."""
    with world.database.read() as db:
        keys = {one.id: one.key for one in service.causes(db, world.shop.id)}
        found: dict[str, tuple[int, int]] = {}
        for row in service.tallies(db, world.shop.id):
            if not kinds or row.kind in kinds:
                name = f"{keys[row.cause_id]} {row.kind}"
                pledged, due = found.get(name, (0, 0))
                found[name] = (pledged + row.pledged_minor, due + row.due_minor)
        return found


def used(world: World, one: Programme) -> int:
    with world.database.read() as db:
        return programmes.programme(db, world.shop.id, one.id).used_minor
