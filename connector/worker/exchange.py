"""Go through files of members: check what they would do, and do it.

A file says what somebody had elsewhere. What it says is booked once however often it comes: the
difference to what files said of this member before. So a corrected file repairs a wrong one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from connector.core import clock
from connector.core.commerce import Person
from connector.core.db import is_transient, try_shop_lock
from connector.core.facts import Fact, publish
from connector.members import exchange, lines, occasions, sheets, sides, store
from connector.members.exchange import Import
from connector.members.sheets import Refused, Told
from connector.orders import claiming
from connector.rooms.points import service as points
from connector.rooms.tiers import programs
from connector.rooms.tiers import service as tiers
from connector.runtime import Runtime
from connector.shops import service as shops

STEP_SECONDS = 20.0
_log = logging.getLogger("perennial.exchange")


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops with a file to go on with."""
    return exchange.shops_due(db, now)


def step(runtime: Runtime, shop_id: int) -> None:
    """Go on with the shop's oldest file for a while; what is left is due again at once."""
    with runtime.database.write() as db:
        job = exchange.claim(db, shop_id, clock.now())
    if job is not None:
        go_through(runtime, shop_id, job)


def go_through(runtime: Runtime, shop_id: int, job: Import) -> None:
    """Go on with a file for a while. What fails on our side stops it: a person looks first."""
    now = job
    deadline = time.monotonic() + STEP_SECONDS
    try:
        while now.due_at is not None and time.monotonic() < deadline:
            then = _next_chunk(runtime, shop_id, now)
            if then is None:
                time.sleep(0.05)  # another worker has the shop; it lets go after each batch
            else:
                now = then
    except Exception as problem:
        if is_transient(problem):
            raise
        _log.exception("file stopped shop=%d import=%d chunk=%d", shop_id, now.id, now.next_chunk)
        with runtime.database.write() as db:
            exchange.save(db, shop_id, now.id, due_at=None)
        return
    if now.due_at is not None:
        with runtime.database.write() as db:
            exchange.save(db, shop_id, now.id, due_at=clock.now())


def _next_chunk(runtime: Runtime, shop_id: int, job: Import) -> Import | None:
    """One chunk, or the end of a step, in one transaction; None when the shop is busy."""

    def work(db: Connection) -> Import | None:
        if not try_shop_lock(db, shop_id):
            return None
        now = clock.now()
        found = exchange.get(db, shop_id, job.id)
        if found.step != job.step or found.next_chunk != job.next_chunk:
            return found  # somebody else went on with it
        if found.next_chunk >= found.chunks:
            exchange.finish(db, shop_id, found, now)
            return exchange.get(db, shop_id, job.id)
        told = lines.chunk(db, runtime.keys, shop_id, job.id, found.next_chunk)
        counts = _Chunk(db, runtime, shop_id, found, now).go_through(told)
        report = {
            name: found.report.get(name, 0) + counts.get(name, 0)
            for name in found.report.keys() | counts.keys()
        }
        values = {"next_chunk": found.next_chunk + 1, "report": report}
        exchange.save(db, shop_id, job.id, **values, due_at=now + exchange.LEASE)
        return exchange.get(db, shop_id, job.id)

    return runtime.database.run(work)


class _Chunk:
    """Some lines of a file, within one transaction under the shop's lock."""

    def __init__(
        self, db: Connection, runtime: Runtime, shop_id: int, job: Import, now: datetime
    ) -> None:
        self._db = db
        self._runtime = runtime
        self._members = runtime.members
        self._shop_id = shop_id
        self._job = job
        self._now = now
        self._refused: list[Refused] = []
        self._facts: list[Fact] = []
        self._levels: Mapping[str, int] = {}

    def go_through(self, rows: Sequence[tuple[int, list[str]]]) -> dict[str, int]:
        """Check or take these lines; what they came to."""
        job, db = self._job, self._db
        told = []
        for line, cells in rows:
            one = sheets.read(line, cells, job.header, job.layout)
            if isinstance(one, Refused):
                self._refused.append(one)
            else:
                told.append(one)
        told, known = self._known(self._by_own_keys(told))
        is_taken = job.step == "take"
        counts = {"lines": len(rows), "points_in_file": sum(one.points or 0 for one in told)}
        counts["points_in_file"] += sum(one.points for one in self._refused)
        told = self._of_one_line(self._on_known_tiers(told), known)
        whose = self._enter(told, known) if is_taken else known
        told = [one for one in told if one.line in whose or not is_taken]
        counts |= self._book(told, whose, is_taken=is_taken)
        refused = {one.line for one in self._refused}
        told = [one for one in told if one.line not in refused]
        counts["matched"] = sum(one.line in known for one in told)
        counts["created"] = len(told) - counts["matched"]
        counts["birthdays"] = self._set_birthdays(told, whose, is_taken=is_taken)
        counts["tiers"] = self._set_tiers(told, whose, is_taken=is_taken)
        counts["refused"] = len(self._refused)
        counts["points_refused"] = sum(one.points for one in self._refused)
        lines.note_problems(db, self._shop_id, job.id, self._refused)
        self._facts += claiming.claim(db, self._shop_id, self._now)
        publish(db, self._runtime.subscriptions, self._facts, self._now)
        return counts

    def _by_own_keys(self, told: Sequence[Told]) -> list[Told]:
        """The lines with keys of this store only: the same key means somebody else in another."""
        keys, own = self._job.layout.keys, shops.get(self._db, self._shop_id).public_id
        told_keys = sorted({one.customer_key for one in told if one.customer_key})
        here = store.by_customer_keys(self._db, self._shop_id, told_keys)
        found = []
        for one in told:
            if one.shop is not None:
                is_own = one.shop == own
            else:
                is_known = one.customer_key in here or one.email is None
                is_own = keys == "own" or (keys == "known" and is_known)
            if one.customer_key is None or is_own:
                found.append(one)
            elif one.email is not None:
                found.append(replace(one, customer_key=None))
            else:
                self._refuse(one, "customer_key", "other_shop")
        return found

    def _known(self, told: Sequence[Told]) -> tuple[list[Told], dict[int, int]]:
        """The lines that mean one person, and members by line.

        By account where one is told, else by e-mail, accounts first.
        """
        db, shop_id = self._db, self._shop_id
        keys = sorted({one.customer_key for one in told if one.customer_key})
        accounts = store.by_customer_keys(db, shop_id, keys)
        hashes = {
            one.line: self._members.email_hash(shop_id, one.email) for one in told if one.email
        }
        by_email: dict[str, list[Row[Any]]] = {}
        rows = store.by_email_hashes(db, shop_id, sorted(set(hashes.values())))
        for row in sorted(rows, key=lambda row: (row.state == "guest", row.id)):
            by_email.setdefault(row.email_hash, []).append(row)
        kept, found = [], {}
        for one in told:
            account = accounts.get(one.customer_key or "")
            theirs = by_email.get(hashes.get(one.line, ""), [])
            if one.customer_key and one.email and _are_two(account, hashes[one.line], theirs):
                self._refuse(one, "customer_key", "identity_mismatch")
                continue
            kept.append(one)
            if account is not None:
                found[one.line] = int(account.merged_into or account.id)
            elif one.customer_key is None and theirs:
                found[one.line] = int(theirs[0].id)
        return kept, found

    def _enter(self, told: Sequence[Told], known: Mapping[int, int]) -> dict[int, int]:
        """Members of all lines: who is new is made, and has not joined by being in a file."""
        new = [one for one in told if one.line not in known]
        buyers = [(one.customer_key, Person(one.email, one.name)) for one in new]
        made = self._members.resolve(self._db, self._shop_id, buyers, self._now, live=False)
        found = dict(known)
        for one, member_id in zip(new, made, strict=True):
            if member_id is None:
                self._refuse(one, "email", "member_erased")
            else:
                found[one.line] = member_id
        noted = {f"m:{found[one.line]}": one.line for one in new if one.line in found}
        lines.first_lines(self._db, self._shop_id, self._job.id, noted)
        return found

    def _of_one_line(self, told: Sequence[Told], known: Mapping[int, int]) -> list[Told]:
        """Without lines of somebody an earlier line spoke of."""
        names = {
            one.line: [f"m:{known[one.line]}"] if one.line in known else self._names(one)
            for one in told
        }
        first: dict[str, int] = {}
        for line, identities in names.items():
            for identity in identities:
                first.setdefault(identity, line)
        spoken = lines.first_lines(self._db, self._shop_id, self._job.id, first)
        fresh = []
        for one in told:
            if all(spoken[identity] == one.line for identity in names[one.line]):
                fresh.append(one)
            else:
                self._refuse(one, "email" if one.email else "customer_key", "duplicate_member")
        return fresh

    def _names(self, one: Told) -> list[str]:
        found = [f"k:{one.customer_key}"] if one.customer_key else []
        if one.email:
            found.append(f"e:{self._members.email_hash(self._shop_id, one.email)}")
        return found

    def _book(
        self, told: Sequence[Told], whose: Mapping[int, int], *, is_taken: bool
    ) -> dict[str, int]:
        """Book what files did not say before; (points booked, and booked before)."""
        db, shop_id = self._db, self._shop_id
        before = lines.balances(db, shop_id, sorted(set(whose.values())))
        said = {one.line: one.points for one in told if one.points is not None}
        had = {line: before.get(whose.get(line, 0), 0) for line in said}
        if is_taken:
            news = {whose[line]: one - had[line] for line, one in said.items() if one != had[line]}
            facts, short = points.bring_over(db, shop_id, self._job.id, news, self._now)
            self._facts += facts
            for one in told:
                if one.line in said and whose[one.line] in short:
                    self._refuse(one, "points", "insufficient_points")
                    del said[one.line]
            now_said = {whose[line]: one for line, one in said.items() if whose[line] in news}
            lines.put_balances(db, shop_id, now_said)
        kept = sum(had[line] for line in said)
        return {"points_booked": sum(said.values()) - kept, "points_before": kept}

    def _set_birthdays(
        self, told: Sequence[Told], whose: Mapping[int, int], *, is_taken: bool
    ) -> int:
        """Birthdays of who told none themselves; returns how many."""
        db, shop_id = self._db, self._shop_id
        days = {one.line: one.birthday for one in told if one.birthday is not None}
        ids = [whose[line] for line in days if line in whose]
        rows = sides.occasions_of(db, shop_id, ids) if ids else []
        known = {row.member_id for row in rows if row.name == occasions.BIRTHDAY}
        fresh = {line: day for line, day in days.items() if whose.get(line) not in known}
        if is_taken:
            told_days = {whose[line]: day for line, day in fresh.items()}
            self._facts += occasions.put_new(db, shop_id, occasions.BIRTHDAY, told_days, self._now)
        return len(fresh)

    def _on_known_tiers(self, told: Sequence[Told]) -> list[Told]:
        """Without lines of tiers that the program does not have."""
        if any(one.tier for one in told):
            self._levels = programs.names(self._db, self._shop_id)
        kept = []
        for one in told:
            if one.tier and programs.spelled(one.tier) not in self._levels:
                self._refuse(one, "tier", "tier_unknown")
            else:
                kept.append(one)
        return kept

    def _set_tiers(self, told: Sequence[Told], whose: Mapping[int, int], *, is_taken: bool) -> int:
        """Members put on the tier they had elsewhere; returns how many."""
        levels = {one.line: self._levels[programs.spelled(one.tier)] for one in told if one.tier}
        if is_taken and levels:
            by_member = {whose[line]: level_id for line, level_id in levels.items()}
            reason = f"import:{self._job.id}"
            self._facts += tiers.place(self._db, self._shop_id, by_member, self._now, reason)
        return len(levels)

    def _refuse(self, one: Told, field: str, code: str) -> None:
        self._refused.append(Refused(one.line, field, code, one.points or 0))


def _are_two(account: Row[Any] | None, email_hash: str, theirs: Sequence[Row[Any]]) -> bool:
    """Whether an account (None: a new one) and an e-mail are of different people.

    theirs: members of that e-mail.
    """
    if account is None:
        return any(one.customer_key is not None for one in theirs)
    owner = account.merged_into or account.id
    if email_hash == account.email_hash or any(one.id == owner for one in theirs):
        return False
    return account.email_hash is not None or bool(theirs)
