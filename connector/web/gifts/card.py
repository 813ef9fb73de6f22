"""A campaign's picture for shared links: a number and a stem, which need no language.

Words stand in the page's title and description, which whoever shows the picture sets beside it in
their own fonts; see docs/decisions/0043-cards-without-words.md.
"""

from __future__ import annotations

import struct
import zlib
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 1200, 630
MARGIN = 100
INK, PAPER, LINE = (27, 36, 32), (244, 243, 239), (228, 225, 217)
LEAF, SOFT, BUD = (30, 107, 79), (143, 181, 167), (242, 182, 50)
TALL, PEN, GAP = 240, 26, 40  # of a figure, in pixels
STEM_AT, STEM = 470, 20
BUD_RADIUS = 30
WHOLE = 100
_EDGE = 0.5
_Line = tuple[tuple[float, float], ...]
_Picture = NDArray[np.float64]


def _arc(middle: tuple[float, float], wide: float, tall: float, turn: tuple[int, int]) -> _Line:
    """A piece of an oval, from one angle to another in degrees, clockwise from the right."""
    (x, y), angles = middle, np.radians(np.linspace(*turn, 48))
    return tuple(
        (x + wide * float(across), y + tall * float(down))
        for across, down in zip(np.cos(angles), np.sin(angles), strict=True)
    )


_ROUND = (0, 360)
_SIX = (_arc((0.5, 1.38), 0.5, 0.62, _ROUND), ((0.04, 1.18), (0.72, 0)))
# Pen strokes of each figure, in a box one wide (% more) and two tall, y downwards.
_STROKES: dict[str, tuple[_Line, ...]] = {
    "0": (_arc((0.5, 1), 0.5, 1, _ROUND),),
    "1": (((0.15, 0.4), (0.6, 0), (0.6, 2)),),
    "2": ((*_arc((0.5, 0.55), 0.48, 0.55, (-170, 35)), (0, 2), (1, 2)),),
    "3": (((0.05, 0), (0.95, 0), (0.42, 0.78), *_arc((0.45, 1.39), 0.55, 0.61, (-90, 150))),),
    "4": (((0.72, 2), (0.72, 0), (0, 1.4), (1, 1.4)),),
    "5": (((0.92, 0), (0.2, 0), (0.1, 0.95), *_arc((0.45, 1.37), 0.55, 0.63, (-125, 150))),),
    "6": _SIX,
    "7": (((0, 0), (1, 0), (0.38, 2)),),
    "8": (_arc((0.5, 0.46), 0.43, 0.46, _ROUND), _arc((0.5, 1.46), 0.5, 0.54, _ROUND)),
    "9": tuple(tuple((1 - x, 2 - y) for x, y in line) for line in _SIX),
    "%": (
        _arc((0.27, 0.4), 0.27, 0.4, _ROUND),
        _arc((1.13, 1.6), 0.27, 0.4, _ROUND),
        ((1.25, 0), (0.15, 2)),
    ),
}


def card(paid: int, given: int, *, is_mirrored: bool) -> bytes:
    """A PNG. ``given`` percent of the goal nobody can take back, ``paid`` of it has arrived."""
    picture = np.empty((HEIGHT, WIDTH, 3))
    picture[:] = PAPER
    ends = (MARGIN, WIDTH - MARGIN)
    _stroke(picture, (((ends[0], STEM_AT), (ends[1], STEM_AT)),), STEM, LINE)
    at = MARGIN + (WIDTH - 2 * MARGIN) * given / WHOLE
    for percent, colour in ((given, SOFT), (paid, LEAF)):
        to = MARGIN + (WIDTH - 2 * MARGIN) * percent / WHOLE
        if percent:
            _stroke(picture, (((MARGIN, STEM_AT), (to, STEM_AT)),), STEM, colour)
    _stroke(picture, (((at, STEM_AT), (at, STEM_AT)),), 2 * BUD_RADIUS, BUD)
    if is_mirrored:
        picture = picture[:, ::-1]
    _write(picture, f"{given}%", is_mirrored=is_mirrored)
    return _png(picture)


def _write(picture: _Picture, text: str, *, is_mirrored: bool) -> None:
    """Figures from the side where reading begins, upright either way."""
    size = TALL / 2
    widths = [size * (1.4 if sign == "%" else 1) for sign in text]
    whole = sum(widths) + GAP * (len(text) - 1)
    x, y = (WIDTH - MARGIN - whole if is_mirrored else MARGIN), 130.0
    for sign, wide in zip(text, widths, strict=True):
        lines = tuple(
            tuple((x + size * across, y + size * down) for across, down in line)
            for line in _STROKES[sign]
        )
        _stroke(picture, lines, PEN, INK)
        x += wide + GAP


def _stroke(
    picture: _Picture, lines: tuple[_Line, ...], pen: float, colour: tuple[int, int, int]
) -> None:
    """Draw lines with a round pen, its edge blended with what is there."""
    every = [point for line in lines for point in line]
    reach = pen / 2 + 1
    left, right = (int(f(x for x, _ in every)) for f in (min, max))
    upper, lower = (int(f(y for _, y in every)) for f in (min, max))
    rows = slice(max(int(upper - reach), 0), min(int(lower + reach) + 2, HEIGHT))
    columns = slice(max(int(left - reach), 0), min(int(right + reach) + 2, WIDTH))
    ys, xs = np.mgrid[rows, columns].astype(np.float64) + _EDGE
    near = np.full(ys.shape, np.inf)
    for line in lines:
        for (ax, ay), (bx, by) in pairwise(line):
            near = np.minimum(near, _distance(xs, ys, (ax, ay), (bx, by)))
    cover = np.clip(pen / 2 + _EDGE - near, 0, 1)[..., None]
    there = picture[rows, columns]
    there += (np.array(colour) - there) * cover


def _distance(
    xs: _Picture, ys: _Picture, start: tuple[float, float], end: tuple[float, float]
) -> _Picture:
    """How far each pixel is from a piece of line."""
    (ax, ay), (bx, by) = start, end
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    along = np.clip(((xs - ax) * dx + (ys - ay) * dy) / length, 0, 1) if length else 0.0
    return np.hypot(xs - ax - along * dx, ys - ay - along * dy)


def _png(picture: _Picture) -> bytes:
    rows = np.zeros((HEIGHT, 1 + 3 * WIDTH), np.uint8)
    rows[:, 1:] = np.round(picture).astype(np.uint8).reshape(HEIGHT, -1)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(*one) for one in parts)


def _part(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)
