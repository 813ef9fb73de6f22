"""What an audit finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is stored otherwise than it is recomputed. ``what`` is a stable code."""

    what: str
    unit: str  # "" where it is of no unit
    place: str  # the account, lot, movement, order or seal
    stored: int | str
    recomputed: int | str

    def __str__(self) -> str:
        where = f"{self.unit} {self.place}".strip()
        return f"{self.what}  {where}  stored {self.stored}  recomputed {self.recomputed}"
