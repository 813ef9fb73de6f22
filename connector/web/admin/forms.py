"""What a person typed, as what a verb takes; refused values are named by their field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

from flask import request

from connector.core.errors import BadInput
from connector.core.i18n import without_bidi_controls
from connector.core.money import Money
from connector.core.points import LIMIT

TEXT_LIMIT = 2000
_WHOLE = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_SIGNS = {"٫": ".", "．": ".", "٬": ",", "،": ",", "，": ",", "－": "-", "\N{MINUS SIGN}": "-"}
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")


def text(field: str) -> str:
    """A text as written, composed, without characters that turn what stands around it."""
    given = request.form.get(field, "")
    if len(given) > TEXT_LIMIT or _CONTROLS.search(given):
        raise BadInput("invalid_text", "not a text that can be kept", field=field)
    return unicodedata.normalize("NFC", without_bidi_controls(given)).strip()


def line(field: str) -> str:
    """A text of one line."""
    return " ".join(text(field).split())


def whole(given: str, field: str, limit: int = LIMIT) -> int:
    """A whole number, not beyond ``limit``; thousands may be grouped."""
    bare = plain(given).replace(",", "")
    if not _WHOLE.fullmatch(bare):
        raise BadInput("integer_required", f"{given[:40]!r} is not a whole number", field=field)
    if abs(int(bare)) > limit:
        raise BadInput("amount_range", f"at most {limit}", field=field)
    return int(bare)


def amount(given: str, currency: str, field: str) -> int:
    """Minor units of an amount that fits its currency exactly."""
    try:
        return Money.parse(plain(given), currency).minor
    except BadInput as problem:
        raise BadInput(problem.code, problem.message, field=field) from None


def plain(given: str) -> str:
    """Digits in ASCII, whichever script's digits and signs a person's keyboard has."""
    return "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else _SIGNS.get(sign, sign)
        for sign in without_bidi_controls(given).strip()
    )


def problems(checks: Iterable[Callable[[Any], None]], given: object) -> list[BadInput]:
    """All that several checks have against it: a person mends it in one go."""
    found = []
    for check in checks:
        try:
            check(given)
        except BadInput as problem:
            found.append(problem)
    return found
