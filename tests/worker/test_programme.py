"""What a programme does by the clock: scheduled versions, nights, and rehearsals, through jobs."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from connector.core import clock
from connector.core.commerce import Person
from connector.members import sides
from connector.program import service as programs
from connector.program.rules import Rule, Terms
from connector.rooms.points import service as points
from connector.rooms.rehearsal import service as rehearsals
from tests.flows.service import make_service

DAY = timedelta(days=1)


@pytest.fixture
def service(database):
    return make_service(database)


@pytest.fixture
def shop(service):
    return service.install("woocommerce", "https://acme.example")


def test_a_scheduled_version_starts_by_itself(service, shop, database):
    now = clock.now()
    with database.write() as db:
        wanted = replace(points.program(db, shop.id), hold_days=3)
        programs.publish(db, shop.id, wanted, now - DAY, starts_at=now - timedelta(seconds=1))
    service.work(["program"])
    with database.read() as db:
        assert points.program(db, shop.id).hold_days == 3


def test_a_night_gives_what_its_day_brings_and_comes_again(service, shop, database):
    now = clock.now()
    today = now.astimezone(UTC).date()
    with database.write() as db:
        rule = Rule(id="b", kind="occasion", occasion="birthday", points=50)
        terms = Terms(expiry="inactivity")
        wanted = replace(points.program(db, shop.id), rules=(rule,), terms=terms)
        programs.publish(db, shop.id, wanted, now)
        (mia,) = service.runtime.members.resolve(db, shop.id, [("7", Person())], now)
        sides.put_occasion(
            db,
            shop_id=shop.id,
            member_id=mia,
            name="birthday",
            month_day=f"{today - DAY:%m-%d}",
            set_at=now - 90 * DAY,
            counts_from="2020-01-01",
            greet_at=now,
        )
    service.work(["night"])
    with database.read() as db:
        assert points.balance(db, shop.id, mia).available == 50


def test_a_rehearsal_is_a_job(service, shop, database):
    now = clock.now()
    with database.write() as db:
        draft = programs.save_draft(db, shop.id, points.program(db, shop.id), now)
        rehearsals.ask(db, shop.id, draft.version, now)
    service.work(["rehearse"])
    with database.read() as db:
        found = rehearsals.read(db, shop.id, draft.version)
    assert found is not None
    assert found.result is not None
