"""Remittances: what is owed to causes, locked in batches, approved, sent and receipted."""

from __future__ import annotations

from typing import Annotated

from flask import g
from msgspec import Meta, Struct
from sqlalchemy import Connection

from connector.core import clock
from connector.rooms.giving import remitting
from connector.rooms.giving.remitting import Batch
from connector.shops.service import Shop
from connector.web.api import shapes
from connector.web.api.donations import number
from connector.web.api.openapi import Operation
from connector.web.body import read_json

FEE = 0  # of ours


class Waiting(Struct):
    cause_id: str
    pledged: Annotated[shapes.Money, Meta(description="Until orders are paid and confirmed")]
    ready: Annotated[shapes.Money, Meta(description="Due, and in no batch; below 0: carried")]
    oldest_at: str | None


class Remittance(Struct):
    id: str
    number: Annotated[
        int | None,
        Meta(description="Of its cause's batches, without gaps; null until it is approved"),
    ]
    cause_id: str
    state: Annotated[str, Meta(description="reconciled, approved, remitted or receipted")]
    through: Annotated[str, Meta(description="The last day whose gifts are in it")]
    gifts: Annotated[int, Meta(description="Lines that pay something; others take refunds back")]
    gross: shapes.Money
    matched: shapes.Money
    refunded: shapes.Money
    fee: shapes.Money
    net: Annotated[shapes.Money, Meta(description="What the shop owes the payee")]
    payee: str
    locked_at: str
    approved_at: str | None
    sent_on: str | None
    reference: str
    receipted_at: str | None
    receipt: str


class Remittances(Struct):
    waiting: list[Waiting]
    batches: Annotated[list[Remittance], Meta(description="The newest 100")]


class LockRequest(Struct, forbid_unknown_fields=True):
    cause_id: str
    currency: str
    through: Annotated[str, Meta(description="ISO date; yesterday if not given")] = ""


class SentRequest(Struct, forbid_unknown_fields=True):
    reference: Annotated[str, Meta(description="The bank transfer's")]
    sent_on: Annotated[str, Meta(description="ISO date")]


class ReceiptRequest(Struct, forbid_unknown_fields=True):
    receipt: Annotated[str, Meta(description="Its number")]


def list_remittances(db: Connection, shop: Shop) -> Remittances:
    """What waits for a batch, by cause and currency; and the batches, newest first."""
    waiting = [
        Waiting(
            str(one.cause_id),
            shapes.Money(one.pledged_minor, one.currency),
            shapes.Money(one.ready_minor, one.currency),
            shapes.utc(one.oldest) if one.oldest else None,
        )
        for one in remitting.waiting(db, shop.id)
    ]
    return Remittances(waiting, [_told(one) for one in remitting.batches(db, shop.id)])


def lock_remittance(db: Connection, shop: Shop) -> Remittance:
    """Put what is due to a cause in one currency into a batch."""
    told = read_json(LockRequest)
    cause_id = number(told.cause_id, "cause")
    by, now = f"api:{g.api_key_id}", clock.now()
    return _told(
        remitting.lock(db, shop.id, cause_id, told.currency, by=by, now=now, through=told.through)
    )


def get_remittance(db: Connection, shop: Shop, batch_id: str) -> Remittance:
    """One batch."""
    return _told(remitting.batch(db, shop.id, number(batch_id, "batch")))


def unlock_remittance(db: Connection, shop: Shop, batch_id: str) -> Remittances:
    """Take a batch apart that nobody approved yet."""
    remitting.unlock(db, shop.id, number(batch_id, "batch"))
    return list_remittances(db, shop)


def approve_remittance(db: Connection, shop: Shop, batch_id: str) -> Remittance:
    """Its lines are right: from now on it stays as it is."""
    by, now = f"api:{g.api_key_id}", clock.now()
    return _told(remitting.approve(db, shop.id, number(batch_id, "batch"), by=by, now=now))


def send_remittance(db: Connection, shop: Shop, batch_id: str) -> Remittance:
    """The shop has paid: the bank transfer's reference and its day."""
    told = read_json(SentRequest)
    sent = remitting.send(
        db,
        shop.id,
        number(batch_id, "batch"),
        reference=told.reference,
        sent_on=told.sent_on,
        by=f"api:{g.api_key_id}",
        now=clock.now(),
    )
    return _told(sent)


def receipt_remittance(db: Connection, shop: Shop, batch_id: str) -> Remittance:
    """The cause has confirmed that the money arrived."""
    told = read_json(ReceiptRequest)
    batch = number(batch_id, "batch")
    return _told(remitting.receipt(db, shop.id, batch, told.receipt, clock.now()))


def _told(one: Batch) -> Remittance:
    def money(minor: int) -> shapes.Money:
        return shapes.Money(minor, one.currency)

    return Remittance(
        id=str(one.id),
        number=one.number,
        cause_id=str(one.cause_id),
        state=one.state,
        through=one.through,
        gifts=one.gifts,
        gross=money(one.gross_minor),
        matched=money(one.matched_minor),
        refunded=money(one.refunded_minor),
        fee=money(FEE),
        net=money(one.net_minor),
        payee=one.payee,
        locked_at=shapes.utc(one.locked_at),
        approved_at=shapes.utc(one.approved_at) if one.approved_at else None,
        sent_on=one.sent_on,
        reference=one.reference,
        receipted_at=shapes.utc(one.receipted_at) if one.receipted_at else None,
        receipt=one.receipt,
    )


OPERATIONS = (
    Operation("GET", "/remittances", list_remittances, Remittances),
    Operation("POST", "/remittances", lock_remittance, Remittance, body=LockRequest),
    Operation("GET", "/remittances/<batch_id>", get_remittance, Remittance),
    Operation("DELETE", "/remittances/<batch_id>", unlock_remittance, Remittances),
    Operation("POST", "/remittances/<batch_id>/approval", approve_remittance, Remittance),
    Operation(
        "POST", "/remittances/<batch_id>/payment", send_remittance, Remittance, body=SentRequest
    ),
    Operation(
        "POST",
        "/remittances/<batch_id>/receipt",
        receipt_remittance,
        Remittance,
        body=ReceiptRequest,
    ),
)
