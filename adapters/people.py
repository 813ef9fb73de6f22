"""How both adapters write down what is compared between people and never shown."""

from __future__ import annotations


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
