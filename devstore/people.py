"""Invented people who buy from the practice shop."""

from __future__ import annotations

import random
from dataclasses import dataclass

_FIRST = (
    "Ava", "Ben", "Clara", "Dan", "Elin", "Finn", "Greta", "Hugo", "Ida", "Jonas", "Kira",
    "Leo", "Maya", "Nils", "Olga", "Paul", "Quinn", "Rosa", "Sven", "Tara", "Uma", "Vera",
    "Will", "Yara", "Zoe", "Adam", "Bea", "Carl", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo",
    "June", "Kai", "Lena", "Max", "Nora", "Otto", "Pia", "Rafi", "Sara", "Tom", "Una",
    "Viktor", "Wren", "Xavi", "Yuki", "Zack",
)  # fmt: skip
_LAST = (
    "Abbot", "Birch", "Carrow", "Dunn", "Ellery", "Frost", "Garner", "Hale", "Ingram",
    "Jarvis", "Keane", "Lund", "Marsh", "North", "Oakes", "Penn", "Quill", "Rowe", "Stone",
    "Thorn", "Underhill", "Vance", "Wells", "Yarrow", "Zander", "Ash", "Brook", "Croft",
    "Dale", "Field",
)  # fmt: skip
_ARABIC = (
    "Layla", "Omar", "Salma", "Karim", "Huda", "Yusuf", "Rana", "Tariq", "Amal", "Ziad",
)  # fmt: skip
_ARABIC_LAST = (
    "Haddad", "Mansour", "Saleh", "Khalil", "Nassar", "Farah",
)  # fmt: skip
_CHINESE = (
    "Mei-Ling", "Chih-Wei", "Ya-Ting", "Chun-Hao", "Hsin-Yi", "Po-Han", "Shu-Fen", "Kuan-Yu",
)  # fmt: skip
_CHINESE_LAST = (
    "Chen", "Lin", "Huang", "Chang", "Wang", "Wu",
)  # fmt: skip

MAIL = "customers.example"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an e-mail address nobody else has."""

    first_name: str
    last_name: str
    email: str
    locale: str


MIA = Person("Mia", "Lindqvist", f"mia@{MAIL}", "en")
NOOR = Person("Noor", "Haddad", f"noor@{MAIL}", "ar")


def crowd(rng: random.Random, count: int, tag: str = "") -> list[Person]:
    """``count`` different people; ``tag`` keeps two crowds' addresses apart."""
    people = []
    for number in range(count):
        draw = rng.random()
        if draw < 0.12:
            first, last, locale = rng.choice(_ARABIC), rng.choice(_ARABIC_LAST), "ar"
        elif draw < 0.26:
            first, last, locale = rng.choice(_CHINESE), rng.choice(_CHINESE_LAST), "zh-Hant"
        else:
            first, last, locale = rng.choice(_FIRST), rng.choice(_LAST), "en"
        handle = f"{first}.{last}{tag}{number}".lower()
        people.append(Person(first, last, f"{handle}@{MAIL}", locale))
    return people
