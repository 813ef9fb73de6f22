"""The discounts a shop has: kept, found by code, refused with a reason, and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Struct

from devstore.discounts import Goods, taken
from devstore.model import Buyer, Customer, Discount, Kind, Taken, replace
from devstore.refusals import CodeRefused, CodeTaken
from devstore.shelf import Shelf

_ALL, _CODES, _STANDING, _SEGMENTS = "discounts", "discount codes", "standing", "segments"


class Segment(Struct, frozen=True):
    """A saved question about customers: those tagged ``tag``."""

    id: int
    name: str
    query: str
    tag: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Bill:
    """What a cart gets off, and the codes it named and cannot have, each with the reason."""

    taken: tuple[Taken, ...] = ()
    refused: tuple[CodeRefused, ...] = field(default=())

    @property
    def goods_minor(self) -> int:
        return sum(one.goods_minor for one in self.taken)

    @property
    def shipping_minor(self) -> int:
        return sum(one.shipping_minor for one in self.taken)


class Promotions:
    """The discounts of one shop. ``by_pieces``: how its platform spreads an amount."""

    def __init__(self, shelf: Shelf, now: Callable[[], datetime], *, by_pieces: bool) -> None:
        self._shelf = shelf
        self._now = now
        self._by_pieces = by_pieces

    def keep(self, discount: Discount) -> Discount:
        """Keep a new or changed one; CodeTaken if its code is another's."""
        with self._shelf.change():
            before = self.get(discount.id)
            if before and before.code is not None and before.enabled:
                self._shelf.discard(_CODES, before.code.lower())
            if discount.code is None:
                self._shelf.put(_STANDING, str(discount.id), discount.id)
            elif discount.enabled:  # a code in the trash is free for others
                if self._shelf.take(_CODES, discount.code.lower(), int) is not None:
                    raise CodeTaken(discount.code)
                self._shelf.put(_CODES, discount.code.lower(), discount.id)
            self._shelf.put(_ALL, str(discount.id), discount)
        return discount

    def get(self, discount_id: int) -> Discount | None:
        return self._shelf.take(_ALL, str(discount_id), Discount)

    def by_code(self, code: str) -> Discount | None:
        """In any letter case."""
        discount_id = self._shelf.take(_CODES, code.strip().lower(), int)
        return None if discount_id is None else self.get(discount_id)

    def all(self) -> list[Discount]:
        """Those with codes and those without, the oldest first."""
        return sorted(self._shelf.all(_ALL, Discount).values(), key=lambda one: one.id)

    def standing(self) -> list[Discount]:
        """Those without a code."""
        found = (self.get(one) for one in self._shelf.all(_STANDING, int).values())
        return sorted((one for one in found if one), key=lambda one: one.id)

    def drop(self, discount: Discount) -> None:
        with self._shelf.change():
            self._shelf.discard(_ALL, str(discount.id))
            self._shelf.discard(_STANDING, str(discount.id))
            if discount.enabled:
                self._shelf.discard(_CODES, (discount.code or "").lower())

    def add_segment(self, segment: Segment) -> None:
        self._shelf.put(_SEGMENTS, str(segment.id), segment)

    def segments(self) -> list[Segment]:
        """The oldest first."""
        return sorted(self._shelf.all(_SEGMENTS, Segment).values(), key=lambda one: one.id)

    def bill(
        self, buyer: Buyer, goods: Sequence[Goods], shipping_minor: int, codes: Iterable[str]
    ) -> Bill:
        """What ``codes`` and the buyer's standing discounts take off. ``email`` "": not known yet.

        Codes first, as they were named; whatever does not go with one that is in stays out.
        """
        chosen: list[Discount] = []
        refused = []
        for code in codes:
            try:
                chosen.append(self._usable(code, buyer, goods, chosen))
            except CodeRefused as problem:
                refused.append(problem)
        mine = [one for one in self.standing() if self._is_his(one, buyer, goods)]
        worth = {one.id: self._amount(one, goods, shipping_minor) for one in mine}
        for one in sorted(mine, key=lambda one: -worth[one.id]):
            if all(_together(one, other) for other in chosen):
                chosen.append(one)
        found = taken(chosen, goods, shipping_minor, by_pieces=self._by_pieces)
        kept = tuple(one for one in found if one.code is not None or one.amount_minor)
        return Bill(kept, tuple(refused))

    def count(self, used: Iterable[Taken], buyer: Buyer, *, back: bool = False) -> None:
        """One use more of each, or one less."""
        who = _user(buyer)
        for one in used:
            discount = self.get(one.discount_id)
            if discount is None:
                continue
            users = list(discount.used_by)
            if not back:
                users.append(who)
            elif who in users:
                users.remove(who)
            number = max(0, discount.usage_count + (-1 if back else 1))
            self._shelf.put(
                _ALL,
                str(discount.id),
                replace(discount, usage_count=number, used_by=tuple(users)),
            )

    def _usable(
        self, code: str, buyer: Buyer, goods: Sequence[Goods], chosen: Sequence[Discount]
    ) -> Discount:
        found = self.by_code(code)
        reason = "code_unknown" if found is None else self._reason(found, buyer, goods)
        if found and reason is None and not all(_together(found, other) for other in chosen):
            reason = "code_alone"
        if found is None or reason is not None:
            raise CodeRefused(code, reason or "code_unknown")
        return found

    def _reason(self, found: Discount, buyer: Buyer, goods: Sequence[Goods]) -> str | None:
        """Why not; None when it may be used."""
        now = self._now()
        checks = (
            ("code_unknown", not found.enabled or bool(found.starts_at and now < found.starts_at)),
            ("code_expired", bool(found.ends_at and now >= found.ends_at)),
            (
                "code_used",
                found.usage_limit is not None and found.usage_count >= found.usage_limit,
            ),
            ("code_email", bool(found.emails) and not buyer.email),
            ("code_log_in", bool(found.customer_ids) and buyer.customer_id is None),
            ("code_not_yours", not _may(found, buyer)),
            ("code_used", _has_had_his(found, buyer)),
            ("code_minimum", self._bought_minor(found, goods) < found.minimum_minor),
            ("code_nothing", not self._has_something(found, goods)),
        )
        return next((reason for reason, is_so in checks if is_so), None)

    def _has_something(self, found: Discount, goods: Sequence[Goods]) -> bool:
        """Whether the cart holds what it is off, beside what must be bought for it."""
        if found.kind is Kind.SHIPPING or found.with_shipping:
            return True
        needed = set(found.needs_product_ids)
        bought = sum(one.quantity for one in goods if not needed or one.product.id in needed)
        if found.buys_first and (not needed or needed & set(found.product_ids)):
            bought -= found.pieces or 0
        return bought >= found.needs_pieces and self._amount(found, goods, 0) > 0

    def _bought_minor(self, found: Discount, goods: Sequence[Goods]) -> int:
        """What counts for its minimum."""
        whole = sum(one.total_minor for one in goods)
        return whole - self._amount(found, goods, 0) if found.buys_first else whole

    def _amount(self, one: Discount, goods: Sequence[Goods], shipping_minor: int) -> int:
        return taken([one], goods, shipping_minor)[0].amount_minor

    def _is_his(self, one: Discount, buyer: Buyer, goods: Sequence[Goods]) -> bool:
        """Whether a standing discount is this buyer's, now and for these goods."""
        if one.segments:
            key = buyer.customer_id
            customer = self._shelf.get(Customer, key) if key is not None else None
            tags = {segment.tag for segment in self.segments() if segment.id in one.segments}
            if customer is None or not tags & {tag.lower() for tag in customer.tags}:
                return False
        return self._reason(one, buyer, goods) is None


def _may(found: Discount, buyer: Buyer) -> bool:
    if found.customer_ids and buyer.customer_id not in found.customer_ids:
        return False
    return not found.emails or buyer.email.lower() in found.emails


def _has_had_his(found: Discount, buyer: Buyer) -> bool:
    if found.per_customer is None:
        return False
    return found.used_by.count(_user(buyer)) >= found.per_customer


def _user(buyer: Buyer) -> str:
    return buyer.email.lower() if buyer.customer_id is None else str(buyer.customer_id)


def _together(one: Discount, other: Discount) -> bool:
    return one.id != other.id and other.reach in one.goes_with and one.reach in other.goes_with
