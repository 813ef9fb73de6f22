"""What an order's newest state is, given what was known and what is told: pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from connector.core.commerce import (
    CodeUse,
    LineKind,
    Order,
    OrderState,
    Refund,
    RefundLine,
    RefundsOfOrder,
)

_REVERSED = (OrderState.CANCELLED, OrderState.REFUNDED, OrderState.DELETED)
_PROGRESS = list(OrderState)
_UNTOLD = datetime(1970, 1, 1, tzinfo=UTC)  # when a platform does not say


def net_goods_minor(order: Order) -> int:
    """Net revenue of one order: goods after discounts and refunds, without tax; 0 if undone."""
    if order.state in _REVERSED or order.is_test:
        return 0
    goods = {line.key: line for line in order.lines if line.kind is LineKind.GOODS}
    net = sum([line.total_minor for line in goods.values()])
    if not order.refunds:
        return max(net, 0)
    gross = sum(line.total_minor + line.tax_minor for line in goods.values())
    for refund in order.refunds:
        net -= sum(one.total_minor for one in refund.lines if one.line_key in goods)
        if gross > 0:
            net -= refund.other_minor * sum(g.total_minor for g in goods.values()) // gross
    return max(net, 0)


def after(before: Order | None, snapshot: Order | RefundsOfOrder, source: str) -> Order | None:
    """The order as known after this snapshot; None when it tells nothing new.

    Amounts of two currencies never meet: an order that changed its currency starts over with the
    refunds it is told with, and an answer about refunds counts only in the order's own.
    """
    if isinstance(snapshot, RefundsOfOrder):
        return _answered(before, snapshot)
    if before is None:
        # A deletion may overtake the order it deletes; one without a time can not be compared.
        return None if snapshot.modified_at <= _UNTOLD else snapshot
    if snapshot.partial:
        modified_at = max(before.modified_at, snapshot.modified_at)
        return replace(before, state=snapshot.state, modified_at=modified_at)
    if not _is_news(before, snapshot, source):
        return None
    # Storefronts note who sent a buyer once, and not every payload holds notes.
    snapshot = replace(
        snapshot,
        referral=snapshot.referral or before.referral,
        row_note=snapshot.row_note or before.row_note,
    )
    known = before.refunds if before.currency == snapshot.currency else ()
    if not snapshot.refunds_known:
        return replace(snapshot, refunds=known)
    return replace(snapshot, refunds=_with_known_lines(snapshot.refunds, known))


def _is_news(before: Order, told: Order, source: str) -> bool:
    """Whether ``told`` is not older.

    Platforms tell whole seconds. Within one an order only moves on, except in the answer to a
    question of ours.
    """
    if told.modified_at != before.modified_at:
        return told.modified_at > before.modified_at
    return source != "hook" or _progress(told, before) >= _progress(before, before)


def _progress(order: Order, before: Order) -> tuple[int, int]:
    refunds = order.refunds if order.refunds_known else before.refunds
    return _PROGRESS.index(order.state), sum(one.amount_minor for one in refunds)


def _answered(before: Order | None, answer: RefundsOfOrder) -> Order | None:
    if before is None or before.currency != answer.currency:
        return None
    return replace(before, refunds=_with_answer(before, answer.refunds))


def _with_answer(before: Order, answered: Sequence[Refund]) -> tuple[Refund, ...]:
    """Refunds of an order after an answer about them.

    The answer knows their lines, and those made since the order was told. One that the newer order
    no longer lists was deleted.
    """
    told = {one.key: one for one in answered}
    listed = {one.key for one in before.refunds}
    since = (
        one for one in answered if one.key not in listed and one.refunded_at >= before.modified_at
    )
    return (*(told.get(one.key, one) for one in before.refunds), *since)


def _with_known_lines(told: Sequence[Refund], before: Sequence[Refund]) -> tuple[Refund, ...]:
    """Refunds as told, with the lines an earlier fetch brought where only amounts are told."""
    known = {one.key: one for one in before if one.lines_known}
    return tuple(
        known[one.key]
        if not one.lines_known
        and one.key in known
        and known[one.key].amount_minor == one.amount_minor
        else one
        for one in told
    )


def digest(order: Order) -> str:
    """What makes two states of an order the same: everything but the person and the moment."""
    told: tuple[object, ...] = (
        order.key,
        order.number,
        order.state,
        order.currency,
        order.placed_at,
        order.paid_at,
        order.completed_at,
        order.is_test,
        order.taxes_included,
        order.total_minor,
        order.shipping_minor,
        order.tax_minor,
        order.lines,
        stored_refunds(order),
    )
    if order.codes or order.tags or order.referral:  # else the digest of older orders stays
        told += (stored_codes(order), order.tags, order.referral)
    if order.shipping_off_minor:
        told += (order.shipping_off_minor,)
    if order.row_note:
        told += (order.row_note,)
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:32]


def stored_refunds(order: Order) -> tuple[Refund, ...]:
    """An order's refunds as the book keeps them: each line once, all in one sequence."""
    if not order.refunds:
        return ()
    merged = (replace(one, lines=tuple(_one_per_line(one))) for one in order.refunds)
    return tuple(sorted(merged, key=lambda one: (one.refunded_at, one.key)))


def stored_codes(order: Order) -> tuple[CodeUse, ...]:
    """An order's codes as the book keeps them: in lower case, each once."""
    if not order.codes:
        return ()
    found: dict[str, int] = {}
    for one in order.codes:
        code = one.code.lower()
        found[code] = found.get(code, 0) + one.amount_minor
    return tuple(CodeUse(code, found[code]) for code in sorted(found))


def _one_per_line(refund: Refund) -> list[RefundLine]:
    """A platform may list one line twice in one refund, e.g. restocked in two places."""
    found: dict[str, RefundLine] = {}
    for one in refund.lines:
        had = found.get(one.line_key)
        found[one.line_key] = (
            one
            if had is None
            else RefundLine(
                one.line_key,
                had.quantity + one.quantity,
                had.total_minor + one.total_minor,
                had.tax_minor + one.tax_minor,
            )
        )
    return [found[key] for key in sorted(found)]
