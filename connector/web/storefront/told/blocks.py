"""The grammar of what the panel shows: a club is a head and sections, a section has rows.

All of it is plain text, in the reader's language. What is empty is not sent.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Field(Struct, frozen=True, omit_defaults=True):
    """One question of a form. ``options``: (what is sent, what is read); else an input.

    A first option of None may stay; one of "" asks to choose.
    """

    name: str
    label: str
    kind: str = "text"
    options: tuple[tuple[Any, str], ...] = ()
    value: Any = None


class Act(Struct, frozen=True, omit_defaults=True):
    """Something to press.

    An act of the storefront (``name``, sent ``body``); or a link (``href``), or one the shop's
    page knows (``door``: join, log-in); or a "no" that the browser remembers by that name.
    ``ask`` is asked before, ``done`` said after. ``fields`` make it a form; those of a ``join``
    are sent as one, with hyphens. ``off``: not now.
    """

    label: str
    name: str = ""
    body: dict[str, Any] = {}
    href: str = ""
    door: str = ""
    no: str = ""
    ask: str = ""
    done: str = ""
    fields: tuple[Field, ...] = ()
    join: dict[str, tuple[str, ...]] = {}
    off: bool = False


class Why(Struct, frozen=True, omit_defaults=True):
    """The answer to "Why?". A row of the table has three cells, or two: a title and a remark.

    A cell of two texts is what was, struck out, and what is.
    """

    label: str
    lines: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str | tuple[str, str], ...], ...] = ()
    foot: tuple[str | tuple[str, str], ...] = ()
    note: str = ""


class Step(Struct, frozen=True, omit_defaults=True):
    """One stage on the stem."""

    name: str
    here: bool = False


class Stem(Struct, frozen=True, omit_defaults=True):
    """How far, in percent of the way from the first step to the last; steps are evenly spaced.

    ``text``: what is missing, and by when.
    """

    at: int
    label: str
    steps: tuple[Step, ...]
    text: str = ""


class Share(Struct, frozen=True, omit_defaults=True):
    """A link to send on. ``links``: (label, address) of ways to send it; ``act``: counts it."""

    url: str
    text: str
    links: tuple[tuple[str, str], ...] = ()
    act: Act | None = None


class Block(Struct, frozen=True, omit_defaults=True):
    """A section, or a row of one.

    A section has an ``id``, and a ``tab`` where it is long enough to be jumped to; ``box`` sets it
    apart; ``rest`` has more items, shown at a tap. Of a row, ``value`` stands at its end,
    ``unit`` is spoken after it, and ``tone`` is plus, minus or waiting. ``code`` can be copied.
    """

    title: str
    id: str = ""
    tab: str = ""
    box: bool = False
    lines: tuple[str, ...] = ()
    value: str = ""
    unit: str = ""
    tone: str = ""
    code: str = ""
    href: str = ""
    why: Why | None = None
    share: Share | None = None
    acts: tuple[Act, ...] = ()
    items: tuple[Block, ...] = ()
    rest: Block | None = None


class Balance(Struct, frozen=True):
    """A number set apart, what it counts, and both as a sentence for who hears it."""

    number: str
    unit: str
    said: str


class Head(Struct, frozen=True, omit_defaults=True):
    """Who, how much, what comes, how far. ``launcher``: what the button says from now on."""

    title: str
    balance: Balance | None = None
    launcher: str = ""
    invite: str = ""
    lines: tuple[str, ...] = ()
    stem: Stem | None = None
    acts: tuple[Act, ...] = ()


class Club(Struct, frozen=True):
    """All of it. ``says``: sentences by refusal; ``again_ms``: when to ask again, 0 for not."""

    head: Head
    sections: tuple[Block, ...]
    says: dict[str, str]
    again_ms: int = 0
