"""Request bodies, read strictly: one meaning or none."""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeVar

import msgspec
from flask import request

from connector.core.errors import BadInput, PerennialError

MAX_BYTES = 65_536
MAX_DEPTH = 32
_T = TypeVar("_T")


def read_json(shape: type[_T], media: str = "application/json") -> _T:
    """The JSON body as ``shape``; ``media``: what it must call itself.

    Refused: other media types and encodings (415), too large (413), not exactly one JSON text
    with one meaning (400 ``invalid_json``, ``invalid_text``), and unknown or wrong fields (422).
    """
    if request.mimetype != media or request.headers.get("Content-Encoding"):
        raise BadInput("json_required", f"send JSON as {media}, as it is", status=415)
    if request.content_length is None:
        raise _too_large()
    document = _document(read_bytes())
    try:
        return msgspec.convert(document, shape)
    except msgspec.ValidationError as problem:
        raise _field_problem(str(problem)) from None


def read_bytes() -> bytes:
    """The body as it came, if any. PerennialError ``too_large`` (413) when it is, or may be."""
    length = request.content_length
    if length is None and "Transfer-Encoding" in request.headers:
        raise _too_large()
    if length is not None and length > MAX_BYTES:
        raise _too_large()
    return request.get_data()


def _too_large() -> PerennialError:
    return PerennialError("too_large", f"at most {MAX_BYTES} bytes", status=413)


def _document(raw: bytes) -> Any:
    try:
        found = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_no_twins,
            parse_constant=_refuse,
            parse_float=_finite,
        )
    except (ValueError, RecursionError):
        raise BadInput("invalid_json", "not one valid JSON text", status=400) from None
    _check_texts(found, 0)
    return found


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def _check_texts(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise BadInput("invalid_json", "nested too deep", status=400)
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, list):
        for one in value:
            _check_texts(one, depth + 1)
    elif isinstance(value, dict):
        for name, one in value.items():
            _check_text(name)
            _check_texts(one, depth + 1)


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput("invalid_text", "a lone surrogate is no text", status=400) from None
    if "\x00" in text:
        raise BadInput("invalid_text", "a NUL is no text", status=400)


def _field_problem(told: str) -> BadInput:
    """Msgspec's sentence as our code; the field is what follows ``$.`` in it."""
    field = told.partition("`$.")[2].partition("`")[0] or None
    if "unknown field" in told:
        return BadInput("unknown_field", told, field=field)
    if "missing required" in told:
        return BadInput("field_missing", told, field=field)
    if ("Expected `int`" in told or "Expected `int | null`" in told) and "got" in told:
        return BadInput("integer_required", told, field=field)
    if " of length " in told:
        return BadInput(f"{field}_length", told, field=field)
    if "<=" in told or ">=" in told:
        return BadInput("amount_range", told, field=field)
    return BadInput("invalid_field", told, field=field)
