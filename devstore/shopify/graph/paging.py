"""Connections: pages of things with cursors that survive changes between two pages."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graphql import GraphQLError

Thing = TypeVar("Thing")
Key = tuple[int, int]  # what is sorted by, then the id
Node = dict[str, Any]

ALL = 1_000_000


def cursor_of(key: Key) -> str:
    """Opaque to the caller, as on the real wire: the last value and the last id."""
    told = json.dumps({"last_value": key[0], "last_id": key[1]})
    return base64.urlsafe_b64encode(told.encode()).decode()


def read_cursor(cursor: str) -> Key:
    """The key a cursor stands for; a GraphQL error for one that is not ours."""
    try:
        told = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return int(told["last_value"]), int(told["last_id"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise GraphQLError(f"Invalid cursor {cursor!r}.") from None


def connection(
    rows: Sequence[tuple[Key, Node]], *, has_next: bool, has_previous: bool = False
) -> Node:
    """A page as every connection tells it: nodes, edges and where to go on."""
    return {
        "nodes": [node for _, node in rows],
        "edges": [{"node": node, "cursor": cursor_of(key)} for key, node in rows],
        "pageInfo": {
            "hasNextPage": has_next,
            "hasPreviousPage": has_previous,
            "startCursor": cursor_of(rows[0][0]) if rows else None,
            "endCursor": cursor_of(rows[-1][0]) if rows else None,
        },
    }


def listed(things: Sequence[Thing], tell: Callable[[Thing], Node]) -> Callable[..., Node]:
    """A resolver for a connection whose things are all at hand, in this order."""

    def resolve(first: int | None = None, after: str | None = None, **_rest: Any) -> Node:
        start = read_cursor(after)[0] + 1 if after else 0
        end = start + (ALL if first is None else first)
        rows = [((place, 0), tell(things[place])) for place in range(start, len(things[:end]))]
        return connection(rows, has_next=end < len(things), has_previous=start > 0)

    return resolve
