"""A bulk query: what the real service refuses of it, and the lines it answers with.

Children carry ``__parentId`` and come later than their parent, but seldom right after it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLObjectType,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
    parse,
)

from devstore.shopify.graph import engine
from devstore.shopify.graph.roots import Roots

MOST_CONNECTIONS = 5
DEEPEST = 2
_HELD_BACK = 12  # children wait behind about this many other lines

Line = dict[str, Any]


def shape_problems(document: DocumentNode) -> list[str]:
    """What is refused although the query is valid, as sentences."""
    root = engine.schema().query_type
    operation = _operation(document)
    found = list(_connections(operation.selection_set, root, 0, in_list=False)) if root else []
    problems = []
    if not found:
        problems.append("Bulk queries must contain at least one connection.")
    if len(found) > MOST_CONNECTIONS:
        problems.append(f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections.")
    if any(depth > DEEPEST for depth, _ in found):
        problems.append(f"Bulk queries cannot nest connections deeper than {DEEPEST} levels.")
    if any(in_list for _, in_list in found):
        problems.append(
            "Queries that contain a connection field within a list field are not supported."
        )
    return problems


def lines(query: str, roots: Roots) -> Iterator[Line]:
    """Every line of the result. Children are let go only when enough of them wait."""
    waiting: deque[Line] = deque()
    for top, *children in _families(query, roots):
        yield top
        waiting.extend(children)
        while len(waiting) > _HELD_BACK:
            yield waiting.popleft()
    yield from waiting


def _connections(
    selections: SelectionSetNode, parent: GraphQLObjectType, depth: int, *, in_list: bool
) -> Iterator[tuple[int, bool]]:
    """Each connection's depth, and whether a list stands around it."""
    for node in selections.selections:
        if not isinstance(node, FieldNode) or node.selection_set is None:
            continue
        field = parent.fields[node.name.value]
        inner = get_named_type(field.type)
        if not isinstance(inner, GraphQLObjectType):
            continue
        is_page = inner.name.endswith("Connection")
        if is_page:
            yield depth + 1, in_list
        bare = field.type.of_type if is_non_null_type(field.type) else field.type
        is_list = is_list_type(bare) and not parent.name.endswith("Connection")
        yield from _connections(
            node.selection_set, inner, depth + is_page, in_list=in_list or is_list
        )


def _families(query: str, roots: Roots) -> Iterator[list[Line]]:
    """For each top object: itself, then its children, already marked with their parent."""
    document = parse(query)
    field = next(
        node
        for node in _operation(document).selection_set.selections
        if isinstance(node, FieldNode)
    )
    wanted = [
        argument.value.value
        for argument in field.arguments
        if argument.name.value == "query" and isinstance(argument.value, StringValueNode)
    ]
    name = field.name.value
    for node in roots.bulk(name, wanted[0] if wanted else None):
        page = {"edges": [{"node": node, "cursor": ""}], "nodes": [node]}
        data, errors = engine.run(document, {name: page})
        if data is None:
            raise errors[0]
        told = data[field.alias.value if field.alias else name]
        yield from (_flat(top) for top in _members(told) or [])


def _flat(thing: Line, parent: str | None = None) -> list[Line]:
    """A thing without its connections, then all that was in them."""
    own = {name: value for name, value in thing.items() if _members(value) is None}
    if parent is not None:
        own["__parentId"] = parent
    pages = [_members(value) or [] for value in thing.values()]
    children = [_flat(member, thing["id"]) for page in pages for member in page]
    return [own, *(line for family in children for line in family)]


def _members(value: object) -> list[Line] | None:
    """The things of a connection in an answer; None for anything else."""
    if not isinstance(value, dict):
        return None
    if "edges" in value:
        return [edge["node"] for edge in value["edges"]]
    return value.get("nodes")


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    return next(
        definition
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    )
