"""The referrals room's verbs for members, friends and merchants.

A shopper's verbs only note what was wished; who is introduced by it, and to what end, the worker
finds out (``introductions``), so an answer tells nothing of who is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from connector.core.clock import local_date
from connector.core.errors import BadInput, Conflict, NotFound
from connector.core.facts import CodeIssued
from connector.core.ids import new_id
from connector.core.keyring import KeyRing, token, token_hash
from connector.rooms.referrals import rules, store
from connector.rooms.referrals.rules import Program
from connector.shops import service as shops
from connector.shops.service import Shop

TRIES = 5  # at a code nobody has
REASON_LENGTH = 200
EMAIL_LENGTH = 254
DEVICE_LENGTH = 64
CLAIM_SECONDS = 8  # before anybody's code is shown
CODE_HOURS = 1  # a code that takes longer does not come
NETWORK_DAYS = 30
STATES = ("waiting", "held", "kept", "refused", "void")
_EMAIL = re.compile(r"[^\s@<>()\[\]\",;:\\\x00-\x1f\x7f]+@[^\s@<>()\[\]\",;:\\\x00-\x1f\x7f]+")


class Claimant(msgspec.Struct):
    """Who claims, as told; kept under the key ring for the second until the worker has looked."""

    email: str
    network: str
    device: str


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody followed a link. ``is_new``: the first time today."""

    program: Program
    advocate_id: int
    is_new: bool
    is_own: bool


@dataclass(frozen=True, slots=True)
class Promise:
    """What came of a claim, as far as anybody may know it: waiting, ready or none.

    code: with ``ready``, of the friend's discount; or one that opens nothing, for who bought here
    before: nobody learns by an e-mail whether it did.
    """

    state: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """A period's introductions. conversion = kept / visits; k = kept / active advocates.

    refused: claims that were given nothing, by why.
    """

    visits: int
    shares: int
    claims: int
    orders: int
    waiting: int
    held: int
    kept: int
    advocates: int
    refused: Mapping[str, int] = field(default_factory=dict)

    @property
    def conversion(self) -> float | None:
        """None where more were kept than came by a visit: a code can be passed on by word."""
        return self.kept / self.visits if self.visits >= max(self.kept, 1) else None

    @property
    def k(self) -> float | None:
        return self.kept / self.advocates if self.advocates else None


def program(db: Connection, shop_id: int) -> Program:
    """What the shop gives for an introduction now."""
    known = store.programs(db, shop_id)
    return known[-1][1] if known else Program(0, shops.get(db, shop_id).currency)


def publish_program(
    db: Connection, shop_id: int, wanted: Program, made_by: str, now: datetime
) -> Program:
    """Publish a new version; what was claimed or ordered before keeps what it was promised."""
    rules.check(wanted)
    published = replace(wanted, version=program(db, shop_id).version + 1)
    values = asdict(published)
    store.insert_program(db, shop_id=shop_id, published_at=now, made_by=made_by, **values)
    return published


# ------------------------------------------------------------------------------- for the advocate


def link_of(db: Connection, shop_id: int, member_id: int) -> str | None:
    """The code of a member's link, if they have looked before."""
    return store.link_of(db, shop_id, member_id)


def make_link(db: Connection, shop_id: int, member_id: int, now: datetime) -> str:
    """The code of a member's link, made at the first look."""
    for _ in range(TRIES):
        found = store.link_of(db, shop_id, member_id)
        if found is not None:
            return found
        code = rules.new_code()
        store.insert_link(
            db, shop_id=shop_id, code=code, member_id=member_id, made_for=member_id, made_at=now
        )
    raise Conflict("link_not_made", "no free code was found; ask again")


def share(db: Connection, shop: Shop, member_id: int, now: datetime) -> str:
    """The member passes the link on; returns its code."""
    code = make_link(db, shop.id, member_id, now)
    store.count_day(db, shop.id, code, local_date(now, shop.timezone), shares=1)
    return code


def of_advocate(db: Connection, shop_id: int, member_id: int) -> list[Row[Any]]:
    """Whom a member introduced, oldest first."""
    return store.of_advocate(db, shop_id, member_id)


# --------------------------------------------------------------------------------- for the friend


def visit(
    db: Connection,
    keys: KeyRing,
    shop: Shop,
    code: str,
    network: str,
    now: datetime,
    *,
    member_id: int | None = None,
) -> Visit:
    """Somebody followed a link: counted once a day for each network, and never one's own."""
    current, advocate_id = _open(db, shop.id, code)
    day = local_date(now, shop.timezone)
    is_own = member_id == advocate_id
    visitor = keys.hash(shop.id, "visitor", f"{day}:{code}:{network}")
    until = now + timedelta(days=1)
    is_new = not is_own and store.is_first_visit(db, shop.id, code, visitor, until)
    if is_new:
        store.count_day(db, shop.id, code, day, visits=1)
    return Visit(current, advocate_id, is_new, is_own)


def claim(
    db: Connection,
    keys: KeyRing,
    shop: Shop,
    code: str,
    who: Claimant,
    now: datetime,
    *,
    decoy: str,
    member_id: int | None = None,
) -> str:
    """A friend asks for what the link promises; the token by which to ask what came of it.

    One row, whoever it is: what the answer says and how long it takes tell nothing of an e-mail.
    decoy: what looks like a code of the friend's reward, and is none.
    """
    if len(who.email) > EMAIL_LENGTH or not _EMAIL.fullmatch(who.email):
        raise BadInput("invalid_email", "not an e-mail address", field="email")
    if len(who.device) > DEVICE_LENGTH:
        raise BadInput("device_length", f"at most {DEVICE_LENGTH} characters", field="device")
    _, advocate_id = _open(db, shop.id, code)
    if member_id == advocate_id:
        raise Conflict("self_referral", "this link is your own: pass it on to somebody else")
    given = token()
    store.insert_claim(
        db,
        shop_id=shop.id,
        id=new_id(),
        token_hash=token_hash(given),
        code=code,
        decoy=decoy,
        sealed=keys.encrypt(shop.id, msgspec.json.encode(who)),
        network_hash=keys.hash(shop.id, "claimant", who.network) if who.network else None,
        gifts=0,
        stands=False,
        made_at=now,
        due_at=now,
        forget_at=now + timedelta(days=NETWORK_DAYS),
    )
    return given


def promised(db: Connection, shop_id: int, given: str, now: datetime) -> Promise:
    """What came of a claim, no sooner for one than for another.

    Who bought here before gets the decoy. While somebody's code is being made all wait, and after
    CODE_HOURS nothing is told to anybody.
    """
    found = store.claim_by_token(db, shop_id, token_hash(given))
    if found is None:
        raise NotFound("claim_not_found", "no such claim")
    if now < found.made_at + timedelta(seconds=CLAIM_SECONDS):
        return Promise("waiting")
    if program_at(store.programs(db, shop_id), found.made_at).friend_reward_id is None:
        return Promise("none")
    if now > found.made_at + timedelta(hours=CODE_HOURS):
        return Promise("none")
    code = None
    if found.friend_id is not None:
        own = store.claims_of(db, shop_id, [found.friend_id])
        sources = [f"{source_of_claim(one.id)}:{n + 1}" for one in own for n in range(one.gifts)]
        code = store.code_of_sources(db, shop_id, sources)
    if code is None and store.waits_for_code(db, shop_id, now - timedelta(hours=CODE_HOURS)):
        return Promise("waiting")
    return Promise("ready", code or found.decoy)


def note_codes(db: Connection, shop_id: int, issued: Sequence[CodeIssued]) -> None:
    """Remember whose discount each code is: by it an order tells who was sent by whom."""
    rows = {
        one.code.lower(): {
            "shop_id": shop_id,
            "code": one.code.lower(),
            "shown": one.code,
            "member_id": one.member_id,
            "source": one.source,
        }
        for one in issued
    }
    store.put_codes(db, list(rows.values()))


def source_of_claim(claim_id: int) -> str:
    """The stem of the gifts a claim was given."""
    return f"referrals:claim:{claim_id}"


def _open(db: Connection, shop_id: int, code: str) -> tuple[Program, int]:
    """The program, and whose link this is; NotFound when there is nothing to have by it."""
    current = program(db, shop_id)
    owner = store.owners(db, shop_id, [code]).get(code) if current.is_on else None
    if owner is None:
        raise NotFound("code_not_found", "no such link, or nothing is given for it any more")
    return current, owner


def program_at(known: list[tuple[datetime, Program]], at: datetime) -> Program:
    """The program in force at a time; an empty one before the first."""
    return next((one for since, one in reversed(known) if since <= at), Program(0, ""))


# ------------------------------------------------------------------------------- for the merchant


def decide(
    db: Connection,
    shop_id: int,
    referral_id: int,
    *,
    approve: bool,
    reason: str,
    made_by: str,
    now: datetime,
) -> None:
    """The merchant's word on an introduction that is held, or was refused; or that still waits.

    One word: besides taking a refusal back, nothing decided is decided again. The worker carries
    it out within a second. A refusal says why.
    """
    reason = reason.strip()
    if len(reason) > REASON_LENGTH or not (approve or reason):
        raise BadInput(
            "reason_length", f"say why, in 1 to {REASON_LENGTH} letters", field="reason"
        )
    if store.get(db, shop_id, referral_id) is None:
        raise NotFound("referral_not_found", "no such referral")
    done = store.decide(
        db,
        shop_id,
        referral_id,
        ("held", "refused") if approve else ("held", "waiting"),
        decision="approved" if approve else "refused",
        state="waiting" if approve else "refused",
        decided_by=made_by,
        decided_because=reason,
        decided_at=now,
        due_at=now,
    )
    if not done:
        raise Conflict("referral_decided", "this referral does not wait for a decision")


def get(db: Connection, shop_id: int, referral_id: int) -> Row[Any]:
    """One introduction; NotFound otherwise."""
    found = store.get(db, shop_id, referral_id)
    if found is None:
        raise NotFound("referral_not_found", "no such referral")
    return found


def page(
    db: Connection, shop_id: int, states: tuple[str, ...], before: int | None, limit: int
) -> list[Row[Any]]:
    """Introductions in these states, newest first, with their orders."""
    return store.page(db, shop_id, states, before, limit)


def numbers(db: Connection, shop: Shop, days: int, now: datetime) -> Numbers:
    """What introductions brought in the last so many days, today too."""
    until = date.fromisoformat(local_date(now, shop.timezone))
    since = until - timedelta(days=days - 1)
    row = store.numbers(db, shop.id, since.isoformat(), until.isoformat())
    began = now - timedelta(days=days)
    return Numbers(
        claims=store.claims_between(db, shop.id, began, now),
        refused=store.claims_refused(db, shop.id, began, now),
        **{name: int(value) for name, value in row.items()},
    )


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops where somebody is to be looked at, or forgotten."""
    return store.shops_due(db, now)
