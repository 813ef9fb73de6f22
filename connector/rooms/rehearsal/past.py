"""What is kept of the past of one topic: what was written down, else what else tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, column, select, table

from connector.core.clock import local_date
from connector.core.db import Utc
from connector.members.models import member, member_occasion
from connector.program import rules as kinds
from connector.rooms.rehearsal.deeds import Deed, Topical

_actions = table(
    "insight_member_action",
    column("shop_id"),
    column("member_id"),
    column("rule_id"),
    column("key"),
    column("day"),
    column("points"),
    column("acted_at", Utc),
)
_streaks = table(
    "insight_action_streak",
    column("shop_id"),
    column("member_id"),
    column("days"),
    column("last_day"),
)
_visits = table(
    "insight_referral_visit",
    column("shop_id"),
    column("member_id"),
    column("local_date"),
    column("visits"),
)


@dataclass(frozen=True, slots=True)
class Past:
    """A shop's past since a local day."""

    db: Connection
    shop_id: int
    zone: str
    since: str
    now: datetime

    def deeds(self, topical: Topical) -> list[Deed]:
        """What members did of a topic, as it happened, each once.

        What was written down counts for as long as a rule was about it; for other times what the
        member's row, the calendar or a link's counts tell.
        """
        written = self._written(topical)
        if topical.topic.kind == kinds.STREAK:
            return sorted({*self._days_of(topical, written), *self._current_runs()})
        known = {self._once(topical, row): self._deed(topical, row) for row in reversed(written)}
        found = list(known.values())
        if topical.topic.kind in kinds.ONCE_KINDS:
            done = {one.member_id for one in found}
            others = [one for one in self._joined(topical) if one.member_id not in done]
        elif topical.topic.kind == kinds.OCCASION:
            others = list(self._occasions(topical.topic.name))
        elif topical.topic.kind == kinds.SHARES:
            others = list(self._followed())
        else:
            others = []
        found += [one for one in others if not topical.was_written(one.at)]
        return sorted(found)

    def _written(self, topical: Topical) -> list[Row[Any]]:
        did = _actions.c
        chosen = select(did.member_id, did.rule_id, did.key, did.day, did.points, did.acted_at)
        chosen = chosen.where(
            did.shop_id == self.shop_id, did.rule_id.in_(topical.rules), did.day >= self.since
        )
        if not topical.rules:
            return []
        return list(self.db.execute(chosen.order_by(did.acted_at, did.member_id, did.key)))

    @staticmethod
    def _once(topical: Topical, row: Row[Any]) -> tuple[int, str]:
        return row.member_id, "" if topical.topic.kind in kinds.ONCE_KINDS else row.key

    @staticmethod
    def _deed(topical: Topical, row: Row[Any]) -> Deed:
        rule = topical.rules[row.rule_id]
        own = row.points if rule.most and row.points != rule.points else 0
        return Deed(row.acted_at, row.day, row.member_id, own)

    def _days_of(self, topical: Topical, written: Iterable[Row[Any]]) -> Iterator[Deed]:
        """A streak that gave says of each of its days that somebody came."""
        for row in written:
            yield from self._run(row.member_id, row.day, topical.rules[row.rule_id].count)

    def _current_runs(self) -> Iterator[Deed]:
        mine = _streaks.c
        chosen = select(mine.member_id, mine.days, mine.last_day)
        rows = self.db.execute(
            chosen.where(mine.shop_id == self.shop_id, mine.last_day >= self.since)
        )
        for row in rows:
            yield from self._run(row.member_id, row.last_day, row.days)

    def _run(self, member_id: int, last_day: str, days: int) -> Iterator[Deed]:
        last = date.fromisoformat(last_day)
        for back in range(days):
            day = str(last - timedelta(days=back))
            yield Deed(self._noon(day), day, member_id)

    def _joined(self, topical: Topical) -> Iterator[Deed]:
        """Who joined, and is today what the topic asks for: when that began is not kept."""
        person = member.c
        chosen = select(person.id, person.joined_at).where(
            person.shop_id == self.shop_id,
            person.state == "member",
            person.joined_at > self._noon(self.since) - timedelta(days=1),
        )
        if topical.topic.kind == kinds.VERIFIED:
            chosen = chosen.where(person.email_verified.is_(True))
        elif topical.topic.kind == kinds.NEWSLETTER:
            chosen = chosen.where(person.accepts_marketing.is_(True))
        for member_id, at in self.db.execute(chosen):
            day = local_date(at, self.zone)
            if day >= self.since:
                yield Deed(at, day, member_id)

    def _occasions(self, name: str) -> Iterator[Deed]:
        """The days of a year, as members told them, that came since they told them."""
        mine, person = member_occasion.c, member.c
        same = (person.shop_id == mine.shop_id) & (person.id == mine.member_id)
        chosen = select(mine.member_id, mine.name, mine.month_day, mine.counts_from)
        rows = self.db.execute(
            chosen.select_from(member_occasion.join(member, same)).where(
                mine.shop_id == self.shop_id,
                mine.greet_at.is_not(None),
                person.state == "member",
            )
        )
        today = date.fromisoformat(local_date(self.now, self.zone))
        first = date.fromisoformat(self.since)
        for row in rows:
            if row.name.casefold() != name:
                continue
            for year in range(first.year, today.year + 1):
                day = _celebrated(year, row.month_day)
                told = str(day)
                if first <= day <= today and row.counts_from <= told:
                    yield Deed(self._noon(told), told, row.member_id)

    def _followed(self) -> Iterator[Deed]:
        """Visits by members' links, as they are counted by day."""
        mine = _visits.c
        chosen = select(mine.member_id, mine.local_date, mine.visits)
        rows = self.db.execute(
            chosen.where(mine.shop_id == self.shop_id, mine.local_date >= self.since)
        )
        for row in rows:
            yield from [Deed(self._noon(row.local_date), row.local_date, row.member_id)] * int(
                row.visits
            )

    def _noon(self, day: str) -> datetime:
        told = date.fromisoformat(day)
        return datetime(told.year, told.month, told.day, 12, tzinfo=ZoneInfo(self.zone))


def _celebrated(year: int, month_day: str) -> date:
    """Who was born on 29 February celebrates on the 28th in plain years."""
    month, day = int(month_day[:2]), int(month_day[3:])
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, day - 1)
