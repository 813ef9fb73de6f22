"""Listeners: messages are written with what they tell of, once, and go with the member."""

import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from connector.core.errors import BadInput, Conflict, NotFound
from connector.core.facts import (
    BatchMoved,
    CampaignReached,
    DonationDue,
    DonationPledged,
    MemberErased,
    MemberGave,
    MembersMerged,
    PointsChanged,
    ReferralKept,
    RewardRedeemed,
    TierChanged,
)
from connector.listeners import handlers, rules, service
from connector.listeners.models import listener, listener_attempt, listener_message
from connector.listeners.service import Outcome
from tests.world import KEYS, MIA, NOOR, NOW, World, acme

DOCS = Path(__file__).parents[2] / "docs" / "webhooks.md"
URL = "https://hooks.acme.example/perennial"
ARRIVED, DOWN = Outcome(12, 200, None), Outcome(12, 503, "http_503", rests=True)


@pytest.fixture
def world(database) -> World:
    return acme(database)


def add(world: World, *topics: str, secret: str = "", url: str = URL) -> int:
    with world.database.write() as db:
        found, _ = service.add(
            db,
            KEYS,
            world.shop.id,
            url,
            topics or rules.TOPICS,
            made_by="staff:1",
            now=NOW,
            secret=secret,
        )
    return found.id


def rows(world: World):
    with world.database.read() as db:
        chosen = select(listener_message).where(listener_message.c.shop_id == world.shop.id)
        return list(db.execute(chosen.order_by(listener_message.c.id)))


def tell(world: World, handler, *facts, at=NOW) -> None:
    with world.database.write() as db:
        assert handler(db, facts, at) == []


def attempt(world: World, outcome: Outcome, at=NOW) -> int:
    """Take what is due, with this outcome for each; how many there were."""
    with world.database.write() as db:
        parcels = service.claim(db, KEYS, world.shop.id, at, 100)
    for parcel in parcels:
        with world.database.write() as db:
            service.finish(db, parcel, outcome, at)
    return len(parcels)


def get(world: World, listener_id: int) -> service.Listener:
    with world.database.read() as db:
        return service.get(db, world.shop.id, listener_id)


def test_each_fact_is_told_to_who_listens_to_it(world: World):
    add(world, "points.changed", "tier.reached")
    add(world, "reward.redeemed", "referral.kept")
    add(world, "donation.pledged", "donation.due", "member.gave", "campaign.reached")
    add(world, "batch.approved", "batch.remitted")
    shop_id, mia = world.shop.id, world.member(MIA)
    tell(world, handlers.on_points_changed, PointsChanged(shop_id, mia))
    tell(world, handlers.on_tier_changed, TierChanged(shop_id, mia, 2, 100))
    tell(world, handlers.on_reward_redeemed, RewardRedeemed(shop_id, mia, 71))
    tell(world, handlers.on_referral_kept, ReferralKept(shop_id, mia, 72))
    tell(world, handlers.on_donation_pledged, DonationPledged(shop_id, 73, mia))
    tell(world, handlers.on_donation_due, DonationDue(shop_id, 73, None))
    tell(world, handlers.on_member_gave, MemberGave(shop_id, mia, 75, "gift", "USD", 1, 250))
    tell(world, handlers.on_campaign_reached, CampaignReached(shop_id, 76))
    tell(world, handlers.on_batch_moved, BatchMoved(shop_id, 74, "remitted"))
    told = [(row.topic, row.about, row.member_id) for row in rows(world)]
    assert told == [
        ("points.changed", str(mia), mia),
        ("tier.reached", str(mia), mia),
        ("reward.redeemed", "71", mia),
        ("referral.kept", "72", mia),
        ("donation.pledged", "73", mia),
        ("donation.due", "73", None),
        ("member.gave", str(mia), mia),
        ("campaign.reached", "76", None),
        ("batch.remitted", "74", None),
    ]


def test_what_nobody_began_to_send_is_told_once(world: World):
    add(world, "points.changed")
    shop_id, mia, noor = world.shop.id, world.member(MIA), world.member(NOOR)
    for who in (mia, mia, noor, mia):
        tell(world, handlers.on_points_changed, PointsChanged(shop_id, who))
    assert len(rows(world)) == 2
    assert attempt(world, DOWN) == 2
    tell(world, handlers.on_points_changed, PointsChanged(shop_id, mia))
    assert [row.state for row in rows(world)] == ["open", "open", "new"]


def test_a_message_goes_or_stays_with_its_fact(world: World):
    add(world, "points.changed")
    mia = world.member(MIA)

    def fail() -> None:
        with world.database.write() as db:
            handlers.on_points_changed(db, [PointsChanged(world.shop.id, mia)], NOW)
            raise RuntimeError("the fact is undone")

    with pytest.raises(RuntimeError):
        fail()
    assert rows(world) == []


def test_retries_wait_longer_and_end_after_three_days(world: World):
    listener_id = add(world, "points.changed")
    tell(world, handlers.on_points_changed, PointsChanged(world.shop.id, world.member(MIA)))
    at, waits = NOW, []
    while rows(world)[0].state != "failed":
        assert attempt(world, DOWN, at) == 1
        due = rows(world)[0].due_at
        waits.append((due - at).total_seconds())
        at = due
    assert waits[:7] == list(rules.DELAYS_SECONDS)
    assert NOW + timedelta(days=2) < at - timedelta(days=30) <= NOW + timedelta(days=3)
    assert get(world, listener_id).off_why is None, "one message does not make it silent"


def test_a_listener_that_fails_for_days_is_switched_off_and_on_again(world: World):
    listener_id = add(world, "points.changed")
    mia = world.member(MIA)
    for day in range(5):
        at = NOW + timedelta(days=day)
        tell(world, handlers.on_points_changed, PointsChanged(world.shop.id, mia), at=at)
        attempt(world, DOWN, at)
        attempt(world, DOWN, at + timedelta(minutes=5))
    found = get(world, listener_id)
    assert found.off_why == "failing"
    assert {row.state for row in rows(world)} == {"failed"}
    tell(world, handlers.on_points_changed, PointsChanged(world.shop.id, mia))
    assert attempt(world, ARRIVED, NOW + timedelta(days=6)) == 0
    with world.database.write() as db:
        with pytest.raises(Conflict, match="webhook_off"):
            service.ping(db, world.shop.id, listener_id, NOW)
        assert service.switch(db, world.shop.id, listener_id, NOW, on=True).off_why is None
        service.ping(db, world.shop.id, listener_id, NOW)
    assert attempt(world, ARRIVED) == 1
    assert get(world, listener_id).failures == 0


def test_gone_means_gone(world: World):
    listener_id = add(world, "points.changed")
    tell(world, handlers.on_points_changed, PointsChanged(world.shop.id, world.member(MIA)))
    attempt(world, Outcome(5, 410, "http_410"))
    assert get(world, listener_id).off_why == "gone"


def test_a_silent_listener_makes_its_others_wait_and_nobody_elses(world: World):
    silent, other = (add(world, "points.changed", url=URL + one) for one in ("/1", "/2"))
    for key in (MIA, NOOR):
        tell(world, handlers.on_points_changed, PointsChanged(world.shop.id, world.member(key)))
    with world.database.write() as db:
        parcels = service.claim(db, KEYS, world.shop.id, NOW, 1)
    assert parcels[0].listener_id == silent
    with world.database.write() as db:
        service.finish(db, parcels[0], DOWN, NOW)
        due = service.claim(db, KEYS, world.shop.id, NOW, 10)
    assert {one.listener_id for one in due} == {other}


def test_a_worker_that_dies_gives_its_messages_back(world: World):
    add(world, "points.changed")
    tell(world, handlers.on_points_changed, PointsChanged(world.shop.id, world.member(MIA)))
    with world.database.write() as db:
        assert len(service.claim(db, KEYS, world.shop.id, NOW, 10)) == 1
        assert service.claim(db, KEYS, world.shop.id, NOW, 10) == []
    later = NOW + timedelta(seconds=service.LEASE_SECONDS)
    assert attempt(world, ARRIVED, later) == 1


def test_the_log_tells_each_attempt_and_a_message_is_sent_again_by_hand(world: World):
    listener_id = add(world, "points.changed")
    tell(world, handlers.on_points_changed, PointsChanged(world.shop.id, world.member(MIA)))
    attempt(world, DOWN)
    attempt(world, ARRIVED, NOW + timedelta(seconds=10))
    with world.database.write() as db:
        (told,) = service.log(db, world.shop.id, listener_id, None, 10)
        assert [(one.status, one.code) for one in told.attempts] == [
            (503, "http_503"),
            (200, None),
        ]
        service.resend(db, world.shop.id, listener_id, told.id, NOW)
        with pytest.raises(NotFound, match="message_not_found"):
            service.resend(db, world.shop.id, listener_id, 12, NOW)
    assert attempt(world, ARRIVED) == 1
    with world.database.read() as db:
        (told,) = service.log(db, world.shop.id, listener_id, None, 10)
        assert (told.state, len(told.attempts)) == ("sent", 3)


def test_messages_are_forgotten_after_a_month(world: World):
    add(world, "points.changed")
    tell(world, handlers.on_points_changed, PointsChanged(world.shop.id, world.member(MIA)))
    attempt(world, ARRIVED)
    later = NOW + timedelta(days=30)
    with world.database.read() as db:
        assert service.shops_due(db, NOW) == []
        assert service.shops_due(db, later) == [world.shop.id]
    attempt(world, ARRIVED, later)
    assert rows(world) == []


def test_an_erased_members_messages_go_also_those_of_who_she_was(world: World):
    listener_id = add(world)
    shop_id, mia, noor = world.shop.id, world.member(MIA), world.member(NOOR)
    tell(world, handlers.on_points_changed, PointsChanged(shop_id, noor))
    attempt(world, ARRIVED)
    tell(world, handlers.on_reward_redeemed, RewardRedeemed(shop_id, mia, 71))
    tell(world, handlers.on_members_merged, MembersMerged(shop_id, mia, noor))
    tell(world, handlers.on_member_erased, MemberErased(shop_id, mia))
    assert rows(world) == []
    with world.database.read() as db:
        assert db.execute(select(listener_attempt)).all() == []
        assert service.log(db, shop_id, listener_id, None, 10) == []


def test_a_removed_listener_takes_all_with_it(world: World):
    listener_id = add(world)
    tell(world, handlers.on_points_changed, PointsChanged(world.shop.id, world.member(MIA)))
    with world.database.write() as db:
        parcels = service.claim(db, KEYS, world.shop.id, NOW, 10)
        service.remove(db, world.shop.id, listener_id)
        service.finish(db, parcels[0], ARRIVED, NOW)
    assert rows(world) == []
    with pytest.raises(NotFound, match="webhook_not_found"):
        get(world, listener_id)


def test_secrets_are_sealed_and_two_sign_for_a_day(world: World):
    listener_id = add(world, secret="first-secret-0123456789-0123456789")
    with world.database.write() as db:
        service.rotate(
            db, KEYS, world.shop.id, listener_id, NOW, "second-secret-0123456789-01234567"
        )
        service.ping(db, world.shop.id, listener_id, NOW)
        service.ping(db, world.shop.id, listener_id, NOW + timedelta(days=1))
        (stored,) = db.execute(select(listener.c.secret, listener.c.old_secret)).all()
        assert b"secret" not in stored.secret + stored.old_secret
        (today,) = service.claim(db, KEYS, world.shop.id, NOW, 10)
        (tomorrow,) = service.claim(db, KEYS, world.shop.id, NOW + timedelta(days=1), 1)
    assert [one[:6] for one in today.secrets] == [b"second", b"first-"]
    assert [one[:6] for one in tomorrow.secrets] == [b"second"]


@pytest.mark.parametrize(
    ("topics", "secret", "code"),
    [
        ((), "", "topics_unknown"),
        (("points.changed", "x"), "", "topics_unknown"),
        (("points.changed",), "short", "secret_length"),
        (("points.changed",), "ü" * 40, "secret_length"),
        (("points.changed",), "x" * 256, "secret_length"),
    ],
)
def test_what_cannot_be_a_listener_is_refused(world: World, topics, secret, code):
    told = {"made_by": "staff:1", "now": NOW, "secret": secret}
    with world.database.write() as db, pytest.raises(BadInput, match=code):
        service.add(db, KEYS, world.shop.id, URL, topics, **told)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.acme.example/x",
        "https://127.0.0.1/x",
        "https://0x7f.1/",
        "https://user@hooks.acme.example/",
        "https://hooks.acme.example:8443/",
        "https://hooks.acme.example/#x",
        "https://hooks.acme.example/" + "x" * 2000,
        "ftp://hooks.acme.example/",
        "",
    ],
)
def test_addresses_we_never_call_are_refused(url):
    with pytest.raises(BadInput, match="url_not_allowed"):
        service.check_url(url, ())


def test_there_is_an_end_to_listeners(world: World):
    for number in range(service.MOST_LISTENERS):
        add(world, url=f"{URL}/{number}")
    with pytest.raises(BadInput, match="too_many_webhooks"):
        add(world)


def test_a_second_click_adds_no_second_listener(world: World):
    first = add(world, "batch.remitted", "points.changed")
    with pytest.raises(BadInput, match="webhook_exists"):
        add(world, "points.changed", "batch.remitted")
    other = add(world, "batch.remitted")
    with world.database.write() as db, pytest.raises(BadInput, match="webhook_exists"):
        service.change(db, world.shop.id, other, URL, ["points.changed", "batch.remitted"])
    with world.database.write() as db:
        service.change(db, world.shop.id, first, URL, ["points.changed", "batch.remitted"])
        service.switch(db, world.shop.id, first, NOW, on=False)
    assert add(world, "points.changed", "batch.remitted") > first, "what is off hears nothing"


def test_signatures_are_those_of_the_documentation():
    text = DOCS.read_text(encoding="utf-8")
    lines = dict(re.findall(r"^(secret|timestamp|body|signature) +(.+)$", text, re.MULTILINE))
    body, secret = lines["body"].encode(), lines["secret"].encode()
    told = rules.signature([secret], int(lines["timestamp"]), body)
    assert told == lines["signature"]
    example = re.search(r"```python\n(.+?)```", text, re.DOTALL)
    assert example
    names: dict[str, Any] = {}
    exec(example[1], names)  # noqa: S102 - our own page
    now = str(int(time.time()))
    two = rules.signature([b"another", secret], int(now), body)
    headers = {"Perennial-Timestamp": now, "Perennial-Signature": two}
    assert names["is_ours"](secret, headers, body)
    assert not names["is_ours"](secret, headers, body + b" ")
    assert not names["is_ours"](b"strange", headers, body)
