"""What both adapters tell of people alike: to be compared and never shown, or who sent them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from connector.core.commerce import REFERRAL_NOTE, ROW_NOTE

MOST_NOTE = 64  # letters of a link's code, or of what a page says of recommendations


class Notes(TypedDict):
    """What a storefront noted in an order."""

    referral: str | None
    row_note: str | None


def phone(*told: str | None) -> str | None:
    """The first telephone number told, as it was told."""
    return next((text for one in told if (text := (one or "").strip())), None)


def address(
    street: str | None, addition: str | None, postcode: str | None, country: str | None
) -> str | None:
    """A street address in one line, alike for the same place; None without a street."""
    if not (street or "").strip():
        return None
    parts = (" ".join((part or "").split()) for part in (street, addition, postcode, country))
    return ", ".join(part for part in parts if part).casefold()


def notes_of(told: Mapping[str, object]) -> Notes:
    """Our notes among all of an order, by name; None for what cannot be one."""
    return {
        "referral": _note(told.get(REFERRAL_NOTE)),
        "row_note": _note(told.get(ROW_NOTE)),
    }


def _note(told: object) -> str | None:
    return told.strip() or None if isinstance(told, str) and len(told) <= MOST_NOTE else None
