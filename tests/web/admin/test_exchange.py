"""The page where files come in and everything goes out."""

import re
import zipfile
from io import BytesIO

import pytest
from flask import Flask
from msgspec import structs
from werkzeug.test import TestResponse

from connector.core import clock
from connector.members import exchange, lines
from connector.members.sheets import Layout
from connector.shops import service as shops
from connector.web import takeout
from connector.web.runtime import EXTENSION
from connector.worker import exchange as worker
from connector.worker import schedule
from tests.web.admin.conftest import Ada, words_of
from tests.world import World

FILE = "E-Mail;Punkte;Tag\nmia@x.example;50;24.12.1990\nnobody;7;\n"


def bring(ada: Ada, text: str, **form: str):
    return ada.send("exchange", "exchange", file=(BytesIO(text.encode()), "club.csv"), **form)


def work(app: Flask) -> None:
    runtime = app.extensions[EXTENSION]
    while due := [one for one in schedule.due(runtime) if one[0] == "exchange"]:
        for _, shop_id in due:
            worker.step(runtime, shop_id)


def test_a_file_is_checked_decided_on_and_taken(ada: Ada, app: Flask, world: World):
    form = {"days": "dmy", "layout_name": "Old club", "place": "Klub"}
    columns = {"column_email": "E-Mail", "column_points": "Punkte", "column_birthday": "Tag"}
    answer = bring(ada, FILE, **form, **columns)
    assert answer.status_code == 303, words_of(answer.text)
    where = answer.location
    waiting = ada.see(where)
    assert "being checked" in words_of(waiting)
    assert 'hx-trigger="load delay:1s"' in waiting
    work(app)
    told = words_of(ada.see(where))
    assert "What would happen checked" in told
    assert "New members 1" in told
    assert "booked from earlier files 0 to be booked +50 of refused lines +7" in told
    assert "Points in the file 57 It adds up: no point is missing." in told
    assert "3 E-mail not an e-mail address" in told
    path = where.partition(f"/admin/{ada.shop}/")[2]
    assert ada.send(path, "exchange").location == where
    work(app)
    told = words_of(ada.see(where))
    assert "What happened taken over" in told
    assert "booked now +50" in told
    with world.database.read() as db:
        assert list(lines.layouts(db, world.shop.id)) == ["Old club"]
        mia = world.members.by_email(db, world.shop.id, "mia@x.example")
    assert "Brought over from Klub" in words_of(ada.see(f"members/{mia}"))
    refused = ada.ask(f"{path}/refused.csv")
    assert refused.text.splitlines() == [
        "\ufeffline,column,code,reason",
        '3,email,email_format,"not an e-mail address"',
    ]
    assert "Old club" in ada.see("exchange")
    again = bring(ada, FILE, layout="Old club")
    work(app)
    assert "booked from earlier files +50" in words_of(ada.see(again.location))


def test_saved_columns_keep_whose_ids_theirs_are_unless_another_is_chosen(ada: Ada, world: World):
    layout = Layout({"email": "E-Mail", "points": "Punkte"}, "dmy", "Klub", "other")
    with world.database.write() as db:
        lines.save_layout(db, world.shop.id, "Old club", layout, clock.now())
    page = ada.see("exchange")
    offered = re.search(r'<select [^>]*name="keys">(.*?)</select>', page, re.DOTALL)
    assert offered
    (first, *_) = re.findall(r'<option value="(\w*)"', offered[1])
    assert first == "", "what the form sends untouched"
    text = "E-Mail;Punkte\nmia@x.example;50\n"
    named = {"column_email": "Nobody", "days": "mdy"}
    kept(ada, world, bring(ada, text, layout="Old club", keys=first, **named), layout)
    own = structs.replace(layout, keys="own", place="Shop")
    kept(ada, world, bring(ada, text, layout="Old club", keys="own", place="Shop"), own)


def kept(ada: Ada, world: World, answer: TestResponse, layout: Layout) -> None:
    """The file is read by this layout."""
    assert answer.status_code == 303, words_of(answer.text)
    import_id = int(answer.location.rpartition("/")[2])
    with world.database.read() as db:
        assert exchange.get(db, world.shop.id, import_id).layout == layout


def test_a_file_may_be_decided_against(ada: Ada, app: Flask, world: World):
    answer = bring(ada, "email,points\nmia@x.example,5\n")
    work(app)
    path = answer.location.partition(f"/admin/{ada.shop}/")[2]
    ada.send(path, "exchange", drop="yes")
    told = words_of(ada.see(answer.location))
    assert "decided against" in told
    assert "Take it over" not in told


@pytest.mark.parametrize(
    ("text", "form", "sentence"),
    [
        ("", {}, "There is nobody in this file."),
        ("email,email\n", {}, "The first line must name each column once."),
        ("shoe\n1\n", {}, "Say which column is the e-mail or the platform id."),
        ("email\n1\n", {"column_email": "Mail"}, "The file has no such column."),
        ("email\n1\n", {"layout": "gone"}, "These saved columns are gone."),
    ],
)
def test_what_is_no_file_of_members_is_refused_beside_its_field(ada: Ada, text, form, sentence):
    answer = bring(ada, text, **form)
    assert answer.status_code == 422
    assert sentence in words_of(answer.text)
    fields = re.findall(r'<li><a href="#(\w+)"', answer.text)
    assert fields
    assert all(f'id="{field}"' in answer.text for field in fields)


def test_no_file_is_no_import(ada: Ada):
    answer = ada.send("exchange", "exchange")
    assert "Choose a file." in words_of(answer.text)


def test_everything_is_taken_out(ada: Ada, world: World):
    world.member()
    page = ada.see("exchange")
    for what in takeout.EXPORTS:
        for kind in ("csv", "json"):
            assert f"exports/{what}.{kind}" in page
            answer = ada.ask(f"exports/{what}.{kind}")
            assert answer.status_code == 200
            assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "exports/everything.zip" in page
    with zipfile.ZipFile(BytesIO(ada.ask("exports/everything.zip").data)) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == [f"{what}.csv" for what in takeout.EXPORTS]
        assert packed.read("members.csv") == ada.ask("exports/members.csv").data
    assert ada.ask("exports/shoes.csv").status_code == 404
    assert ada.ask("exchange/7").status_code == 404


def test_a_shop_that_left_takes_everything_out_all_the_same(ada: Ada, world: World):
    world.member()
    with world.database.write() as db:
        shops.uninstall(db, world.shop.id, clock.now(), clock.now())
    assert "exports/everything.zip" in ada.see("exchange")
    with zipfile.ZipFile(BytesIO(ada.ask("exports/everything.zip").data)) as packed:
        assert packed.read("members.csv").count(b"\r\n") == 2


@pytest.mark.parametrize("tag", ["ar", "zh-Hant"])
def test_every_page_is_said_in_every_language(ada: Ada, app: Flask, world: World, tag):
    mia = world.member()
    answer = bring(ada, FILE.replace("E-Mail", "email"))
    work(app)
    path = answer.location.partition(f"/admin/{ada.shop}/")[2]
    for where in ("exchange", path, "preferences", f"members/{mia}"):
        ada.see(where, lang=tag)
