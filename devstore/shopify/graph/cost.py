"""What a query costs, and the leaky bucket that pays for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)

MAXIMUM = 2000.0
RESTORED_PER_SECOND = 100.0
SINGLE_QUERY_MAXIMUM = 1000
MUTATION = 10
UNSIZED_PAGE = 50  # a connection asked for without first or last

_Parent = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType


@dataclass(slots=True)
class Bucket:
    """Points one app may spend in one shop; they come back with time."""

    clock: Callable[[], float] = time.monotonic
    available: float = MAXIMUM
    _filled_at: float = field(init=False)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._filled_at = self.clock()

    def take(self, points: float) -> bool:
        """Pay; False, and nothing taken, when there is not enough."""
        with self._lock:
            self._refill()
            if points > self.available:
                return False
            self.available -= points
            return True

    def give_back(self, points: float) -> None:
        """What was asked for and not used."""
        with self._lock:
            self.available = min(MAXIMUM, self.available + points)

    def status(self) -> dict[str, float]:
        """As ``throttleStatus`` tells it."""
        with self._lock:
            self._refill()
            return {
                "maximumAvailable": MAXIMUM,
                "currentlyAvailable": int(self.available),
                "restoreRate": RESTORED_PER_SECOND,
            }

    def _refill(self) -> None:
        now = self.clock()
        gained = (now - self._filled_at) * RESTORED_PER_SECOND
        self.available = min(MAXIMUM, self.available + gained)
        self._filled_at = now


@dataclass(frozen=True, slots=True)
class Estimate:
    """Adds up a document before it runs: objects 1, scalars 0, connections by their size."""

    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]

    def points(self, operation: OperationDefinitionNode) -> int:
        """What the operation may cost at most."""
        if operation.operation is OperationType.MUTATION:
            return MUTATION * len(operation.selection_set.selections)
        root = self.schema.query_type
        return self._of(operation.selection_set, root) if root else 0

    def _of(self, selections: SelectionSetNode, parent: _Parent) -> int:
        total = 0
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                total += self._field(selection, parent)
            elif isinstance(selection, InlineFragmentNode):
                total += self._of(selection.selection_set, self._named(selection, parent))
            elif isinstance(selection, FragmentSpreadNode):
                fragment = self._fragment(selection.name.value)
                total += self._of(fragment.selection_set, self._named(fragment, parent))
        return total

    def _field(self, node: FieldNode, parent: _Parent) -> int:
        if isinstance(parent, GraphQLUnionType) or node.name.value not in parent.fields:
            return 0
        inner = get_named_type(parent.fields[node.name.value].type)
        if node.selection_set is None or not is_composite_type(inner):
            return 0
        is_page = inner.name.endswith("Connection")
        if inner.name == "PageInfo" or inner.name.endswith("Edge"):
            return self._of(node.selection_set, inner)
        if parent.name.endswith(("Connection", "Edge")):
            return 1 + self._of(node.selection_set, inner)
        once = self._of(node.selection_set, inner)
        return self._size(node) * once if is_page else 1 + once

    def _size(self, node: FieldNode) -> int:
        for argument in node.arguments:
            if argument.name.value not in ("first", "last"):
                continue
            value = argument.value
            if isinstance(value, IntValueNode):
                return int(value.value)
            if isinstance(value, VariableNode):
                return int(self.variables.get(value.name.value) or UNSIZED_PAGE)
        return UNSIZED_PAGE

    def _fragment(self, name: str) -> FragmentDefinitionNode:
        return next(
            definition
            for definition in self.document.definitions
            if isinstance(definition, FragmentDefinitionNode) and definition.name.value == name
        )

    def _named(
        self, node: InlineFragmentNode | FragmentDefinitionNode, parent: _Parent
    ) -> _Parent:
        # A fragment without a condition keeps the type it stands in.
        condition = getattr(node.type_condition, "name", None)
        found = self.schema.type_map.get(condition.value) if condition else None
        return found if isinstance(found, _Parent) else parent


def spent(data: object) -> int:
    """What an answer really cost: its objects, pages themselves not counted."""
    if isinstance(data, list):
        return sum(spent(item) for item in data)
    if not isinstance(data, dict):
        return 0
    is_page = bool(data.keys() & {"nodes", "edges"}) or data.keys() <= {"node", "cursor"}
    inside = sum(spent(value) for key, value in data.items() if key != "pageInfo")
    return inside + (0 if is_page else 1)
