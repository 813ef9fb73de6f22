"""Knocks are counted by address, for a minute, and by the address that our own proxy names."""

from base64 import urlsafe_b64encode
from functools import partial

import pytest
from cachetools import TTLCache
from flask import Flask

from connector import settings
from connector.core.errors import PerennialError, TooMany
from connector.web import pace
from connector.web.pace import Pace

HOME = {
    "PUBLIC_URL": "https://perennial.example",
    "SECRET_KEYS": urlsafe_b64encode(b"k" * 32).decode(),
}


def knock(door, address):
    with Flask("door").test_request_context(environ_base={"REMOTE_ADDR": address}):
        try:
            door.check()
        except TooMany:
            return False
        return True


def test_each_address_has_its_own_count_for_a_minute(monkeypatch):
    passed = [0.0]
    monkeypatch.setattr(pace, "TTLCache", partial(TTLCache, timer=lambda: passed[0]))
    door = Pace(2)
    assert [knock(door, "192.0.2.1") for _ in range(3)] == [True, True, False]
    assert knock(door, "192.0.2.2")
    passed[0] = pace.SECONDS - 0.1
    assert not knock(door, "192.0.2.1")
    passed[0] = pace.SECONDS
    assert knock(door, "192.0.2.1")


def test_a_household_is_one_address():
    door = Pace(1)
    assert knock(door, "2001:db8::1")
    assert not knock(door, "2001:db8::2")
    assert knock(door, "2001:db8:0:1::1")
    assert knock(door, "")


def test_one_thing_is_counted_apart_from_another_for_a_whole_household():
    door = Pace(1, seconds=3600)
    assert door.lets("2001:db8::1", 383, 7)
    assert not door.lets("2001:db8::2", 383, 7)
    assert door.lets("2001:db8::2", 383, 8)
    assert door.lets("192.0.2.1", 383, 7)
    with pytest.raises(TooMany) as refused:
        door.check("2001:db8::3", 383, 7)
    assert refused.value.retry_after_seconds == 3600


@pytest.mark.parametrize("told", ["x", "-1", "10", "1.5"])
def test_proxies_are_counted_in_digits(told):
    assert settings.read(HOME).proxies == 0
    assert settings.read(HOME | {"PROXIES": "2"}).proxies == 2
    with pytest.raises(PerennialError, match="PROXIES must be 0 to 9"):
        settings.read(HOME | {"PROXIES": told})
