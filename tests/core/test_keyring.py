"""Secrets at rest stay secret, stay with their shop, and survive a new key."""

import pytest
from cryptography.exceptions import InvalidTag

from connector.core import keyring
from connector.core.errors import PerennialError
from connector.core.keyring import KeyRing

OLD, NEW = KeyRing.new_key(), KeyRing.new_key()


def test_what_is_encrypted_comes_back():
    ring = KeyRing([OLD])
    assert ring.decrypt(7, ring.encrypt(7, b"a:secret")) == b"a:secret"
    assert b"secret" not in ring.encrypt(7, b"secret")


def test_a_secret_moved_to_another_shop_is_refused():
    ring = KeyRing([OLD])
    with pytest.raises(PerennialError, match="does not belong"):
        ring.decrypt(8, ring.encrypt(7, b"secret"))


def test_a_new_key_in_front_reads_old_secrets_and_keeps_names():
    before, after = KeyRing([OLD]), KeyRing([NEW, OLD])
    assert after.decrypt(7, before.encrypt(7, b"secret")) == b"secret"
    assert after.hash(7, "email", "mia") == before.hash(7, "email", "mia")
    with pytest.raises(PerennialError, match="no key"):
        before.decrypt(7, after.encrypt(7, b"secret"))


def test_hashes_differ_by_shop_purpose_and_key():
    ring = KeyRing([OLD])
    told = {
        ring.hash(7, "email", "mia"),
        ring.hash(8, "email", "mia"),
        ring.hash(7, "word", "mia"),
        KeyRing([NEW]).hash(7, "email", "mia"),
    }
    assert len(told) == 4


@pytest.mark.parametrize("keys", [[], ["c2hvcnQ="], [OLD, "c2hvcnQ="]])
def test_a_ring_without_good_keys_does_not_start(keys):
    with pytest.raises(PerennialError, match="32 bytes"):
        KeyRing(keys)


def test_dropping_a_members_key_erases_what_it_sealed():
    key, other = keyring.new_member_key(), keyring.new_member_key()
    sealed = keyring.seal(key, b"Mia")
    assert keyring.unseal(key, sealed) == b"Mia"
    assert keyring.seal(key, b"Mia") != sealed
    with pytest.raises(InvalidTag):
        keyring.unseal(other, sealed)


def test_tokens_are_stored_as_their_digest():
    token = keyring.token()
    assert len(token) == 64
    assert keyring.token_hash(token) == keyring.token_hash(token) != token
