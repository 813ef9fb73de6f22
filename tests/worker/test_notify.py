"""The sender: signed messages over real HTTP, and what becomes of every kind of answer."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from connector.core import clock
from connector.core.commerce import Person
from connector.core.facts import PointsChanged, ReferralKept, RewardRedeemed, TierChanged
from connector.listeners import handlers, rules, service
from connector.rooms.points import service as points
from connector.worker import notify, schedule
from tests import fakes
from tests.flows.service import Service

SECRET = "test-listener-secret-0123456789-01"


@dataclass
class Receiver:
    """A merchant's program: answers as told, and keeps what came."""

    status: int = 200
    body: Any = "ok"
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    origin: str = ""

    def answer(
        self, _method: str, _url: str, headers: dict[str, str], body: bytes
    ) -> fakes.Answer:
        self.got.append((headers, body))
        return self.status, self.body

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]


@dataclass
class Post:
    """Acme, its worker and a receiver on loopback."""

    service: Service
    receiver: Receiver
    url: str
    shop_id: int
    member_id: int
    listener_id: int

    def work(self) -> None:
        origins = (self.receiver.origin,)
        settings = replace(self.service.runtime.settings, allow_private_stores=origins)
        notify.notify(replace(self.service.runtime, settings=settings), self.shop_id)

    def log(self) -> list[tuple[str, list[tuple[int | None, str | None]]]]:
        with self.service.database.read() as db:
            found = service.log(db, self.shop_id, self.listener_id, None, 100)
        return [
            (one.state, [(tried.status, tried.code) for tried in one.attempts]) for one in found
        ]

    def change_points(self, much: int) -> None:
        with self.service.database.write() as db:
            points.adjust(
                db, self.shop_id, self.member_id, much, reason="x", made_by="x", now=clock.now()
            )
            handlers.on_points_changed(
                db, [PointsChanged(self.shop_id, self.member_id)], clock.now()
            )


@pytest.fixture
def post(service: Service) -> Any:
    shop = service.install("woocommerce", "https://acme.example")
    receiver = Receiver()
    with ExitStack() as stack:
        origin = stack.enter_context(fakes.serving(cast("fakes.WooStore", receiver)))
        yield made(service, shop.id, receiver, f"{origin}/hear")


def made(service_: Service, shop_id: int, receiver: Receiver, url: str) -> Post:
    runtime = service_.runtime
    with service_.database.write() as db:
        (member_id,) = runtime.members.resolve(db, shop_id, [("7", Person())], clock.now())
        listener, _ = service.add(
            db,
            runtime.keys,
            shop_id,
            url,
            rules.TOPICS,
            made_by="x",
            now=clock.now(),
            secret=SECRET,
        )
    assert member_id is not None
    return Post(service_, receiver, url, shop_id, member_id, listener.id)


def later(monkeypatch: pytest.MonkeyPatch, **passed: float) -> None:
    at = clock.now() + timedelta(**passed)
    monkeypatch.setattr(clock, "now", lambda: at)


def test_a_message_is_signed_and_tells_what_is_so_by_now(post: Post):
    post.change_points(30)
    post.change_points(12)
    post.work()
    ((headers, body),) = post.receiver.got
    (told,) = post.receiver.told()
    assert told["topic"] == "points.changed"
    assert told["shop"] == "https://acme.example"
    assert told["data"] == {
        "member_id": str(post.member_id),
        "available": 42,
        "pending": 0,
        "held": 0,
        "debt": 0,
    }
    assert headers["perennial-id"] == told["id"]
    timestamp = int(headers["perennial-timestamp"])
    assert headers["perennial-signature"] == rules.signature([SECRET.encode()], timestamp, body)
    assert headers["content-type"] == "application/json"
    assert post.log() == [("sent", [(200, None)])]


def test_every_topic_has_a_writer(post: Post):
    assert set(notify.WRITERS) == {*rules.TOPICS, rules.PING}
    with post.service.database.write() as db:
        now, who = clock.now(), (post.shop_id, post.member_id)
        handlers.on_tier_changed(db, [TierChanged(*who, 2, 100)], now)
        handlers.on_reward_redeemed(db, [RewardRedeemed(*who, 71)], now)
        handlers.on_referral_kept(db, [ReferralKept(*who, 72)], now)
        service.ping(db, post.shop_id, post.listener_id, now)
    post.work()
    told = {one["topic"]: one["data"] for one in post.receiver.told()}
    assert told == {"tier.reached": {"member_id": str(post.member_id), "level": 0}, "ping": {}}
    assert [state for state, _ in post.log()] == ["sent", "failed", "failed", "sent"]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (302, "http_302"),
        (400, "http_400"),
        (404, "http_404"),
        (429, "http_429"),
        (500, "http_500"),
    ],
)
def test_what_is_not_2xx_is_tried_again(post: Post, monkeypatch, status, code):
    post.receiver.status = status
    post.change_points(5)
    post.work()
    assert post.log() == [("open", [(status, code)])]
    assert len(post.receiver.got) == 1, "not followed, not at once"
    post.receiver.status = 200
    later(monkeypatch, seconds=11)
    post.work()
    assert post.log() == [("sent", [(status, code), (200, None)])]
    ids = {headers["perennial-id"] for headers, _ in post.receiver.got}
    assert len(ids) == 1


def test_an_answer_without_end_is_cut_off(post: Post):
    post.receiver.body = "x" * (notify.MOST_BYTES + 1)
    post.change_points(5)
    post.work()
    assert post.log() == [("open", [(None, "response_too_large")])]


def test_a_private_address_is_never_called(post: Post):
    post.change_points(5)
    notify.notify(post.service.runtime, post.shop_id)
    assert post.receiver.got == []
    assert post.log() == [("open", [(None, "url_not_allowed")])]


def test_who_does_not_answer_is_asked_once_for_all_its_messages(post: Post):
    post.receiver.status = 503
    with post.service.database.write() as db:
        for _ in range(5):
            service.ping(db, post.shop_id, post.listener_id, clock.now())
    post.work()
    assert len(post.receiver.got) == 1
    assert sorted(len(tries) for _, tries in post.log()) == [0, 0, 0, 0, 1]


def test_the_schedule_sends_in_the_lane_of_calls(post: Post):
    assert schedule.JOBS["listeners"].lane == "calls"
    post.change_points(5)
    assert ("listeners", post.shop_id) in list(schedule.due(post.service.runtime))
    post.work()
    assert ("listeners", post.shop_id) not in list(schedule.due(post.service.runtime))


def test_an_erased_member_is_told_to_nobody(post: Post):
    post.change_points(5)
    with post.service.database.write() as db:
        post.service.runtime.members.erase(db, post.shop_id, post.member_id, clock.now())
    post.work()
    assert post.receiver.got == []
