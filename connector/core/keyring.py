"""Secrets at rest, and keyed hashes: everything that needs the key ring.

The shop id travels inside the plaintext, so a ciphertext moved to another shop's row is refused.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connector.core.errors import PerennialError

_KEY_BYTES = 32
_NONCE_BYTES = 12


class KeyRing:
    """Keys newest first: the first one encrypts, all of them decrypt."""

    def __init__(self, keys: Sequence[str]) -> None:
        raw = [base64.urlsafe_b64decode(key) for key in keys]
        if not raw or any(len(key) != _KEY_BYTES for key in raw):
            raise PerennialError(
                "secret_keys", "SECRET_KEYS needs keys of 32 bytes, url-safe base64"
            )
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        # The oldest key names people: hashes must not change when a new key is put in front.
        self._hash_key = hashlib.sha256(b"perennial hash" + raw[-1]).digest()

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

    def hash(self, shop_id: int, purpose: str, value: str) -> str:
        """A keyed hash: equal values of one shop and purpose hash alike, and tell nothing else."""
        message = f"{shop_id}:{purpose}:{value}".encode()
        return hashlib.blake2b(message, key=self._hash_key, digest_size=20).hexdigest()


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
