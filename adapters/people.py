"""What both adapters tell of people alike: to be compared and never shown, or who sent them."""

from __future__ import annotations

MOST_NOTE = 64  # letters of a link's code


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


def referral_of(note: object) -> str | None:
    """The code of a link that a storefront noted; None for what cannot be one."""
    return note.strip() or None if isinstance(note, str) and len(note) <= MOST_NOTE else None
