"""What an address says, read strictly: ids in paths, values in queries.

Nothing from an address reaches a table that the table could not hold: ids end at 63 bits, digits
are ASCII, and a NUL is refused before any view is asked.
"""

from __future__ import annotations

import re

from flask import request
from werkzeug.routing import BaseConverter, ValidationError

from connector.core.errors import BadInput, NotFound

MAX_ID = 2**63 - 1
MAX_VERSION = 2**31 - 1
_DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)


class RowId(BaseConverter):
    """``<id:name>`` in a rule: an id that a row can have; any other address is not there."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        found = row_id(value)
        if found is None:
            raise ValidationError
        return found


def check() -> None:
    """BadInput ``invalid_text`` when the address of this request holds a NUL."""
    if "\x00" in request.path or b"%00" in request.query_string:
        raise BadInput("invalid_text", "a NUL is no text", status=400)


def version(number: int | str) -> int:
    """A version that a row can have; NotFound ``version_not_found`` for another."""
    found = row_id(str(number))
    if found is None or found > MAX_VERSION:
        raise NotFound("version_not_found", "there is no such version")
    return found


def row_id(text: str) -> int | None:
    """The id that a text says, or None."""
    found = int(text) if _DIGITS.fullmatch(text) else 0
    return found if 1 <= found <= MAX_ID else None


def text(name: str, most: int | None = None) -> str:
    """A text of the query, cut after ``most`` characters; "" when it is not given."""
    return request.args.get(name, "").strip()[:most]


def before() -> int | None:
    """The id of the query below which to read on; None when it is not given."""
    if "before" not in request.args:
        return None
    found = row_id(request.args["before"])
    if found is None:
        raise BadInput("invalid_parameter", "not an id", field="before")
    return found


def number(name: str, default: int, most: int) -> int:
    """A whole number of the query, from 1 to ``most``."""
    given = request.args.get(name, str(default))
    if not _DIGITS.fullmatch(given) or not 1 <= int(given) <= most:
        raise BadInput("invalid_parameter", f"1 to {most}", field=name)
    return int(given)
