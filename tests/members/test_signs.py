"""Signs tell who shares what, however it is written, and tell nobody what it is."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from connector.members import signs
from connector.members.models import member_sign
from tests.world import KEYS, MIA, NOOR, NOW, World, acme


@pytest.fixture
def world(database) -> World:
    return acme(database)


@pytest.mark.parametrize(
    ("kind", "one", "other", "same"),
    [
        ("mailbox", "Mia.B+shop@GMail.com", "miab@googlemail.com", True),
        ("mailbox", "mia+1@acme.example", "MIA@Acme.Example", True),
        ("mailbox", "mi.a@acme.example", "mia@acme.example", False),
        ("phone", "+49 (0)170 123-4567", "0170 1234567", True),
        ("phone", "٠١٧٠١٢٣٤٥٦٧", "01701234567", True),
        ("address", "Main St. 5, 12345 Town", "main st 5 12345 TOWN", True),
        ("address", "Main St. 5", "Main St. 6", False),
        ("network", "192.0.2.11", "192.0.21.1", False),
    ],
)
def test_signs_are_compared_by_what_they_mean(world: World, kind, one, other, same):
    mia, noor = world.member(MIA), world.member(NOOR)
    with world.database.write() as db:
        signs.note_signs(db, KEYS, world.shop.id, mia, {kind: one}, NOW)
        signs.note_signs(db, KEYS, world.shop.id, noor, {kind: other}, NOW)
        expected = {kind} if same else set()
        assert signs.shared(db, world.shop.id, mia, [noor], NOW) == expected
        assert signs.with_same(db, world.shop.id, mia, [kind]) == ({noor} if same else set())


def test_what_says_nothing_is_no_sign(world: World):
    mia = world.member(MIA)
    with world.database.write() as db:
        told = {"phone": "12", "mailbox": "nobody", "address": " - ", "device": ""}
        signs.note_signs(db, KEYS, world.shop.id, mia, told, NOW)
        assert db.scalar(select(member_sign.c.kind)) is None


def test_a_device_wears_off_and_a_mailbox_does_not(world: World):
    mia, noor = world.member(MIA), world.member(NOOR)
    told = {"device": "d1", "mailbox": "a@b.example"}
    later = NOW + timedelta(days=signs.WORN_DAYS + 1)
    with world.database.write() as db:
        for one in (mia, noor):
            signs.note_signs(db, KEYS, world.shop.id, one, told, NOW)
        assert signs.shared(db, world.shop.id, mia, [noor], NOW) == {"device", "mailbox"}
        assert signs.shared(db, world.shop.id, mia, [noor], later) == {"mailbox"}
        signs.note_signs(db, KEYS, world.shop.id, noor, told, later)
        assert signs.shared(db, world.shop.id, mia, [noor], later) == {"mailbox"}
        signs.drop_signs(db, world.shop.id, noor)
        assert signs.shared(db, world.shop.id, mia, [noor], NOW) == set()
