"""The listeners' verbs: for merchants, for facts, and for the worker that sends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row

from connector.core.errors import BadInput, Conflict, NotFound
from connector.core.http import origin_of
from connector.core.ids import new_id, new_ids
from connector.core.keyring import KeyRing, token
from connector.listeners import rules, store

MOST_LISTENERS = 20
URL_LENGTH = 2_000
OLD_SECRET_DAYS = 1
KEPT_DAYS = 30
LEASE_SECONDS = 120
GONE = 410


@dataclass(frozen=True, slots=True)
class Listener:
    """An address that hears. ``off_why``: by_hand, failing or gone; None while it is on."""

    id: int
    url: str
    topics: tuple[str, ...]
    off_why: str | None
    off_at: datetime | None
    failing_since: datetime | None
    failures: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One message and how it was tried: new, open (tried in vain so far), sent or failed."""

    id: int
    topic: str
    about: str
    state: str
    made_at: datetime
    due_at: datetime
    attempts: Sequence[Row[Any]]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way. ``secrets``: it is signed with each, the newest first."""

    shop_id: int
    id: int
    listener_id: int
    url: str
    topic: str
    about: str
    attempts: int
    made_at: datetime
    secrets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try. code: None if it arrived. rests: whether the others had better wait."""

    took_ms: int
    status: int | None
    code: str | None
    rests: bool = False
    retry_after_seconds: float = 0


# -------------------------------------------------------------------------------- for the merchant


def listeners(db: Connection, shop_id: int) -> list[Listener]:
    """The shop's, oldest first."""
    return [_listener(row) for row in store.all_of(db, shop_id)]


def get(db: Connection, shop_id: int, listener_id: int) -> Listener:
    """One; NotFound ``webhook_not_found``."""
    found = store.get(db, shop_id, listener_id)
    if found is None:
        raise NotFound("webhook_not_found", "no such webhook")
    return _listener(found)


def add(
    db: Connection,
    keys: KeyRing,
    shop_id: int,
    url: str,
    topics: Sequence[str],
    *,
    made_by: str,
    now: datetime,
    secret: str = "",
) -> tuple[Listener, str]:
    """A new listener, and its secret, made unless given; nobody can read it again.

    Who asks has checked the address (``check_url``); it is checked again at each call.
    """
    if len(store.all_of(db, shop_id)) >= MOST_LISTENERS:
        raise BadInput("too_many_webhooks", f"at most {MOST_LISTENERS}", field="url")
    chosen = _checked_topics(topics)
    _refuse_double(db, shop_id, url, chosen)
    secret = _checked_secret(secret)
    listener_id = new_id()
    store.insert_listener(
        db,
        shop_id=shop_id,
        id=listener_id,
        url=url,
        topics=chosen,
        secret=keys.encrypt(shop_id, secret.encode()),
        failures=0,
        made_by=made_by,
        made_at=now,
    )
    return get(db, shop_id, listener_id), secret


def change(
    db: Connection, shop_id: int, listener_id: int, url: str, topics: Sequence[str]
) -> Listener:
    """Another address or other topics, also for what is not sent yet."""
    get(db, shop_id, listener_id)
    chosen = _checked_topics(topics)
    _refuse_double(db, shop_id, url, chosen, but=listener_id)
    store.change(db, shop_id, listener_id, url=url, topics=chosen)
    return get(db, shop_id, listener_id)


def switch(db: Connection, shop_id: int, listener_id: int, now: datetime, *, on: bool) -> Listener:
    """On again, with patience anew; or off: nothing more is told, and what waits is not sent."""
    get(db, shop_id, listener_id)
    if on:
        fresh = {"off_at": None, "off_why": None, "failing_since": None, "failures": 0}
        store.change(db, shop_id, listener_id, **fresh)
    else:
        _switch_off(db, shop_id, listener_id, "by_hand", now)
    return get(db, shop_id, listener_id)


def rotate(
    db: Connection, keys: KeyRing, shop_id: int, listener_id: int, now: datetime, secret: str = ""
) -> str:
    """Another secret; the one before signs beside it for OLD_SECRET_DAYS."""
    found = store.get(db, shop_id, listener_id)
    if found is None:
        raise NotFound("webhook_not_found", "no such webhook")
    secret = _checked_secret(secret)
    store.change(
        db,
        shop_id,
        listener_id,
        secret=keys.encrypt(shop_id, secret.encode()),
        old_secret=found.secret,
        old_until=now + timedelta(days=OLD_SECRET_DAYS),
    )
    return secret


def remove(db: Connection, shop_id: int, listener_id: int) -> Listener:
    """Tell it nothing more, and forget what was told."""
    found = get(db, shop_id, listener_id)
    store.remove(db, shop_id, listener_id)
    return found


def ping(db: Connection, shop_id: int, listener_id: int, now: datetime) -> int:
    """Send a test; the message's id."""
    if get(db, shop_id, listener_id).off_why is not None:
        raise Conflict("webhook_off", "switch it on first")
    message_id = new_id()
    row = _message_row(shop_id, message_id, listener_id, rules.PING, (str(message_id), None), now)
    store.put_messages(db, [row])
    return message_id


def log(
    db: Connection, shop_id: int, listener_id: int, before: int | None, limit: int
) -> list[Message]:
    """What was told to a listener of late, newest first."""
    rows = store.log(db, shop_id, listener_id, before, limit)
    tried = store.attempts(db, shop_id, [row.id for row in rows])
    return [
        Message(row.id, row.topic, row.about, row.state, row.made_at, row.due_at, tried[row.id])
        for row in rows
    ]


def resend(db: Connection, shop_id: int, listener_id: int, message_id: int, now: datetime) -> None:
    """Try a message again at once, with what is so by now. Its number stays."""
    found = store.message(db, shop_id, message_id)
    if found is None or found.listener_id != listener_id:
        raise NotFound("message_not_found", "no such message")
    if get(db, shop_id, listener_id).off_why is not None:
        raise Conflict("webhook_off", "switch it on first")
    store.change_message(db, shop_id, message_id, state="open", due_at=now)


def check_url(url: str, allow_private: Collection[str]) -> None:
    """BadInput ``url_not_allowed`` for an address that we never call."""
    if len(url) > URL_LENGTH or urlsplit(url).fragment:
        raise BadInput("url_not_allowed", "an https address without a fragment", field="url")
    origin_of(url, allow_private)


# -------------------------------------------------------------------------------------- for facts


def queue(
    db: Connection,
    shop_id: int,
    topic: str,
    about: Sequence[tuple[str, int | None]],
    now: datetime,
) -> None:
    """Have listeners of this topic hear of these things, as (id, member): in this transaction."""
    ears = [row for row in store.all_of(db, shop_id) if row.off_at is None and topic in row.topics]
    ids = iter(new_ids(len(ears) * len(about)))
    rows = [
        _message_row(shop_id, next(ids), row.id, topic, one, now) for row in ears for one in about
    ]
    store.put_messages(db, rows)


# --------------------------------------------------------------------------------- for the worker


def claim(db: Connection, keys: KeyRing, shop_id: int, now: datetime, limit: int) -> list[Parcel]:
    """Take messages that are due for LEASE_SECONDS; also forget what is over long enough."""
    store.drop_over(db, shop_id, now)
    until = now + timedelta(seconds=LEASE_SECONDS)
    rows = store.claim(db, shop_id, now, until, limit)
    ears = {row.id: row for row in store.all_of(db, shop_id)} if rows else {}
    return [_parcel(keys, row, ears[row.listener_id], now) for row in rows]


def finish(db: Connection, parcel: Parcel, outcome: Outcome, now: datetime) -> None:
    """Keep what came of a try: done, again later, or never more."""
    shop_id, listener_id = parcel.shop_id, parcel.listener_id
    ear = store.get(db, shop_id, listener_id)
    if ear is None or store.message(db, shop_id, parcel.id) is None:
        return  # removed, or its member erased, while it was on its way
    store.add_attempt(
        db,
        shop_id=shop_id,
        message_id=parcel.id,
        number=parcel.attempts,
        at=now,
        took_ms=outcome.took_ms,
        status=outcome.status,
        code=outcome.code,
    )
    over = now + timedelta(days=KEPT_DAYS)
    if outcome.code is None:
        store.change_message(db, shop_id, parcel.id, state="sent", due_at=over)
        store.change(db, shop_id, listener_id, failing_since=None, failures=0)
        return
    since, failures = ear.failing_since or now, ear.failures + 1
    store.change(db, shop_id, listener_id, failing_since=since, failures=failures)
    again = rules.next_try(parcel.attempts, parcel.made_at, now)
    if again is None:
        store.change_message(db, shop_id, parcel.id, state="failed", due_at=over)
    else:
        again = max(again, now + timedelta(seconds=outcome.retry_after_seconds))
        store.change_message(db, shop_id, parcel.id, due_at=again)
        if outcome.rests:
            store.put_off(db, shop_id, listener_id, again)
    tired = failures >= rules.LEAST_FAILURES and now - since >= rules.PATIENCE
    if outcome.status == GONE or tired:
        _switch_off(db, shop_id, listener_id, "gone" if outcome.status == GONE else "failing", now)


def put_back(db: Connection, parcel: Parcel, now: datetime) -> None:
    """It was not tried: its listener just failed, and it waits as long as what failed."""
    soon = now + timedelta(seconds=rules.DELAYS_SECONDS[0])
    store.change_message(db, parcel.shop_id, parcel.id, due_at=soon, attempts=parcel.attempts - 1)


def drop(db: Connection, parcel: Parcel) -> None:
    """There is nothing to tell any more."""
    over = parcel.made_at + timedelta(days=KEPT_DAYS)
    store.change_message(db, parcel.shop_id, parcel.id, state="failed", due_at=over)


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops with a message to send, or to forget."""
    return store.shops_due(db, now)


def _switch_off(db: Connection, shop_id: int, listener_id: int, why: str, now: datetime) -> None:
    store.change(db, shop_id, listener_id, off_at=now, off_why=why)
    over = now + timedelta(days=KEPT_DAYS)
    store.put_off(db, shop_id, listener_id, over, state="failed")


def _listener(row: Row[Any]) -> Listener:
    return Listener(
        row.id,
        row.url,
        tuple(row.topics),
        row.off_why,
        row.off_at,
        row.failing_since,
        row.failures,
        row.made_at,
    )


def _parcel(keys: KeyRing, row: Row[Any], ear: Row[Any], now: datetime) -> Parcel:
    secrets = [keys.decrypt(row.shop_id, ear.secret)]
    if ear.old_secret is not None and ear.old_until > now:
        secrets.append(keys.decrypt(row.shop_id, ear.old_secret))
    return Parcel(
        row.shop_id,
        row.id,
        row.listener_id,
        ear.url,
        row.topic,
        row.about,
        row.attempts,
        row.made_at,
        tuple(secrets),
    )


def _message_row(
    shop_id: int,
    message_id: int,
    listener_id: int,
    topic: str,
    about: tuple[str, int | None],
    now: datetime,
) -> dict[str, object]:
    return {
        "shop_id": shop_id,
        "id": message_id,
        "listener_id": listener_id,
        "topic": topic,
        "about": about[0],
        "member_id": about[1],
        "state": "new",
        "attempts": 0,
        "made_at": now,
        "due_at": now,
    }


def _checked_topics(topics: Sequence[str]) -> list[str]:
    if not topics or not set(topics) <= set(rules.TOPICS):
        told = ", ".join(rules.TOPICS)
        raise BadInput("topics_unknown", f"choose some of {told}", field="topics")
    return [one for one in rules.TOPICS if one in topics]


def _refuse_double(
    db: Connection, shop_id: int, url: str, topics: Sequence[str], but: int | None = None
) -> None:
    """BadInput ``webhook_exists``: an address is told of the same thing once."""
    for row in store.all_of(db, shop_id):
        if row.id != but and row.off_at is None and (row.url, row.topics) == (url, topics):
            raise BadInput("webhook_exists", "this address hears these already", field="url")


def _checked_secret(secret: str) -> str:
    if not secret:
        return token()
    if not rules.LEAST_SECRET <= len(secret) <= rules.MOST_SECRET or not secret.isascii():
        least, most = rules.LEAST_SECRET, rules.MOST_SECRET
        raise BadInput("secret_length", f"{least} to {most} ASCII characters", field="secret")
    return secret
