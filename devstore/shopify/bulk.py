"""Bulk operations: a query runs in the background and leaves a file of JSON lines."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Thread

from graphql import GraphQLError, parse, validate
from msgspec import Struct

from devstore.model import replace
from devstore.shelf import Shelf
from devstore.shopify.graph import engine
from devstore.shopify.graph.bulk_query import lines, shape_problems
from devstore.shopify.graph.paging import Node
from devstore.shopify.graph.pieces import utc
from devstore.shopify.graph.roots import Roots
from devstore.shopify.payloads import gid

CONCURRENT = 5
_BUCKET = "shopify bulk"
_UNFINISHED = ("CREATED", "RUNNING")


class Operation(Struct, frozen=True):
    """One bulk operation; ``file`` names its result once there is one."""

    id: int
    query: str
    status: str  # CREATED, RUNNING, COMPLETED or FAILED
    created_at: datetime
    completed_at: datetime | None = None
    error_code: str | None = None
    file: str | None = None
    objects: int = 0
    roots: int = 0
    bytes: int = 0


class BulkDesk:
    """Takes bulk queries, runs each in a thread, tells of the end through ``finished``."""

    def __init__(
        self,
        shelf: Shelf,
        directory: Path,
        origin: str,
        now: Callable[[], datetime],
        finished: Callable[[Operation], None],
    ) -> None:
        self._shelf = shelf
        self._directory = directory
        self._origin = origin
        self._now = now
        self._finished = finished
        self._bury_the_interrupted()

    def start(self, query: str, roots: Roots) -> Node:
        """The payload of ``bulkOperationRunQuery``."""
        refusal = self._refusal(query)
        if refusal is not None:
            code, sentence = refusal
            error = {"code": code, "field": ["query"], "message": sentence}
            return {"bulkOperation": None, "userErrors": [error]}
        number = self._shelf.next_id(_BUCKET, 4_700_210_001)
        operation = Operation(number, query, "CREATED", self._now())
        self._keep(operation)
        name = f"bulk {number}"
        Thread(target=self._run, args=(operation, roots), name=name, daemon=True).start()
        return {"bulkOperation": self.tell(operation), "userErrors": []}

    def find(self, number: int) -> Node | None:
        """The node of one operation, as it stands now."""
        found = self._shelf.take(_BUCKET, str(number), Operation)
        return self.tell(found) if found else None

    def path(self, name: str) -> Path | None:
        """The result file of that name, if it is one."""
        known = {operation.file for operation in self._all()}
        return self._directory / name if name in known else None

    def tell(self, operation: Operation) -> Node:
        """As GraphQL tells it; no file and no objects is a success too."""
        name = operation.file
        return {
            "__typename": "BulkOperation",
            "id": gid("BulkOperation", operation.id),
            "type": "QUERY",
            "query": operation.query,
            "status": operation.status,
            "errorCode": operation.error_code,
            "createdAt": utc(operation.created_at),
            "completedAt": utc(operation.completed_at),
            "objectCount": str(operation.objects),
            "rootObjectCount": str(operation.roots),
            "fileSize": str(operation.bytes) if name else None,
            "url": f"{self._origin}/bulk/{name}" if name else None,
            "partialDataUrl": None,
        }

    def _refusal(self, query: str) -> tuple[str, str] | None:
        running = [one for one in self._all() if one.status in _UNFINISHED]
        if len(running) >= CONCURRENT:
            return "OPERATION_IN_PROGRESS", "Too many bulk query operations are in progress."
        try:
            document = parse(query)
        except GraphQLError as problem:
            return "INVALID", f"Invalid bulk query: {problem.message}"
        problems = [problem.message for problem in validate(engine.schema(), document)]
        problems = problems or shape_problems(document)
        return ("INVALID", f"Invalid bulk query: {problems[0]}") if problems else None

    def _run(self, operation: Operation, roots: Roots) -> None:
        self._keep(replace(operation, status="RUNNING"))
        try:
            done = self._write(operation, roots)
        except GraphQLError:
            done = replace(operation, status="FAILED", error_code="ACCESS_DENIED")
        except Exception:  # noqa: BLE001  # whatever it is, the poller must not wait for ever
            done = replace(operation, status="FAILED", error_code="INTERNAL_SERVER_ERROR")
        done = replace(done, completed_at=self._now())
        self._keep(done)
        self._finished(done)

    def _write(self, operation: Operation, roots: Roots) -> Operation:
        self._directory.mkdir(parents=True, exist_ok=True)
        name = f"bulk-{operation.id}-{secrets.token_hex(8)}.jsonl"
        path, total, tops = self._directory / name, 0, 0
        with path.open("w", encoding="utf-8") as file:
            for line in lines(operation.query, roots):
                total += 1
                tops += "__parentId" not in line
                file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        if total == 0:
            path.unlink()
            return replace(operation, status="COMPLETED")
        return replace(
            operation,
            status="COMPLETED",
            file=name,
            objects=total,
            roots=tops,
            bytes=path.stat().st_size,
        )

    def _bury_the_interrupted(self) -> None:
        """What ran when the shop stopped will never end: its pollers must learn it."""
        for operation in self._all():
            if operation.status in _UNFINISHED:
                self._keep(replace(operation, status="FAILED", error_code="INTERNAL_SERVER_ERROR"))

    def _all(self) -> list[Operation]:
        return list(self._shelf.all(_BUCKET, Operation).values())

    def _keep(self, operation: Operation) -> None:
        self._shelf.put(_BUCKET, str(operation.id), operation)
