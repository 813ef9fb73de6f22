"""What a shop says no with: nothing of it happened."""

from __future__ import annotations


class NotPossible(ValueError):
    """The shop refuses: nothing of it happened."""


class CodeTaken(NotPossible):
    """Another discount has this code."""


class CodeRefused(NotPossible):
    """This cart cannot have this code. ``reason`` is a key of ``words``."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class CreditRefused(NotPossible):
    """Store credit cannot pay this."""
