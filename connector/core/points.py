"""Points: whole numbers, a type of their own so that they never meet money unnoticed."""

from __future__ import annotations

from typing import NewType

Points = NewType("Points", int)
UNIT = "PTS"
LIMIT = 10**15
