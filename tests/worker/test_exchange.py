"""A file of members is checked, then taken, once, line by line, from wherever it stopped."""

from io import BytesIO

import pytest
from sqlalchemy import func, select

from connector import ledger
from connector.core import clock
from connector.core.commerce import Customer, Person
from connector.core.errors import BadInput, Conflict
from connector.core.facts import publish
from connector.ledger.models import ledger_entry, ledger_lot
from connector.members import exchange, lines, occasions, store
from connector.members.models import member_import, member_import_chunk, member_import_line
from connector.members.sheets import Layout
from connector.orders import claiming
from connector.rooms import insight
from connector.rooms.points import service as points
from connector.rooms.points import timeline
from connector.worker import schedule

HEAD = "customer_id,email,name,points,birthday\n"
OWN = Layout(keys="own")
THREE = HEAD + "1,mia@x.example,Mia,500,05-01\n2,noor@x.example,Noor,70,\n,zoe@x.example,=Zoe,9,\n"


@pytest.fixture
def shop(service):
    return service.install("woocommerce", "https://shop.example")


def keep(service, shop, text, layout=OWN):
    file = BytesIO(text.encode())
    return exchange.keep(
        service.database,
        service.runtime.keys,
        shop.id,
        file,
        "members.csv",
        layout,
        made_by="staff:1",
        now=clock.now(),
    )


def run(service):
    """What the schedule does until nothing of this is due."""
    while due := [one for one in schedule.due(service.runtime) if one[0] == "exchange"]:
        for name, shop_id in due:
            schedule.JOBS[name].work(service.runtime, shop_id)


def get(service, shop, job):
    with service.database.read() as db:
        return exchange.get(db, shop.id, job)


def check(service, shop, text, layout=OWN):
    job = keep(service, shop, text, layout)
    run(service)
    return job


def take(service, shop, job):
    with service.database.write() as db:
        exchange.take(db, shop.id, job, clock.now())
    run(service)
    return get(service, shop, job).report


def bring(service, shop, text):
    return take(service, shop, check(service, shop, text))


def balance(service, shop, email):
    with service.database.read() as db:
        found = service.runtime.members.by_email(db, shop.id, email)
        return points.balance(db, shop.id, found).available


def problems(service, shop, job):
    with service.database.read() as db:
        found = lines.problems(db, shop.id, job, 0, 100)
        return [(one.line, one.field, one.code) for one in found]


def count(service, table):
    with service.database.read() as db:
        return db.scalar(select(func.count()).select_from(table))


def tell(service, shop, *customers):
    with service.database.write() as db:
        facts = service.runtime.members.record(db, shop.id, customers, clock.now())
        publish(db, service.runtime.subscriptions, facts, clock.now())


def test_a_file_is_only_checked_until_somebody_says_take(service, shop):
    tell(service, shop, Customer("2", Person("noor@x.example", "Noor"), clock.now()))
    job = check(service, shop, THREE)
    found = get(service, shop, job)
    assert (found.step, found.lines, found.due_at) == ("checked", 3, None)
    assert found.report["created"] == 2
    assert found.report["matched"] == 1
    assert found.report["points_in_file"] == found.report["points_booked"] == 579
    with service.database.read() as db:
        assert len(store.page(db, shop.id, None, 10)) == 1
        assert list(ledger.differences(db, shop.id)) == []
    assert balance(service, shop, "noor@x.example") == 0


def test_what_is_taken_is_booked_once_however_often_the_file_comes(service, shop):
    for booked in (579, 0, 0):
        told = bring(service, shop, THREE)
        assert (told["points_booked"], told["points_before"]) == (booked, 579 - booked)
        assert told["points_in_file"] == 579
    assert [balance(service, shop, f"{one}@x.example") for one in ("mia", "noor", "zoe")] == [
        500,
        70,
        9,
    ]
    with service.database.read() as db:
        mia = service.runtime.members.by_customer_key(db, shop.id, "1")
        (day,) = occasions.of_member(db, shop.id, mia)
        assert (day.name, day.month_day) == ("birthday", "05-01")
        zoe = service.runtime.members.by_email(db, shop.id, "zoe@x.example")
        assert service.runtime.members.person(db, shop.id, zoe).name == "=Zoe"
        row = store.get(db, shop.id, mia)
        assert row is not None
        assert row.joined_at is None
        assert list(ledger.differences(db, shop.id)) == []
    assert count(service, member_import_chunk) == count(service, member_import_line) == 0


def test_a_corrected_file_repairs_a_wrong_one(service, shop):
    bring(service, shop, THREE)
    told = bring(service, shop, THREE.replace("500", "450").replace("70", "80"))
    assert (told["points_in_file"], told["points_before"], told["points_booked"]) == (
        539,
        579,
        -40,
    )
    assert balance(service, shop, "mia@x.example") == 450


def test_what_was_spent_cannot_be_taken_again(service, shop):
    bring(service, shop, THREE)
    with service.database.write() as db:
        mia = service.runtime.members.by_customer_key(db, shop.id, "1")
        points.adjust(db, shop.id, mia, -400, reason="spent", made_by="staff:1", now=clock.now())
    job = check(service, shop, THREE.replace("500", "50"))
    told = take(service, shop, job)
    assert problems(service, shop, job) == [(2, "points", "insufficient_points")]
    assert (told["points_in_file"], told["points_refused"], told["points_before"]) == (129, 50, 79)
    assert (told["matched"], told["refused"]) == (2, 1)
    assert balance(service, shop, "mia@x.example") == 100


def test_lines_that_cannot_be_meant_are_named_and_the_rest_is_taken(service, shop):
    text = HEAD + (
        "1,mia@x.example,,5,\n,mia.x.example,,7,\n3,,,x,\n,,,9,\n4,,,2,02-30\n1,,,11,\n"
        ",MIA@x.example ,,1,\n"
    )
    job = check(service, shop, text)
    wrong = [
        (3, "email", "email_format"),
        (4, "points", "points_format"),
        (5, "email", "identity_missing"),
        (6, "birthday", "birthday_format"),
        (7, "customer_key", "duplicate_member"),
        (8, "email", "duplicate_member"),
    ]
    assert problems(service, shop, job) == wrong
    told = take(service, shop, job)
    assert problems(service, shop, job) == wrong
    assert told["points_in_file"] == 5 + 7 + 9 + 2 + 11 + 1
    assert told["points_refused"] == 30
    assert (told["created"], told["matched"], told["refused"]) == (1, 0, 6)
    assert balance(service, shop, "mia@x.example") == 5


def test_somebody_twice_in_a_long_file_is_found_across_its_chunks(service, shop, monkeypatch):
    monkeypatch.setattr(exchange, "CHUNK", 2)
    text = HEAD + "".join(f"{n},,,1,\n" for n in (1, 2, 3, 4, 2, 5, 1))
    job = check(service, shop, text)
    assert get(service, shop, job).chunks == 4
    twice = [(6, "customer_key", "duplicate_member"), (8, "customer_key", "duplicate_member")]
    assert problems(service, shop, job) == twice
    assert take(service, shop, job)["points_booked"] == 5


def test_it_goes_on_where_it_stopped(service, shop, monkeypatch):
    monkeypatch.setattr(exchange, "CHUNK", 1)
    job = check(service, shop, THREE)
    with service.database.write() as db:
        exchange.take(db, shop.id, job, clock.now())
    bring_over = points.bring_over
    made = []

    def stumble(*args):
        made.extend(args[3].values())
        if len(made) == 2:
            raise ZeroDivisionError("stumbled")
        return bring_over(*args)

    monkeypatch.setattr(points, "bring_over", stumble)
    run(service)
    found = get(service, shop, job)
    assert (found.step, found.next_chunk, found.is_stopped) == ("take", 1, True)
    assert take(service, shop, job)["points_booked"] == 579
    assert made == [500, 70, 70, 9]
    assert balance(service, shop, "noor@x.example") == 70


def test_the_same_file_twice_waits_once(service, shop):
    first = keep(service, shop, THREE)
    assert keep(service, shop, THREE) == first
    assert keep(service, shop, THREE, Layout({"email": "email", "points": "points"})) != first
    assert count(service, member_import) == 2


def test_what_is_decided_against_is_forgotten(service, shop):
    job = keep(service, shop, THREE)
    with service.database.write() as db, pytest.raises(Conflict):
        exchange.take(db, shop.id, job, clock.now())
    with service.database.write() as db:
        exchange.drop(db, shop.id, job, clock.now())
    assert get(service, shop, job).step == "dropped"
    assert count(service, member_import_chunk) == 0
    run(service)
    assert get(service, shop, job).step == "dropped"


def test_a_file_that_breaks_half_way_leaves_nothing(service, shop, monkeypatch):
    monkeypatch.setattr(exchange, "CHUNK", 1)
    with pytest.raises(BadInput, match="unreadable_line"):
        keep(service, shop, THREE + '"x')
    with pytest.raises(BadInput, match="file_empty"):
        keep(service, shop, HEAD)
    assert count(service, member_import) == count(service, member_import_chunk) == 0


def test_nothing_readable_of_a_file_is_kept(service, shop):
    keep(service, shop, THREE)
    with service.database.read() as db:
        assert b"mia" not in db.scalar(select(member_import_chunk.c.sealed))


def test_a_balance_by_mailbox_is_claimed_by_the_account(service, shop):
    bring(service, shop, "email,points\nmia@x.example,300\n")
    person = Person("mia@x.example", "Mia")
    with service.database.write() as db:
        news = [Customer("1", person, clock.now(), email_verified=True)]
        service.runtime.members.record(db, shop.id, news, clock.now())
        facts = claiming.claim(db, shop.id, clock.now())
        publish(db, service.runtime.subscriptions, facts, clock.now())
    with service.database.read() as db:
        mia = service.runtime.members.by_customer_key(db, shop.id, "1")
        assert points.balance(db, shop.id, mia).available == 300

    assert bring(service, shop, "email,points\nmia@x.example,300\n")["points_booked"] == 0
    assert balance(service, shop, "mia@x.example") == 300
    assert bring(service, shop, "customer_id,points\n1,250\n")["points_booked"] == -50
    assert bring(service, shop, "email,points\nmia@x.example,250\n")["points_booked"] == 0
    assert balance(service, shop, "mia@x.example") == 250


def test_what_was_brought_says_where_from_and_is_nothing_earned(service, shop):
    columns = {"customer_key": "customer_id", "points": "points", "email": "email"}
    job = keep(service, shop, THREE, Layout(columns, place="Old club", keys="own"))
    run(service)
    take(service, shop, job)
    take(service, shop, check(service, shop, THREE.replace("500", "450")))
    with service.database.read() as db:
        mia = service.runtime.members.by_customer_key(db, shop.id, "1")
        told = timeline.entries(db, shop.id, mia, None, 10)
        assert [(one.kind, one.points, one.place) for one in told] == [
            ("brought", -50, ""),
            ("brought", 500, "Old club"),
        ]
        entry = ledger_entry.c
        rows = db.execute(select(ledger_entry).where(entry.to_account == f"member:{mia}")).all()
        assert [(row.source, row.qualifying) for row in rows] == [
            (f"points:brought:{job}:{mia}:member:0", None)
        ]
        month = insight.owed(db, shop.id, clock.now()).months[-1]
        assert (month.flow.brought, month.flow.earned, month.flow.adjusted) == (529, 0, 0)
        assert month.closing == 529


def test_less_takes_what_was_brought_before_what_was_earned(service, shop):
    tell(service, shop, Customer("1", Person("mia@x.example"), clock.now()))
    with service.database.write() as db:
        mia = service.runtime.members.by_customer_key(db, shop.id, "1")
        points.adjust(db, shop.id, mia, 40, reason="hello", made_by="staff:1", now=clock.now())
    bring(service, shop, THREE)
    bring(service, shop, THREE.replace("500", "0"))
    with service.database.read() as db:
        lot = ledger_lot.c
        rows = db.execute(
            select(ledger_lot).where(lot.account == f"member:{mia}").order_by(lot.id)
        )
        assert [row.remaining for row in rows] == [40, 0]


def test_somebody_erased_is_not_brought_back(service, shop):
    tell(service, shop, Customer("1", Person("mia@x.example"), clock.now()))
    tell(service, shop, Customer("1", deleted=True))
    job = check(service, shop, THREE)
    take(service, shop, job)
    assert problems(service, shop, job) == [(2, "email", "member_erased")]


def test_named_layouts_are_kept(service, shop):
    layout = Layout({"email": "Mail", "points": "Punkte"}, "dmy")
    with service.database.write() as db:
        lines.save_layout(db, shop.id, " Old club ", layout, clock.now())
        assert lines.layouts(db, shop.id) == {"Old club": layout}
        with pytest.raises(BadInput, match="name_length"):
            lines.save_layout(db, shop.id, " ", layout, clock.now())


def test_it_is_the_slow_lane(service, shop):
    keep(service, shop, THREE)
    assert ("exchange", shop.id) in schedule.due(service.runtime)
    assert schedule.JOBS["exchange"].lane == "slow"
