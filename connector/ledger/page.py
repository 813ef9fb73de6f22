"""A small page of the book in one statement: one question and one answer instead of six.

PostgreSQL only. The statement names each row's values, so that it is planned once for each shape
of page and nothing is parsed; large pages go by COPY instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

MOST_ROWS = 12  # more rows than that, and several statements are as fast
_ENTRY = (
    "id",
    "amount",
    "from_account",
    "to_account",
    "source",
    "kind",
    "occurred_at",
    "local_date",
    "expires_at",
    "rule_version",
    "qualifying",
)
_LOT = ("id", "account", "origin", "granted", "remaining", "expires_at")
_CONSUMPTION = ("entry_id", "lot_id", "amount")
_MOVE = ("name", "amount", "entries")
_DRAW = ("lot_id", "taken")
_NAMES = {"e": _ENTRY, "l": _LOT, "c": _CONSUMPTION, "r": _MOVE, "d": _DRAW, "w": _MOVE}
_Rows = Sequence[Mapping[str, Any]]


def write(db: Connection, shop_id: int, unit: str, parts: Mapping[str, _Rows]) -> tuple[int, int]:
    """Write a page; how many lots, and how many accounts, held what is taken of them.

    parts: entries (e), lots (l), consumptions (c), accounts to raise (r), lots to draw of (d) and
    accounts to lower (w).
    """
    told: dict[str, Any] = {"shop_id": shop_id, "unit": unit}
    for short, rows in parts.items():
        for number, row in enumerate(rows):
            for name in _NAMES[short]:
                told[f"{short}{number}_{name}"] = row[name]
    sizes = tuple(len(parts[short]) for short in _NAMES)
    done = db.exec_driver_sql(_statement(*sizes), told).one()
    return done[0], done[1]


@lru_cache(maxsize=256)
def _statement(e: int, l: int, c: int, r: int, d: int, w: int) -> str:  # noqa: E741 - as above
    parts = [
        _inserted("ledger_entry", "e", e, with_unit=True),
        _inserted("ledger_lot", "l", l, with_unit=True),
        _inserted("ledger_consumption", "c", c, with_unit=False),
        _raised(r),
        *(_drawn(number) for number in range(d)),
        *(_lowered(number) for number in range(w)),
    ]
    with_rows = ", ".join(part for part in parts if part)
    return f"WITH {with_rows} SELECT {_count('d', d)}, {_count('w', w)}"


def _inserted(table: str, short: str, count: int, *, with_unit: bool) -> str:
    if not count:
        return ""
    shared = ("shop_id", "unit") if with_unit else ("shop_id",)
    rows = ", ".join(
        "(" + ", ".join([*map(_place, shared), *_places(short, number)]) + ")"
        for number in range(count)
    )
    columns = ", ".join([*shared, *_NAMES[short]])
    return f"{short} AS (INSERT INTO {table} ({columns}) VALUES {rows})"  # noqa: S608 - names only


def _raised(count: int) -> str:
    """What may be the first movement of an account makes it."""
    if not count:
        return ""
    rows = ", ".join(
        "(" + ", ".join([_place("shop_id"), _place("unit"), *_places("r", number)]) + ")"
        for number in range(count)
    )
    return (
        "r AS (INSERT INTO ledger_account AS account (shop_id, unit, name, balance, version) "  # noqa: S608
        f"VALUES {rows} ON CONFLICT (shop_id, unit, name) DO UPDATE "
        "SET balance = account.balance + excluded.balance, "
        "version = account.version + excluded.version)"
    )


def _drawn(number: int) -> str:
    lot, taken = _places("d", number)
    return (
        f"d{number} AS (UPDATE ledger_lot SET remaining = remaining - {taken} "  # noqa: S608
        f"WHERE shop_id = {_place('shop_id')} AND id = {lot} AND remaining >= {taken} RETURNING 1)"
    )


def _lowered(number: int) -> str:
    name, amount, entries = _places("w", number)
    return (
        f"w{number} AS (UPDATE ledger_account SET balance = balance + {amount}, "  # noqa: S608
        f"version = version + {entries} WHERE shop_id = {_place('shop_id')} "
        f"AND unit = {_place('unit')} AND name = {name} "
        f"AND (balance + {amount} >= 0 OR name LIKE 'debt:%%') RETURNING 1)"
    )


def _count(short: str, count: int) -> str:
    told = (f"(SELECT COUNT(*) FROM {short}{number})" for number in range(count))  # noqa: S608
    return " + ".join(told) or "0"


def _places(short: str, number: int) -> list[str]:
    return [_place(f"{short}{number}_{name}") for name in _NAMES[short]]


def _place(name: str) -> str:
    return f"%({name})s"
