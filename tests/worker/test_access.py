"""A token that ends is renewed by one, saved before it is used, and never lost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.core import clock
from connector.core.errors import Conflict, PlatformBusy, PlatformRefused
from connector.shops import service as shops
from connector.worker import access


class Tokens:
    """A platform that only renews: counts how often it is asked, and takes its time."""

    def __init__(self):
        self.asked = []
        self.fails = 0
        self._counting = threading.Lock()

    def refresh(self, have):
        with self._counting:
            self.asked.append(have.refresh)
            number = len(self.asked)
        threading.Event().wait(0.3)
        if self.fails:
            self.fails -= 1
            raise PlatformBusy("platform_unreachable", "the answer was lost")
        ends = clock.now() + timedelta(hours=1)
        return replace(
            have, access=f"access-{number}", refresh=f"refresh-{number}", expires_at=ends
        )


@pytest.fixture
def world(service):
    """(runtime, shop, tokens): the shop's token ends in a minute."""
    shop = service.install("shopify", "acme.myshopify.com")
    tokens = Tokens()
    runtime = replace(service.runtime, platforms={"shopify": tokens})
    expire(service, shop, 60)
    return runtime, shop, tokens


def expire(service, shop, seconds):
    with service.database.write() as db:
        have = shops.credentials(db, service.runtime.keys, shop.id)
        ends = clock.now() + timedelta(seconds=seconds)
        soon = replace(have, access="access-0", refresh="refresh-0", expires_at=ends)
        shops.put_credentials(db, service.runtime.keys, shop.id, soon, clock.now())


def test_twenty_jobs_at_the_end_of_a_token_renew_it_once(world, monkeypatch):
    monkeypatch.setattr(access, "_WAIT_SECONDS", 60)  # twenty who ask are slow on a slow disk
    runtime, shop, tokens = world
    together = threading.Barrier(20)

    def use(_):
        together.wait()
        return access.credentials(runtime, shop).access

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(use, range(20))) == {"access-1"}
    assert tokens.asked == ["refresh-0"]


def test_a_token_that_lives_is_left_alone(service, world):
    runtime, shop, tokens = world
    expire(service, shop, 3600)
    assert access.credentials(runtime, shop).access == "access-0"
    assert tokens.asked == []


def test_a_lost_answer_is_asked_for_again_with_the_same_token(world):
    runtime, shop, tokens = world
    tokens.fails = 1
    with pytest.raises(PlatformBusy):
        access.credentials(runtime, shop)
    assert access.credentials(runtime, shop).access == "access-2"
    assert tokens.asked == ["refresh-0", "refresh-0"]


def test_a_refusal_is_told_and_frees_the_lease(world):
    runtime, shop, tokens = world

    def refuse(_have):
        raise PlatformRefused("reauthorize", "only the merchant can")

    tokens.refresh = refuse
    for _ in range(2):
        with pytest.raises(PlatformRefused, match="reauthorize"):
            access.credentials(runtime, shop)


def test_without_credentials_the_merchant_is_asked(service, world):
    runtime, shop, _ = world
    with service.database.write() as db:
        shops.uninstall(db, shop.id, clock.now(), clock.now())
    with pytest.raises(Conflict, match="reconnect"):
        access.credentials(runtime, shop)
