"""Ranking without a database: orders in, lists and chances out.

``history`` puts orders into columns; ``together`` says what goes with what, ``returning`` what
people buy again, ``people`` who buys alike; ``shelves`` holds it all. ``diverse`` keeps
variants of one product apart. ``reorders``, ``visits`` and ``worth`` say how likely something is.
"""

from connector.rooms.recommend.rules.diverse import share_a_word, spread
from connector.rooms.recommend.rules.history import NOBODY, Baskets, History, history
from connector.rooms.recommend.rules.listed import Again, Other, Personal, Unseen, lists, personal
from connector.rooms.recommend.rules.shelves import Shelves, joined, shelves
from connector.rooms.recommend.rules.sources import CAP
from connector.rooms.recommend.rules.together import (
    ALIKE,
    KEPT,
    ORDERS,
    PEOPLE,
    SUPPORT,
    SUREST,
    TITLES,
    Lists,
)

__all__ = [
    "ALIKE",
    "CAP",
    "KEPT",
    "NOBODY",
    "ORDERS",
    "PEOPLE",
    "SUPPORT",
    "SUREST",
    "TITLES",
    "Again",
    "Baskets",
    "History",
    "Lists",
    "Other",
    "Personal",
    "Shelves",
    "Unseen",
    "history",
    "joined",
    "lists",
    "personal",
    "share_a_word",
    "shelves",
    "spread",
]
