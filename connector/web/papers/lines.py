"""Lines of a text: what of it can be drawn, where it breaks, and how it stands in its direction.

The library shapes what stands in one direction. It breaks lines after turning them and keeps no
direction inside another, so both are done here, from the levels that it resolves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from itertools import groupby
from unicodedata import bidirectional, category, normalize

from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection

BOX = "□"
_OPEN, _CLOSE = "\u2066\u2067\u2068", "\u2069"
_FIRST_STRONG = re.compile("\u2068([^\u2069]*)")
_JOINERS = "\u200c\u200d"
_GAPS = re.compile("[ \\t-\\r\\x1c-\\x1f\\x85\u2028\u2029]+")
_HAN = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_PIECES = re.compile(
    f" |(?:[{_OPEN}（「『《【]*[{_HAN}]|[^ {_HAN}]+)[{_CLOSE}，。、；：！？）」』》】]*"
)


def drawable(text: str, known: Container[int]) -> str:
    """The text on one line; for a character that no font has, a box.

    known: the code points that a font has. Marks and joiners without a letter leave nothing.
    """
    one_line = _GAPS.sub(" ", normalize("NFC", text)).strip(" ")
    return _FIRST_STRONG.sub(_directed, "".join(_drawn(one, known) for one in one_line))


def _directed(words: re.Match[str]) -> str:
    """Somebody's words in their direction, by their first letter: a line may begin later."""
    strong = (kind for one in words[1] if (kind := bidirectional(one)) in ("L", "R", "AL"))
    return ("\u2066" if next(strong, "L") == "L" else "\u2067") + words[1]


def _drawn(one: str, known: Container[int]) -> str:
    if one in _OPEN + _CLOSE + _JOINERS:
        return one
    kind = category(one)
    if kind in ("Cc", "Cf"):
        return ""
    if ord(one) in known:
        return one
    return "" if kind.startswith("M") else BOX


def wrapped(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """The text in lines of at most this width, words whole where they fit."""
    lines, line, used = list[str](), "", 0.0
    pieces = [
        part
        for piece in _PIECES.findall(text)
        for part in ([piece] if measure(piece) <= width else _letters(piece))
    ]
    for piece in pieces:
        wide = measure(piece)
        if line and used + wide > width and piece != " ":
            lines.append(line.rstrip(" "))
            line, used = "", 0.0
        if line or piece != " ":
            line += piece
            used += wide
    return _isolated([*lines, line.rstrip(" ")])


def _letters(piece: str) -> list[str]:
    """A word too long for a line, in letters with their marks."""
    letters = list[str]()
    for one in piece:
        if letters and (category(one).startswith("M") or one in _JOINERS + _CLOSE):
            letters[-1] += one
        else:
            letters.append(one)
    return letters


def _isolated(lines: list[str]) -> list[str]:
    """The lines, each with the isolates that it stands in opened again and closed."""
    told, still = list[str](), ""
    for line in lines:
        began = still
        for one in line:
            if one in _OPEN:
                still += one
            elif one == _CLOSE:
                still = still[:-1]
        told.append(began + line + _CLOSE * len(still))
    return told


def runs(line: str, *, is_rtl: bool) -> list[tuple[str, bool]]:
    """A line as it stands, from left to right: runs of one direction, and whether it is RTL."""
    base = TextDirection.RTL if is_rtl else TextDirection.LTR
    letters = BidiParagraph(line, base, preserve_bn_chars=True)
    leveled = [
        (level, "".join(one.character for one in run if one.character not in _OPEN + _CLOSE))
        for level, run in groupby(
            letters.get_characters_with_embedding_level(), key=lambda one: one.embedding_level
        )
    ]
    turned = [(level, text) for level, text in leveled if text]
    highest = max((level for level, _ in turned), default=0)
    for floor in range(highest, 0, -1):
        turned = [
            one
            for is_deep, group in groupby(turned, key=lambda each: each[0] >= floor)
            for one in (reversed(list(group)) if is_deep else group)
        ]
    return [(text, level % 2 == 1) for level, text in turned]
