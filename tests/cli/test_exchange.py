"""Members in and out by the command line."""

import csv
import io
import json
import sys
import zipfile

import pytest

from connector.cli import main
from connector.core.commerce import Customer, Person
from connector.members import lines, occasions, preferences
from connector.members.preferences import Question
from connector.members.sheets import Layout
from connector.web import takeout
from tests.world import MIA, NOW, acme, goods, order

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
FILE = """customer_id,email,name,points,birthday
1001,mia@x.example,Mia,500,05-01
,zoe@x.example,=Zoe,9,
"""


@pytest.fixture
def perennial(monkeypatch, capsys):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["perennial", *(str(word) for word in words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


@pytest.fixture
def world(database, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("JOBS_URL", f"sqlite:///{tmp_path}/jobs.db")
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:8400")
    monkeypatch.setenv("SECRET_KEYS", KEY)
    return acme(database)


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "members.csv"
    found.write_text(FILE)
    return found


def told(said):
    return json.loads(said.strip().splitlines()[-1])


def exported(perennial, world, what):
    code, said, _ = perennial("members", "export", "--shop", world.shop.id, "--what", what)
    assert code == 0
    return list(csv.DictReader(io.StringIO(said.removeprefix("\ufeff"))))


def test_a_file_is_checked_taken_and_taken_once(perennial, world, path):
    words = ("members", "import", path, "--shop", world.shop.id, "--keys", "own")
    code, said, _ = perennial(*words, "--check")
    assert (code, told(said)["step"], world.balance().available) == (0, "checked", 0)
    for booked in (509, 0):
        code, said, _ = perennial(*words)
        assert code == 0
        assert (told(said)["step"], told(said)["points_booked"]) == ("done", booked)
    assert world.balance().available == 500
    assert world.audit() == []


def test_ids_nobody_has_here_are_no_accounts_unless_they_are_said_to_be(perennial, world, path):
    words = ("members", "import", path, "--shop", world.shop.id)
    code, said, _ = perennial(*words)
    assert (code, told(said)["points_booked"], world.balance().available) == (0, 509, 0)


def test_a_bad_line_stops_it_unless_told_otherwise(perennial, world, path):
    path.write_text(FILE + "7,,,x,\n")
    words = ("members", "import", path, "--shop", world.shop.id, "--keys", "own")
    code, said, err = perennial(*words)
    assert (code, told(said)["refused"], world.balance().available) == (1, 1, 0)
    assert "line 4  points_format  points" in err
    code, said, err = perennial(*words, "--keep-going")
    assert (code, told(said)["points_booked"], world.balance().available) == (0, 509, 500)
    assert "line 4  points_format  points" in err


def test_columns_are_named_or_saved(perennial, world, path):
    path.write_text("Adresse;Punkte;Tag\nmia@x.example;5;24.12.1990\n")
    words = ("members", "import", path, "--shop", world.shop.id)
    code, _, err = perennial(*words)
    assert (code, "identity_column" in err) == (1, True)
    code, _, err = perennial(*words, "--column", "email")
    assert (code, "column_format" in err) == (1, True)
    code, _, err = perennial(*words, "--layout", "Old")
    assert (code, "layout_not_found" in err) == (1, True)
    named = ("--column", "email=Adresse", "--column", "points=Punkte", "--check")
    assert perennial(*words, *named)[0] == 0
    layout = Layout({"email": "Adresse", "points": "Punkte", "birthday": "Tag"}, "dmy")
    with world.database.write() as db:
        lines.save_layout(db, world.shop.id, "Old", layout, NOW)
    code, said, _ = perennial(*words, "--layout", "Old")
    assert (code, told(said)["birthdays"], told(said)["created"]) == (0, 1, 1)


def test_everything_comes_out_and_no_cell_is_a_formula(perennial, world, path):
    person = Person("mia@x.example", "=HYPERLINK(1)", "en")
    world.tell(Customer(MIA, person, NOW, tags=("vip",), email_verified=True))
    world.tell(order("1", goods("a", 500)))
    mia = world.member()
    with world.database.write() as db:
        occasions.put(db, world.shop.id, mia, "birthday", "05-01", NOW)
        question = Question(1, {"en": "Tea?"}, {1: {"en": "Yes"}, 2: {"en": "No"}})
        preferences.ask(db, world.shop.id, [question], NOW)
        preferences.answer(db, world.shop.id, mia, {1: 2}, NOW)
    (row,) = exported(perennial, world, "members")
    assert (row["id"], row["name"], row["pending"]) == (str(mia), "'=HYPERLINK(1)", "5")
    assert (row["tags"], row["occasions"]) == ('["vip"]', '{"birthday":"05-01"}')
    assert (row["preferences"], row["email_verified"]) == ('{"Tea?":"No"}', "true")
    (entry,) = exported(perennial, world, "entries")
    assert (entry["amount"], entry["to_account"]) == ("5", f"pending:{mia}")
    assert [one["key"] for one in exported(perennial, world, "orders")] == ["1"]


def test_what_came_out_goes_in_again_as_it_was(perennial, world, path, tmp_path):
    perennial("members", "import", path, "--shop", world.shop.id)
    out = tmp_path / "out.csv"
    words = ("members", "export", "--shop", world.shop.id, "--output", out)
    assert perennial(*words)[0] == 0
    code, said, _ = perennial("members", "import", out, "--shop", world.shop.id)
    assert (code, told(said)["matched"], told(said)["points_booked"]) == (0, 2, 0)


def test_everything_is_one_file_of_all_that_there_is(perennial, world, path, tmp_path):
    perennial("members", "import", path, "--shop", world.shop.id, "--from", "Old club")
    out = tmp_path / "all.zip"
    words = ("members", "export", "--shop", world.shop.id, "--what", "everything")
    assert perennial(*words, "--output", out)[0] == 0
    with zipfile.ZipFile(out) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == [f"{what}.csv" for what in takeout.EXPORTS]
        people = list(csv.DictReader(io.StringIO(packed.read("people.csv").decode("utf-8-sig"))))
        (file,) = [row for row in people if row["table"] == "member_import"]
        assert json.loads(file["mapping"])["place"] == "Old club"


def test_json_is_one_object_a_line(perennial, world):
    mia = world.member()
    words = ("members", "export", "--shop", world.shop.id, "--format", "json")
    code, said, _ = perennial(*words)
    (row,) = [json.loads(line) for line in said.splitlines()]
    assert (code, row["id"], row["tags"], row["available"]) == (0, str(mia), None, 0)
    for what in ("entries", "programs", "redemptions", "referrals", "tiers", "orders"):
        assert perennial(*words, "--what", what)[0] == 0
    assert perennial("members", "export", "--shop", 7)[0] == 1
