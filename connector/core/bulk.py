"""Many rows or values at once, in one statement however many they are.

PostgreSQL takes rows by COPY, SQLite by the driver's executemany: both several times faster than
an INSERT whose parameters SQLAlchemy prepares row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    FromClause,
    Integer,
    Select,
    Table,
    func,
    insert,
    literal,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import UserDefinedType

from connector.core.db import Utc

COPY_ROWS = 50  # fewer are not worth the round trips of a COPY
_ARRAY_MARKS = str.maketrans({"\\": "\\\\", '"': '\\"'})
_Process = Callable[[Any], Any]
_Rows = Sequence[Mapping[str, Any]]


class _Numbers(UserDefinedType[Sequence[int]]):
    """An array, written as the one text PostgreSQL reads: the driver takes ten times as long."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_options: Any) -> str:
        return "BIGINT[]"

    def bind_processor(self, dialect: Dialect) -> _Process:  # noqa: ARG002 - its signature
        return lambda values: f"{{{','.join(map(str, values))}}}"


class _Texts(UserDefinedType[Sequence[str]]):
    """The same for texts: in quotes, with a backslash before each quote and backslash."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_options: Any) -> str:
        return "TEXT[]"

    def bind_processor(self, dialect: Dialect) -> _Process:  # noqa: ARG002 - its signature
        return _texts


def _texts(values: Sequence[str]) -> str:
    together = "".join(values)
    if '"' in together or "\\" in together:
        values = [value.translate(_ARRAY_MARKS) for value in values]
    told = '","'.join(values)
    return f'{{"{told}"}}' if values else "{}"


def insert_rows(db: Connection, table: Table, rows: _Rows) -> None:
    """Insert ``rows``, which all tell the same columns; one that conflicts is an error."""
    if not rows:
        return
    names = tuple(rows[0])
    if db.dialect.name == "sqlite":
        statement, ordered = _insert_by_place(table, names, db.dialect)
        values = _values(table, ordered, rows, db.dialect)
        db.exec_driver_sql(statement, [tuple(one) for one in values])
    elif len(rows) < COPY_ROWS:
        db.execute(insert(table), list(rows))
    else:
        _copy(db, table, names, rows)


def insert_new(db: Connection, table: Table, rows: _Rows) -> None:
    """Insert a few ``rows``, which all tell the same columns; one already there stays as it is."""
    if not rows:
        return
    statement, ordered = _insert_of_driver(table, tuple(rows[0]), db.dialect)
    values = _values(table, ordered, rows, db.dialect)
    if db.dialect.positional:
        db.exec_driver_sql(statement, [tuple(one) for one in values])
    else:
        db.exec_driver_sql(statement, [dict(zip(ordered, one, strict=True)) for one in values])


def among(
    db: Connection,
    chosen: Select[Any],
    column: ColumnElement[Any],
    values: Collection[Any],
) -> Select[Any]:
    """``chosen`` where ``column`` is one of ``values``, which are one parameter however many.

    PostgreSQL is told to look up each value by the column's index. Left to choose between IN, ANY
    and joins it reads a shop's whole table for some thousand values, or worse: compares each row
    with each value, as long as it has no statistics of a table that has just begun to grow.
    """
    told = sorted(set(values))
    if db.dialect.name == "sqlite":
        each = func.json_each(_json(told)).table_valued("value")
        return chosen.where(column.in_(select(each.c.value)))
    kind = _Numbers() if isinstance(column.type, Integer) else _Texts()
    value = func.unnest(literal(told, kind)).table_valued("value").render_derived()
    found = chosen.where(column == value.c.value).offset(0).lateral()  # OFFSET keeps them apart
    return select(*found.c).select_from(value.join(found, true()))


def rows_of(db: Connection, columns: Mapping[str, type[int | str]], rows: _Rows) -> FromClause:
    """``rows`` as a table of these columns, to update or insert from."""
    if db.dialect.name == "sqlite":
        told = _json([[row[name] for name in columns] for row in rows])
        value = func.json_each(told).table_valued("value").c.value
        cells = [func.json_extract(value, f"$[{n}]").label(name) for n, name in enumerate(columns)]
        return select(*cells).subquery()
    arrays = [
        literal([row[name] for row in rows], _Numbers() if kind is int else _Texts())
        for name, kind in columns.items()
    ]
    return func.unnest(*arrays).table_valued(*columns).render_derived()


@lru_cache(maxsize=256)
def _insert_by_place(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, tuple[str, ...]]:
    """An INSERT with a place for each column, and the columns in the order of the places."""
    compiled = insert(table).compile(dialect=dialect, column_keys=list(names))
    return str(compiled), tuple(compiled.positiontup or ())


@lru_cache(maxsize=256)
def _insert_of_driver(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, tuple[str, ...]]:
    """An INSERT that leaves known rows alone, as the driver takes it, and its columns in order."""
    of_dialect = sqlite if dialect.name == "sqlite" else postgresql
    statement = of_dialect.insert(table).on_conflict_do_nothing()
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    return str(compiled), tuple(compiled.positiontup or names)


@lru_cache(maxsize=256)
def _processes(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> tuple[tuple[int, _Process], ...]:
    """By place: what makes a column's Python value one that the driver takes."""
    found = []
    for place, name in enumerate(names):
        kind = table.c[name].type
        process = kind.dialect_impl(dialect).bind_processor(dialect)
        if isinstance(kind, Utc) and dialect.name != "sqlite":
            process = _moment
        if process is not None:
            found.append((place, process))
    return tuple(found)


@lru_cache(maxsize=5_000)
def _moment(at: datetime | None) -> str | None:
    """A time as PostgreSQL reads it: few are different, and to write one takes the driver long."""
    if at is not None and at.tzinfo is None:
        raise ValueError("naive time: say which zone")
    return None if at is None else at.isoformat()


def _values(
    table: Table, names: tuple[str, ...], rows: _Rows, dialect: Dialect
) -> Iterator[Sequence[Any]]:
    pick, processes = itemgetter(*names), _processes(table, names, dialect)
    if not processes:
        yield from map(pick, rows)
        return
    for row in rows:
        values = list(pick(row))
        for place, process in processes:
            values[place] = process(values[place])
        yield values


def _copy(db: Connection, table: Table, names: tuple[str, ...], rows: _Rows) -> None:
    quote = db.dialect.identifier_preparer
    columns = ", ".join(quote.quote(name) for name in names)
    statement = f"COPY {quote.format_table(table)} ({columns}) FROM STDIN"
    driver = db.connection.cursor()
    try:
        with driver.copy(statement) as copy:
            for values in _values(table, names, rows, db.dialect):
                copy.write_row(values)
    except db.dialect.loaded_dbapi.Error as problem:
        raise DBAPIError.instance(
            statement,
            None,
            problem,
            db.dialect.loaded_dbapi.Error,
            connection_invalidated=db.dialect.is_disconnect(problem, db.connection, driver),
            dialect=db.dialect,
        ) from problem
    finally:
        driver.close()


def _json(values: Any) -> str:
    return msgspec.json.encode(values).decode()
