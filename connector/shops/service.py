"""The tenant's verbs: shops come and go, credentials stay sealed, staff sign in by link."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from connector.core import keyring
from connector.core.commerce import Credentials, ShopFacts
from connector.core.errors import Conflict, NotFound, Unauthenticated
from connector.core.ids import new_id
from connector.core.keyring import KeyRing
from connector.shops import store

LINK_MINUTES = 15
SESSION_DAYS = 14
RECONCILE_MINUTES = 15
CLAIM_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop as the rest of the house knows it."""

    id: int
    business_id: int
    platform: str
    key: str
    public_id: str
    hook_path: str
    name: str
    currency: str
    timezone: str
    state: str
    problem: str | None
    installed_at: datetime | None
    uninstalled_at: datetime | None
    last_event_at: datetime | None
    reconciled_at: datetime | None
    joins_first: bool  # an account is a member once it joined, not by buying
    tags_levels: bool  # accounts carry their level as a tag

    @property
    def is_live(self) -> bool:
        return self.state in ("active", "unpaired")


@dataclass(frozen=True, slots=True)
class Staff:
    """A person of the business, signed in."""

    id: int
    business_id: int
    name: str
    role: str


_SHOP_FIELDS = tuple(Shop.__dataclass_fields__)


def shop_of(row: Row[Any]) -> Shop:
    return Shop(**{name: getattr(row, name) for name in _SHOP_FIELDS})


def get(db: Connection, shop_id: int) -> Shop:
    """The shop; NotFound ``shop_not_found``."""
    return _found(store.get(db, shop_id))


def peek(db: Connection, shop_id: int) -> Shop | None:
    return shop_of(row) if (row := store.get(db, shop_id)) else None


def find(db: Connection, platform: str, key: str) -> Shop | None:
    return shop_of(row) if (row := store.by_key(db, platform, key)) else None


def by_hook_path(db: Connection, hook_path: str) -> Shop | None:
    return shop_of(row) if (row := store.by_hook_path(db, hook_path)) else None


def by_public_id(db: Connection, public_id: str) -> Shop:
    return _found(store.by_public_id(db, public_id))


def of_business(db: Connection, business_id: int) -> list[Shop]:
    """Shops that joined the business; one that nobody confirmed yet shows nobody anything."""
    return [shop_of(row) for row in store.of_business(db, business_id)]


def everywhere(db: Connection) -> list[Shop]:
    """All shops: for the operator and the schedule, never for a merchant."""
    return [shop_of(row) for row in store.everywhere(db)]


def claim_due(db: Connection, column: str, now: datetime) -> list[int]:
    """Shops whose reconcile or nightly round has come; a round that dies is taken up again."""
    return store.claim_due(db, column, now, now + timedelta(minutes=CLAIM_MINUTES))


def any_due(db: Connection, column: str, now: datetime) -> bool:
    return store.any_due(db, column, now)


def note_event(db: Connection, shop_id: int, at: datetime) -> None:
    """A delivery of this shop arrived."""
    store.note_event(db, shop_id, at)


def note_reconciled(db: Connection, shop_id: int, until: datetime, now: datetime) -> None:
    """Everything changed before ``until`` has been read; the next round is in a quarter hour."""
    store.change(
        db,
        shop_id,
        reconciled_at=until,
        reconcile_due_at=now + timedelta(minutes=RECONCILE_MINUTES),
        problem=None,
    )


def note_nightly(db: Connection, shop_id: int, now: datetime) -> None:
    """The nightly round is done; the next one is tomorrow."""
    store.change(db, shop_id, nightly_due_at=now + timedelta(days=1))


def note_problem(
    db: Connection, shop_id: int, problem: str, now: datetime, *, retry_seconds: float = 60
) -> None:
    """The connection is broken, for the reason of this stable code; it is tried again later."""
    store.change(
        db, shop_id, problem=problem, reconcile_due_at=now + timedelta(seconds=retry_seconds)
    )


def found_business(db: Connection, name: str, now: datetime) -> int:
    """A new business with its first member of staff; returns its id."""
    business_id = new_id()
    store.insert_business(db, id=business_id, name=name, created_at=now)
    store.insert_staff(
        db, id=new_id(), business_id=business_id, name=name, role="owner", created_at=now
    )
    return business_id


def install(
    db: Connection,
    keys: KeyRing,
    platform: str,
    credentials: Credentials,
    facts: ShopFacts,
    now: datetime,
    *,
    business_id: int | None = None,
    state: str = "active",
) -> Shop:
    """A shop with proven credentials: new, or back again after it left.

    Conflict ``shop_taken`` when another business holds a living shop of this key.
    """
    row = store.by_key(db, platform, credentials.shop_key)
    values: dict[str, object] = _values(facts) | {
        "state": state,
        "problem": None,
        "installed_at": now,
        "uninstalled_at": None,
        "reconcile_due_at": now if state == "active" else None,
        "nightly_due_at": now + timedelta(hours=6) if state == "active" else None,
    }
    if row is None:
        shop_id = new_id()
        store.insert_shop(
            db,
            id=shop_id,
            business_id=business_id or found_business(db, facts.name, now),
            platform=platform,
            key=credentials.shop_key,
            public_id=keyring.token(12),
            hook_path=keyring.token(),
            created_at=now,
            **values,
        )
        for kind in ("hook_secret", "widget_secret"):
            put_secret(db, keys, shop_id, kind, keyring.token().encode(), now)
    else:
        shop_id = row.id
        living = row.state in ("active", "unpaired")
        if living and business_id not in (None, row.business_id):
            raise Conflict("shop_taken", f"{credentials.shop_key} belongs to another account")
        if living:
            values |= {
                "state": row.state,
                "installed_at": row.installed_at,
                "reconcile_due_at": now,
                "nightly_due_at": row.nightly_due_at,
            }
        elif state == "pending":
            del values[
                "uninstalled_at"
            ]  # whose it becomes, past and all, is for the confirm to say
        else:
            # Who comes back unknown must not walk into an account that may hold other shops.
            values["business_id"] = business_id or found_business(db, facts.name, now)
        store.change(db, shop_id, **values)
    put_credentials(db, keys, shop_id, credentials, now)
    return get(db, shop_id)


def note_facts(db: Connection, shop_id: int, facts: ShopFacts) -> None:
    """What the platform says of the shop today."""
    store.change(db, shop_id, **_values(facts))


def _values(facts: ShopFacts) -> dict[str, object]:
    told = {"name": facts.name, "currency": facts.currency, "timezone": facts.timezone}
    return {**told, "platform_version": facts.version}


def uninstall(db: Connection, shop_id: int, at: datetime, now: datetime) -> bool:
    """The shop left; False for a late message from before a reinstall. Tokens go at once."""
    shop = get(db, shop_id)
    if shop.state == "uninstalled" or (shop.installed_at and at < shop.installed_at):
        return False
    store.change(
        db,
        shop_id,
        state="uninstalled",
        uninstalled_at=now,
        reconcile_due_at=None,
        nightly_due_at=now,  # what was kept grows too old here as well
    )
    store.drop_credentials(db, shop_id, ["access"])
    return True


def forget(db: Connection, shop_id: int) -> None:
    """Delete the shop's own row; what else it had is deleted by the caller."""
    store.drop_shop(db, shop_id)


def put_secret(
    db: Connection,
    keys: KeyRing,
    shop_id: int,
    kind: str,
    secret: bytes,
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    store.put_credential(db, shop_id, kind, keys.encrypt(shop_id, secret), now, expires_at)


def secret(db: Connection, keys: KeyRing, shop_id: int, kind: str) -> bytes | None:
    """One secret of the shop, opened."""
    found = store.credentials(db, shop_id).get(kind)
    return keys.decrypt(shop_id, found) if found else None


def put_credentials(
    db: Connection, keys: KeyRing, shop_id: int, credentials: Credentials, now: datetime
) -> None:
    plain = msgspec.json.encode(asdict(credentials))
    put_secret(db, keys, shop_id, "access", plain, now, credentials.expires_at)


def credentials(db: Connection, keys: KeyRing, shop_id: int) -> Credentials:
    """What lets us call the shop; Conflict ``reconnect`` when there is nothing."""
    plain = secret(db, keys, shop_id, "access")
    if plain is None:
        raise Conflict("reconnect", "the shop's credentials are gone; install the app again")
    return msgspec.json.decode(plain, type=Credentials)


def lease_credentials(db: Connection, shop_id: int, now: datetime, until: datetime) -> bool:
    """Become the only one who renews the shop's token until then; False if somebody is."""
    return store.lease_credential(db, shop_id, "access", now, until)


def end_lease(db: Connection, shop_id: int) -> None:
    store.end_lease(db, shop_id, "access")


def business_name(db: Connection, business_id: int) -> str:
    return store.business_name(db, business_id)


def open_owner_session(db: Connection, business_id: int, now: datetime) -> str:
    """Sign the business's owner in, in the browser that has just proven to be theirs."""
    return open_session(db, _owner(db, business_id), now)


def _owner(db: Connection, business_id: int) -> int:
    return next(int(row.id) for row in store.staff_of(db, business_id) if row.role == "owner")


def staff_for(
    db: Connection, business_id: int, platform_key: str, now: datetime, name: str = ""
) -> Staff:
    """The member of staff behind a platform's own user, made on first sight."""
    known = known_staff(db, business_id, platform_key)
    if known is not None:
        return known
    store.insert_staff(
        db,
        id=new_id(),
        business_id=business_id,
        platform_key=platform_key,
        name=name or f"Staff {platform_key}",
        role="member",
        created_at=now,
    )
    return _staff(store.staff_by_platform_key(db, business_id, platform_key))


def known_staff(db: Connection, business_id: int, platform_key: str) -> Staff | None:
    """The member of staff behind a platform's own user; None before the first sight."""
    row = store.staff_by_platform_key(db, business_id, platform_key)
    return _staff(row) if row is not None else None


def sign_in_link(db: Connection, business_id: int, now: datetime) -> str:
    """A token that signs the business's owner in, once, within a quarter hour."""
    link = keyring.token()
    store.insert_link(
        db,
        token_hash=keyring.token_hash(link),
        staff_id=_owner(db, business_id),
        expires_at=now + timedelta(minutes=LINK_MINUTES),
    )
    return link


def sign_in(db: Connection, link: str, now: datetime) -> str:
    """Turn a link into a session; Unauthenticated ``link_spent`` the second time."""
    staff_id = store.use_link(db, keyring.token_hash(link), now)
    if staff_id is None:
        raise Unauthenticated("link_spent", "this link was used or is too old; ask for a new one")
    return open_session(db, staff_id, now)


def open_session(db: Connection, staff_id: int, now: datetime) -> str:
    session = keyring.token()
    store.insert_session(
        db,
        token_hash=keyring.token_hash(session),
        staff_id=staff_id,
        created_at=now,
        expires_at=now + timedelta(days=SESSION_DAYS),
    )
    return session


def session_staff(db: Connection, session: str, now: datetime) -> Staff | None:
    row = store.session_staff(db, keyring.token_hash(session), now)
    return _staff(row) if row else None


def sign_out(db: Connection, session: str) -> None:
    store.drop_session(db, keyring.token_hash(session))


def _found(row: Row[Any] | None) -> Shop:
    if row is None:
        raise NotFound("shop_not_found", "no such shop")
    return shop_of(row)


def _staff(row: Row[Any] | None) -> Staff:
    if row is None:
        raise NotFound("staff_not_found", "no such member of staff")
    return Staff(row.id, row.business_id, row.name, row.role)
