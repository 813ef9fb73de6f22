"""Papers to keep and to send: what they say, and how it is set as PDF in every language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.i18n import Language


@dataclass(frozen=True, slots=True)
class Cell:
    """A text and, below it in small print, what belongs to it."""

    text: str
    fine: str = ""
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Its first column is the wide one; the others are figures."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Paper:
    """made_at: when what it says last changed. The same paper is the same bytes."""

    language: Language
    title: str
    author: str
    made_at: datetime
    lead: str
    facts: Sequence[tuple[str, Cell]]
    table: Table
    notes: Sequence[str] = field(default=())
