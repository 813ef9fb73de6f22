"""Who asks at the storefront, and the two things a room can give them: a part and an act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from flask import request
from sqlalchemy import Connection

from connector.core.i18n import SOURCE, Language, reader
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.runtime import runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody at a shop. ``customer_key`` None: not signed in there."""

    shop: Shop
    language: Language
    customer_key: str | None
    address: str  # of their network, as far as it is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker(Visitor):
    """A signed-in shopper we know."""

    customer_key: str
    member_id: int


Who = TypeVar("Who", bound=Visitor)
Body = TypeVar("Body")
Part = Callable[[Connection, Asker, datetime], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Act(Generic[Who, Body]):
    """Something to do: ``shape`` is what is sent, ``work`` does it and says what is answered.

    ``work`` runs in one write transaction, once for each wish; what it refuses leaves no trace.
    """

    shape: type[Body]
    work: Callable[[Connection, Who, Body, datetime], dict[str, Any]]


def who(db: Connection, shop: Shop, customer_key: str | None, address: str) -> Visitor:
    """The Asker behind a proven customer; a Visitor when we know no such member."""
    spoken = reader(addresses.text("lang", 35)) or SOURCE
    if customer_key is not None:
        member_id = runtime().members.by_customer_key(db, shop.id, customer_key)
        if member_id is not None:
            return Asker(
                shop=shop,
                language=spoken,
                customer_key=customer_key,
                address=address,
                member_id=member_id,
            )
    return Visitor(shop=shop, language=spoken, customer_key=customer_key, address=address)


def forwarded_address() -> str:
    """The shopper's address as the shop's platform tells it, which stands before our proxies."""
    route, proxies = request.access_route, runtime().settings.proxies
    return route[-proxies - 1] if len(route) > proxies else request.remote_addr or ""
