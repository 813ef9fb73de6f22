"""Rewards in words, for merchants and shoppers alike."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from connector.core.i18n import Language, without_bidi_controls
from connector.orders import store as order_store
from connector.rooms.giving import service as giving
from connector.rooms.rewards.rules import Kind, Offer, Redemption
from connector.web.admin.words import mark

ONE = {
    Kind.AMOUNT: mark("{money} off"),
    Kind.PERCENT: mark("{percent} off"),
    Kind.SHIPPING: mark("Free shipping"),
    Kind.PRODUCT: mark("Free: {product}"),
    Kind.CREDIT: mark("{money} of store credit"),
    Kind.DONATION: mark("{money} for {cause}"),
    Kind.VIP: mark("VIP for {days}"),
}
RANGE = {
    Kind.AMOUNT: mark("{least} to {most} off"),
    Kind.CREDIT: mark("{least} to {most} of store credit"),
    Kind.DONATION: mark("{least} to {most} for {cause}"),
}
REASONS = {
    "insufficient_points": mark("{points} to go."),
    "tier_needed": mark("For higher levels only."),
    "out_of_stock": mark("None is left."),
    "budget_spent": mark("None is left."),
    "per_member": mark("You had it already."),
    "below_zero": mark("Your points are below zero. New ones count first."),
}
_LTR, _OWN, _END = "\u2066", "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class Names:
    """What rewards point at, by name."""

    causes: dict[int, str]
    products: dict[str, str]


def names(
    db: Connection, shop_id: int, offers: list[Offer] | list[Redemption], tag: str = ""
) -> Names:
    """Names of the causes and products of these, products' in a language; "": the shop's own."""
    keys = [one.product_key for one in offers if one.product_key]
    products = order_store.products(db, shop_id, keys) if keys else {}
    has_cause = any(one.cause_id for one in offers)
    causes = giving.causes(db, shop_id) if has_cause else []
    return Names(
        {cause.id: cause.name for cause in causes},
        {key: order_store.title_in(row, tag) for key, row in products.items()},
    )


def gives(one: Offer | Redemption, known: Names, language: Language) -> str:
    """What it is worth, in a few words."""
    values = {
        "money": _money(one.value_minor, one.currency, language),
        "percent": _ltr(language.percent(one.percent / 100, 0)),
        "product": _own(known.products.get(one.product_key or "", one.product_key or "")),
        "cause": _own(known.causes.get(one.cause_id or 0, "")),
        "days": language.count("day", one.tier_days),
    }
    if isinstance(one, Offer) and one.is_flexible:
        values["least"] = _money(one.least_minor or 0, one.currency, language)
        values["most"] = _money(one.most_minor or 0, one.currency, language)
        return language.text(RANGE[one.kind], **values)
    return language.text(ONE[one.kind], **values)


def adds(name: str, told: str) -> bool:
    """Whether what it is worth says more than its name."""
    return _bare(told) != _bare(name)


def reason(code: str, missing: int, language: Language) -> str:
    """Why a member cannot have it now."""
    return language.text(REASONS[code], points=language.count("point", missing))


def _bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _money(minor: int, currency: str, language: Language) -> str:
    return _ltr(language.money(minor, currency, whole=True))


def _ltr(text: str) -> str:
    return f"{_LTR}{text}{_END}"


def _own(text: str) -> str:
    return f"{_OWN}{without_bidi_controls(text)}{_END}"
