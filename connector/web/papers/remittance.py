"""The statement of a remittance: who owes whom what, from which sources; as its page says it.

Its lines may be a million, so they are in the CSV; the sums by source are as many as programmes.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connector.core.i18n import Language, without_bidi_controls
from connector.rooms.giving import programmes, remitting, service
from connector.rooms.giving.remitting import Batch
from connector.rooms.giving.service import Cause
from connector.shops.service import Shop
from connector.web.papers import Cell, Paper, Table
from connector.web.tongue import ltr, mark, own

STATES = {
    "reconciled": mark("locked, to be approved"),
    "approved": mark("approved, to be sent"),
    "remitted": mark("sent, waits for the receipt"),
    "receipted": mark("receipted"),
}
KINDS = {
    "gift": mark("Gifts at checkout"),
    "points": mark("For points"),
    "share": mark("Shares of orders"),
    "per_unit": mark("For each piece"),
    "in_kind": mark("In kind, for each order"),
    "match": mark("Matched by you"),
    "top_up": mark("Filled up to what was promised"),
    "past": mark("Orders that changed their currency"),
}
UNNUMBERED = mark("A batch gets its number when it is approved, so no number is ever missing.")
GIVERS = mark(
    "Gifts at checkout are the shoppers’ own, and the shop does not deduct them."
    " Everything else is given by the shop."
)


def statement(db: Connection, shop: Shop, batch: Batch, language: Language) -> Paper:
    """What the page of this batch says, in the reader's language."""
    t = language.text
    number = ltr(f"#{batch.number}") if batch.number else ""
    stamps = (batch.locked_at, batch.approved_at, batch.sent_at, batch.receipted_at)
    return Paper(
        language=language,
        title=f"{t('Remittance')} {number}".strip(),
        author=shop.name,
        made_at=max(at for at in stamps if at),
        lead=_lead(shop, batch, language),
        facts=[
            *_steps(shop, batch, service.cause(db, shop.id, batch.cause_id), language),
            *_sums(batch, language),
        ],
        table=_sources(db, shop, batch, language),
        notes=(t("Every single line is in the CSV of this remittance."), t(GIVERS)),
    )


def _lead(shop: Shop, batch: Batch, language: Language) -> str:
    told = {
        "shop": own(shop.name),
        "payee": own(batch.payee),
        "money": _money(batch.net_minor, batch, language),
    }
    if not batch.sent_on:
        return language.text("{shop} owes {payee} {money}.", **told)
    sent_on = ltr(batch.sent_on)
    return language.text("{shop} sent {payee} {money} on {date}.", **told, date=sent_on)


def _steps(shop: Shop, batch: Batch, cause: Cause, language: Language) -> list[tuple[str, Cell]]:
    t, zone = language.text, ZoneInfo(shop.timezone)
    days = {
        name: language.date(at.astimezone(zone), "long") if at else ""
        for name, at in (("locked", batch.locked_at), ("approved", batch.approved_at))
    }
    registered = f"{_written(cause.registration)} {_written(cause.country)}"
    told = (
        (t("Cause"), Cell(own(cause.name), registered if cause.registration else "")),
        (t("Payee"), Cell(own(batch.payee))),
        (t("State"), Cell(t(STATES[batch.state]), "" if batch.number else t(UNNUMBERED))),
        (t("Gifts up to"), Cell(ltr(batch.through))),
        (t("Locked"), Cell(days["locked"])),
        (t("Approved"), Cell(days["approved"])),
        (t("Sent on"), Cell(_written(batch.sent_on or ""))),
        (t("Bank reference"), Cell(_written(batch.reference))),
        (t("Receipt"), Cell(_written(batch.receipt))),
    )
    return [(label, cell) for label, cell in told if cell.text]


def _sums(batch: Batch, language: Language) -> list[tuple[str, Cell]]:
    t = language.text
    told = (
        (t("Gross"), batch.gross_minor),
        (t("Matched by you"), batch.matched_minor),
        (t("Refunded"), -batch.refunded_minor),
        (t("Our fee"), 0),
    )
    sums = [(label, Cell(_money(minor, batch, language))) for label, minor in told]
    return [*sums, (t("Net"), Cell(_money(batch.net_minor, batch, language), is_strong=True))]


def _sources(db: Connection, shop: Shop, batch: Batch, language: Language) -> Table:
    t = language.text
    names = {one.id: own(one.name) for one in programmes.programmes(db, shop.id)}
    rows = [
        (
            Cell(t(KINDS[one.kind]), names.get(one.programme_id, "")),
            Cell(language.number(one.lines)),
            Cell(_money(one.gross_minor, batch, language)),
            Cell(_money(-one.refunded_minor, batch, language)),
        )
        for one in remitting.parts(db, shop.id, batch.id)
    ]
    return Table((t("By source"), t("Lines"), t("Gross"), t("Refunded")), rows)


def _money(minor: int, batch: Batch, language: Language) -> str:
    return ltr(language.money(minor, batch.currency))


def _written(text: str) -> str:
    """A number or code, left to right; "" stays that."""
    return ltr(without_bidi_controls(text)) if text else ""
