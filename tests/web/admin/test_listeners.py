"""Webhooks: made with a secret that is shown once, looked after, and their log."""

import re

import pytest

from connector.core.keyring import KeyRing
from connector.listeners import service
from connector.listeners.service import Outcome
from tests.web.admin.conftest import Ada, words_of
from tests.world import KEYS, NOW, World

URL = "https://hooks.acme.example/x"


@pytest.fixture
def made(ada: Ada, world: World) -> int:
    answer = ada.send("webhooks", "webhooks", url=URL, topics=["points.changed", "tier.reached"])
    assert answer.status_code == 200
    with world.database.read() as db:
        (found,) = service.listeners(db, world.shop.id)
    secret = re.search(r'id="key" dir="ltr">([0-9a-f]{64})<', answer.text)
    assert secret
    assert secret[1] not in ada.see(f"webhooks/{found.id}")
    return found.id


def attempt(world: World, outcome: Outcome, keys: KeyRing = KEYS) -> None:
    with world.database.write() as db:
        for parcel in service.claim(db, keys, world.shop.id, NOW, 10):
            service.finish(db, parcel, outcome, NOW)


def test_a_webhook_is_listed_with_what_it_hears(ada: Ada, made: int):
    page = words_of(ada.see("webhooks"))
    assert "hooks.acme.example/x" in page
    assert "A member’s points change · A member reaches another tier" in page


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"url": "http://hooks.acme.example", "topics": ["points.changed"]}, "url"),
        ({"url": "https://10.0.0.1/", "topics": ["points.changed"]}, "url"),
        ({"url": URL}, "topics"),
        ({"url": URL, "topics": ["x"]}, "topics"),
    ],
)
def test_what_cannot_be_heard_is_refused_beside_its_field(ada: Ada, made: int, form, field):
    for path in ("webhooks", f"webhooks/{made}"):
        answer = ada.send(path, path, **form)
        assert answer.status_code == 422
        assert f'id="{field}-wrong"' in answer.text


def test_the_log_tells_each_try_and_sends_again(ada: Ada, made: int, world: World):
    where = f"webhooks/{made}"
    assert ada.send(f"{where}/ping", where).location.endswith("said=webhook_ping")
    attempt(world, Outcome(31, 503, "http_503", rests=True))
    page = words_of(ada.see(where))
    assert "503 31 ms" in page
    assert "Nothing has arrived since 22 November" in page
    with world.database.write() as db:
        (told,) = service.log(db, world.shop.id, made, None, 10)
        service.resend(db, world.shop.id, made, told.id, NOW)
    attempt(world, Outcome(12, 200, None))
    assert "arrived" in words_of(ada.see(where))
    again = ada.send(f"{where}/messages/{told.id}", where)
    assert again.location.endswith("said=webhook_ping")
    attempt(world, Outcome(9, None, "unreachable", rests=True))
    assert "no answer 9 ms" in words_of(ada.see(where))


def test_one_that_was_switched_off_says_why_and_goes_on(ada: Ada, made: int, world: World):
    where = f"webhooks/{made}"
    ada.send(f"{where}/ping", where)
    attempt(world, Outcome(3, 410, "http_410"))
    assert "It answered that it is gone (410)" in words_of(ada.see("webhooks"))
    assert ada.send(f"{where}/ping", where).status_code == 422
    assert ada.send(f"{where}/on", where).location.endswith("said=webhook_on")
    assert ada.send(f"{where}/ping", where).status_code == 303
    ada.send(f"{where}/off", where)
    assert "It is switched off." in words_of(ada.see(where))


def test_another_secret_is_shown_once(ada: Ada, made: int):
    where = f"webhooks/{made}"
    answer = ada.send(f"{where}/secret", where)
    assert re.search(r'id="key" dir="ltr">[0-9a-f]{64}<', answer.text)


def test_it_is_changed_and_removed(ada: Ada, made: int, world: World):
    where = f"webhooks/{made}"
    ada.send(where, where, url=f"{URL}/y", topics=["referral.kept"])
    with world.database.read() as db:
        found = service.get(db, world.shop.id, made)
    assert (found.url, found.topics) == (f"{URL}/y", ("referral.kept",))
    assert ada.send(f"{where}/removal", where).location.endswith("said=webhook_gone")
    assert ada.ask(where).status_code == 404


def test_pages_speak_every_language(ada: Ada, made: int):
    assert "من يسمع" in ada.see("webhooks", lang="ar")
    assert "誰在接收" in ada.see("webhooks", lang="zh-Hant")
    assert "已告知的訊息" in ada.see(f"webhooks/{made}")
