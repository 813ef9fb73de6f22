"""What an operator types: bad news has a stable code and an exit code, and says what to do."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
import requests
from sqlalchemy import update

from connector.cli import demo, main
from connector.cli.demo_place import Place
from connector.core import clock, inbox
from connector.core.commerce import Delivery
from connector.core.inbox import Received
from connector.shops import store as shop_store
from tests.flows.processes import free_port
from tests.world import MIA, NOW, acme, goods, order

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.fixture
def perennial(monkeypatch, capsys, tmp_path):
    """Run the command line as typed: (exit code, what it said on stdout, on stderr)."""
    monkeypatch.setenv("PERENNIAL_DEMO_DIR", str(tmp_path / "demo"))

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["perennial", *(str(word) for word in words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


@pytest.fixture
def shop(database, monkeypatch, tmp_path):
    """Acme, in the database the command line is told of."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("JOBS_URL", f"sqlite:///{tmp_path}/jobs.db")
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:8400")
    monkeypatch.setenv("SECRET_KEYS", KEY)
    return acme(database)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("verify 7", "shop_not_found"),
        ("verify 0", "shop_not_found"),
        ("inbox list 7", "shop_not_found"),
        ("inbox replay 7", "shop_not_found"),
        ("inbox replay {shop} 7", "message_not_found"),
        ("shop link 7", "shop_not_found"),
        ("shop key 7", "shop_not_found"),
        ("shop privacy 7", "shop_not_found"),
        ("member 7 7", "shop_not_found"),
        ("member {shop} 7", "member_not_found"),
        ("member {shop} 7 --export", "member_not_found"),
    ],
)
def test_what_is_not_there_is_said_by_its_code(perennial, shop, words, code):
    ended, said, problem = perennial(*words.format(shop=shop.shop.id).split())
    assert (ended, said) == (1, "")
    assert problem.startswith(f"{code}: ")


def test_a_number_no_id_could_be_is_refused(perennial, shop):
    assert perennial("member", 2**63, 1)[0] == 2
    assert perennial("verify", "x")[0] == 2


def test_what_is_there_is_shown(perennial, shop):
    shop.tell(order("991", goods("1", 4800)))
    assert perennial("verify", shop.shop.id)[:2] == (
        0,
        f"{shop.shop.id}  {shop.shop.key}  entries 1  differences 0\n",
    )
    ended, said, _ = perennial("member", shop.shop.id, shop.member(MIA))
    assert (ended, "pending 48" in said) == (0, True)


def test_messages_are_replayed_all_or_none(perennial, shop):
    with shop.database.write() as db:
        told = [Received(shop.shop.id, "hook", Delivery("t", k, {}, b"{}"), NOW) for k in "ab"]
        inbox.keep(db, told)
        db.execute(update(inbox.inbox).values(state="quarantined", due_at=None))
        first, _ = db.scalars(inbox.inbox.select().with_only_columns(inbox.inbox.c.id))
    assert perennial("inbox", "replay", shop.shop.id, first, 12)[0] == 1
    with shop.database.read() as db:
        assert inbox.shops_due(db, clock.now()) == []
    assert perennial("inbox", "replay", shop.shop.id, first, first)[:2] == (0, "replayed 1\n")
    assert perennial("inbox", "replay", shop.shop.id)[:2] == (0, "replayed 1\n")


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("active", "connected"),
        ("unpaired", "connected"),
        ("pending", "waits for the merchant"),
        ("uninstalled", "disconnected"),
    ],
)
def test_a_shop_is_called_what_the_admin_calls_it(perennial, shop, state, word):
    with shop.database.write() as db:
        shop_store.change(db, shop.shop.id, state=state)
    _, said, _ = perennial("shop", "list")
    assert said.split("  ")[2:6] == [shop.shop.key, "Acme", word, "ok"]


# --------------------------------------------------------------------------------------- the demo


@pytest.mark.parametrize(
    "items",
    [
        "TP-CEL:0",
        "TP-CEL:1000000",
        "TP-CEL:100",
        "TP-CEL:-1",
        "TP-CEL:1.5",
        "TP-CEL:",
        ":1",
        "A:١",
    ],
)
def test_an_odd_quantity_is_refused(perennial, items):
    ended, _, problem = perennial("demo", "order", "--items", items)
    assert ended == 2
    assert f"{items!r} is not SKU:QTY with a whole QTY from 1 to 99" in problem


def test_the_same_product_twice_is_refused(perennial):
    ended, _, problem = perennial("demo", "order", "--items", "A:1", "--items", "A:2")
    assert (ended, "A is named twice" in problem) == (2, True)


@pytest.mark.parametrize(
    "gift", ["1.234", "1e3", "-1", "NaN", "Infinity", "0", "", "1000.01", "١"]
)
def test_an_odd_gift_is_refused(perennial, gift):
    ended, _, problem = perennial("demo", "order", f"--donate={gift}")
    assert ended == 2
    assert (
        f'--donate: {gift!r} is not an amount such as 2.00, up to $1,000.00, or "round' in problem
    )


@pytest.mark.parametrize("number", ["abc", "-1", "1.5", "", "9" * 19])
def test_what_is_no_order_id_is_refused_at_once(perennial, number):
    ended, _, problem = perennial("demo", "check", f"--order={number}")
    assert (ended, "is no order id" in problem) == (2, True)


def test_an_unknown_order_is_said_when_the_time_is_over(perennial, monkeypatch, tmp_path):
    Place.open(tmp_path / "demo", 8500).keeping(api_keys={"shopify": "pk_x"})
    monkeypatch.setattr(demo, "_api", lambda *_: None)
    for is_sold, words in (
        (False, "is unknown to the practice shop"),
        (True, "was sold by shopify"),
    ):
        monkeypatch.setattr(demo, "_sold", lambda *_, told=is_sold: told)
        ended, _, problem = perennial("demo", "check", "--order", "12", "--wait", "0")
        assert (ended, f"order 12 {words}" in problem) == (1, True)


def test_a_demo_that_does_not_run_is_said(perennial, tmp_path):
    for words in (("order",), ("check", "--order", "1"), ("env",)):
        ended, _, problem = perennial("demo", *words)
        assert (ended, "perennial demo run" in problem) == (1, True)
    port = free_port(in_a_row=3)
    Place.open(tmp_path / "demo", port).keeping(api_keys={"shopify": "pk_x"})
    for words in (("order",), ("check", "--order", "1")):
        ended, _, problem = perennial("demo", *words)
        assert (ended, "perennial demo run" in problem) == (1, True)


def test_a_demo_tells_its_settings_to_a_shell(perennial, monkeypatch, tmp_path):
    for name in ("DATABASE_URL", "JOBS_URL"):
        monkeypatch.delenv(name, raising=False)
    place = Place.open(tmp_path / "demo", 8500)
    ended, said, _ = perennial("demo", "env")
    told = dict(re.findall(r"export (\w+)='?([^'\n]*)", said))
    assert (ended, told) == (0, place.settings({}))
    assert told["DATABASE_URL"] == f"sqlite:///{tmp_path}/demo/perennial.db"


def test_a_demo_stays_where_it_was(perennial, tmp_path):
    Place.open(tmp_path / "demo", 8500)
    ended, _, problem = perennial("demo", "run", "--port", "8600")
    assert (ended, "lives at port 8500" in problem) == (2, True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        other = Place.open(tmp_path / "other", taken.getsockname()[1])
        elsewhere = ("--folder", other.folder)
        ended, _, problem = perennial("demo", *elsewhere, "run")
    assert (ended, "is taken" in problem) == (1, True)


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGINT])
def test_a_closed_terminal_ends_the_whole_demo(tmp_path, how):
    port = free_port(in_a_row=3)
    with (tmp_path / "log").open("wb") as log:
        program = subprocess.Popen(
            [sys.executable, "-m", "connector.cli", "demo", "run", "--port", str(port)],
            env={**os.environ, "PERENNIAL_DEMO_DIR": str(tmp_path / "demo")},
            stdout=log,
            stderr=log,
            start_new_session=True,
            # Whoever runs the tests may ignore hang-ups (nohup), and children inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # noqa: PLW1509
        )
    try:
        until(lambda: answers(port) and answers(port + 1), 180)
    finally:
        program.send_signal(how)
        program.wait(timeout=60)
    assert not any(answers(one) for one in range(port, port + 3))
    said = (tmp_path / "log").read_text()
    assert "WARNING" not in said
    assert "Traceback" not in said


def answers(port):
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code < 500
    except requests.RequestException:
        return False


def until(look, seconds):
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.2)
