"""Secrets at rest, and keyed hashes: everything that needs the key ring.

The shop id travels inside the plaintext, so a ciphertext moved to another shop's row is refused.
The key of the hashes is made once for a database and kept in it, sealed like any secret: keys of
the ring come and go, the names people are found by stay (docs/decisions/0013-hash-key.md).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    Table,
    bindparam,
    inspect,
    select,
    tuple_,
    update,
)

from connector.core.db import Database, metadata, upsert
from connector.core.errors import PerennialError

_KEY_BYTES = 32
_NONCE_BYTES = 12
_OF_NO_SHOP = 0
_RESEALED = 500  # secrets in one transaction

hash_key = Table(
    "hash_key",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="only_one"),
)


class KeyRing:
    """Keys newest first: the first one encrypts, all of them decrypt.

    ``hash_key`` is the database's own; without one it is derived from the oldest key.
    """

    def __init__(self, keys: Sequence[str], hash_key: bytes | None = None) -> None:
        raw = [base64.urlsafe_b64decode(key) for key in keys]
        if not raw or any(len(key) != _KEY_BYTES for key in raw):
            raise PerennialError(
                "secret_keys", "SECRET_KEYS needs keys of 32 bytes, url-safe base64"
            )
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self.hash_key = hash_key or hashlib.sha256(b"perennial hash" + raw[-1]).digest()

    @staticmethod
    def new_key() -> str:
        return Fernet.generate_key().decode()

    def encrypt(self, shop_id: int, secret: bytes) -> bytes:
        return self._fernet.encrypt(b"%d:" % shop_id + secret)

    def decrypt(self, shop_id: int, ciphertext: bytes) -> bytes:
        try:
            owner, _, secret = self._fernet.decrypt(ciphertext).partition(b":")
        except InvalidToken:
            raise PerennialError("secret_unreadable", "no key of SECRET_KEYS opens it") from None
        if owner != b"%d" % shop_id:
            raise PerennialError("secret_unreadable", f"it does not belong to shop {shop_id}")
        return secret

    def rotate(self, ciphertext: bytes) -> bytes:
        """The same secret under the first key."""
        try:
            return self._fernet.rotate(ciphertext)
        except InvalidToken:
            raise PerennialError("secret_unreadable", "no key of SECRET_KEYS opens it") from None

    def hash(self, shop_id: int, purpose: str, value: str) -> str:
        """A keyed hash: equal values of one shop and purpose hash alike, and tell nothing else."""
        message = f"{shop_id}:{purpose}:{value}".encode()
        return hashlib.blake2b(message, key=self.hash_key, digest_size=20).hexdigest()


def open_ring(database: Database, keys: Sequence[str]) -> KeyRing:
    """The ring of this database, with the hash key that its first start has put there.

    PerennialError ``secret_keys`` when no key opens it: one that is still needed was removed.
    """
    ring = KeyRing(keys)
    with database.read() as db:
        if not inspect(db).has_table(hash_key.name):
            raise PerennialError("not_migrated", "run perennial migrate first")
        sealed = db.scalar(select(hash_key.c.sealed))
    if sealed is None:
        first = {"id": 1, "sealed": ring.encrypt(_OF_NO_SHOP, ring.hash_key)}
        with database.write() as db:
            db.execute(upsert(db, hash_key).values(first).on_conflict_do_nothing())
            sealed = db.scalar(select(hash_key.c.sealed)) or b""
    try:
        return KeyRing(keys, ring.decrypt(_OF_NO_SHOP, sealed))
    except PerennialError:
        raise PerennialError(
            "secret_keys",
            "SECRET_KEYS lacks the key that this database is sealed with: put it back as the last"
            " one, run perennial key rotate, and then remove it",
        ) from None


def reseal(database: Database, ring: KeyRing, sealed: Column[bytes]) -> int:
    """Bring every secret of a column under the ring's first key; returns how many there are."""
    table = sealed.table
    key = list(table.primary_key)
    statement = (
        update(table)
        .where(*(one == bindparam(f"at_{one.name}") for one in key), sealed == bindparam("before"))
        .values({sealed.name: bindparam("after")})
    )
    chosen = select(*key, sealed).where(sealed.is_not(None)).order_by(*key).limit(_RESEALED)
    total, page = 0, chosen
    while True:
        with database.write() as db:
            rows = db.execute(page).all()
            if not rows:
                return total
            changes = [
                {f"at_{one.name}": row[n] for n, one in enumerate(key)}
                | {"before": row[-1], "after": ring.rotate(row[-1])}
                for row in rows
            ]
            db.execute(statement, changes)
        total += len(rows)
        page = chosen.where(tuple_(*key) > tuple(rows[-1][:-1]))


def new_member_key() -> bytes:
    return AESGCM.generate_key(bit_length=256)


def seal(key: bytes, plain: bytes) -> bytes:
    """Encrypt under a member's own key; dropping the key erases what it sealed."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def unseal(key: bytes, sealed: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)


def token(nbytes: int = 32) -> str:
    """An unguessable token of [0-9a-f]: safe in URLs, forms, and as a WooCommerce secret."""
    return secrets.token_hex(nbytes)


def token_hash(value: str) -> str:
    """How a high-entropy token is stored: its sha256."""
    return hashlib.sha256(value.encode()).hexdigest()
