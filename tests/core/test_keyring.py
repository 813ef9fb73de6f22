"""Secrets at rest stay secret, stay with their shop, and survive a new key."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner
from cryptography.exceptions import InvalidTag

from connector.cli import perennial
from connector.core import keyring
from connector.core.commerce import Customer, Person
from connector.core.db import Database
from connector.core.errors import PerennialError
from connector.core.keyring import KeyRing
from connector.members import Members
from connector.shops import service as shops
from tests import world
from tests.world import acme

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


def rotate(database, *keys):
    environment = {
        "DATABASE_URL": database.url,
        "JOBS_URL": "sqlite://",
        "PUBLIC_URL": "http://127.0.0.1:8400",
        "SECRET_KEYS": ",".join(keys),
    }
    done = CliRunner().invoke(perennial, ["key", "rotate"], env=environment)
    assert done.exit_code == 0, done.output
    return done.output


def test_after_a_rotation_the_old_key_may_go_and_everybody_is_found(database, monkeypatch):
    monkeypatch.setattr(world, "KEYS", keyring.open_ring(database, [OLD]))
    monkeypatch.setattr(keyring, "_RESEALED", 2)  # so that there are pages
    told = acme(database)
    told.members = Members(world.KEYS)
    people = [Customer(str(n), Person(f"m{n}@customers.example", "Mia")) for n in range(5)]
    told.tell(*people)

    with pytest.raises(PerennialError, match="SECRET_KEYS lacks the key"):
        keyring.open_ring(database, [NEW])
    said = rotate(database, NEW, OLD)
    none = ["member_import_chunk  0", "listener  0", "listener  0", ""]
    assert said.split("\n") == ["hash_key  1", "credential  3", "member_key  5", *none]
    ring = keyring.open_ring(database, [NEW])
    members = Members(ring)
    with database.read() as db:
        found = [members.by_email(db, told.shop.id, f"m{n}@customers.example") for n in range(5)]
        assert found == [members.by_customer_key(db, told.shop.id, str(n)) for n in range(5)]
        assert members.person(db, told.shop.id, found[3]).email == "m3@customers.example"
        assert sorted(members.search(db, told.shop.id, "mia", 10)) == sorted(found)
        assert shops.credentials(db, ring, told.shop.id).access == "ck_x:cs_x"


def test_the_hash_key_of_a_database_from_before_is_that_of_its_oldest_key(database):
    assert keyring.open_ring(database, [NEW, OLD]).hash_key == KeyRing([OLD]).hash_key


def test_processes_that_start_together_agree_on_one_hash_key(database):
    with ThreadPoolExecutor(8) as threads:
        rings = list(threads.map(lambda _: keyring.open_ring(database, [OLD]), range(8)))
    assert len({ring.hash_key for ring in rings}) == 1


def test_a_database_that_was_not_migrated_is_refused(empty_url):
    database = Database(empty_url)
    with pytest.raises(PerennialError, match="not_migrated"):
        keyring.open_ring(database, [OLD])
    database.dispose()
