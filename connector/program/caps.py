"""How much a rule's caps leave: pure, in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.program.rules import Caps, Rule

_MONTH = len("2026-11")


@dataclass(slots=True)
class Grant:
    """What a rule with a cap, or with a reward, gave one order."""

    order_id: int
    rule_id: str
    member_id: int
    day: str
    allowance: int | None
    ceiling: int | None = None
    granted: int = 0
    gift: str | None = None
    available_at: datetime | None = None
    gifts: int = 0
    is_changed: bool = False


class Allowances:
    """What caps leave to orders, one after the other; what one is given the next one has not.

    used: (rule, member, day, given) so far; budgets: by rule, given to everybody.
    """

    def __init__(
        self,
        grants: Iterable[Grant],
        used: Iterable[tuple[str, int, str, int]],
        budgets: Mapping[str, int],
    ) -> None:
        self._grants = {(one.order_id, one.rule_id): one for one in grants}
        self._used: dict[tuple[str, int, str], int] = defaultdict(int)
        for rule_id, member_id, day, given in used:
            self._count(rule_id, member_id, day, given)
        self._budgets = dict(budgets)
        self._spent: set[str] = set()

    def ceilings(
        self, order_id: int, member_id: int, day: str, rules: Sequence[Rule]
    ) -> dict[str, int]:
        """The most that each capped rule may have given this order by now.

        Never more than what the caps left when it began to earn; never more than they leave now
        beside what it has. ``day``: the local date its points count on.
        """
        found = {}
        for rule in rules:
            if not rule.caps and not rule.gives_reward:
                continue
            grant = self._grants.get((order_id, rule.id))
            if grant is None:
                grant = Grant(order_id, rule.id, member_id, day, None)
                self._grants[order_id, rule.id] = grant
                if rule.caps:
                    grant.allowance = max(self._left(rule, grant), 0)
                grant.is_changed = True
            if rule.caps and grant.allowance is not None:
                most = min(grant.allowance, grant.granted + self._left(rule, grant))
                found[rule.id] = max(most, 0)
        return found

    def grant(self, order_id: int, rule: Rule, given: int, ceiling: int | None) -> Grant | None:
        """Note what a rule has given an order by now; None where nobody counts it."""
        grant = self._grants.get((order_id, rule.id))
        if grant is None:
            return None
        if (given, ceiling) != (grant.granted, grant.ceiling):
            grant.is_changed = True
        self._count(rule.id, grant.member_id, grant.day, given - grant.granted)
        if given != grant.granted:
            self._budgets[rule.id] = self._budgets.get(rule.id, 0) + given - grant.granted
            self._spent.add(rule.id)
        grant.granted, grant.ceiling = given, ceiling
        return grant

    def changed(self) -> tuple[list[Grant], dict[str, int]]:
        """(grants, what their rules gave to everybody) to be kept."""
        grants = [one for one in self._grants.values() if one.is_changed]
        return grants, {rule_id: self._budgets[rule_id] for rule_id in self._spent}

    def _left(self, rule: Rule, grant: Grant) -> int:
        return min(
            cap - self._so_far(rule, grant, name)
            for name, cap in _caps(rule.caps)
            if cap is not None
        )

    def _so_far(self, rule: Rule, grant: Grant, name: str) -> int:
        if name == "per_rule":
            return self._budgets.get(rule.id, 0)
        period = {"per_member": "", "per_month": grant.day[:_MONTH], "per_day": grant.day}[name]
        return self._used[rule.id, grant.member_id, period]

    def _count(self, rule_id: str, member_id: int, day: str, given: int) -> None:
        for period in ("", day[:_MONTH], day):
            self._used[rule_id, member_id, period] += given


def _caps(caps: Caps) -> tuple[tuple[str, int | None], ...]:
    return (
        ("per_member", caps.per_member),
        ("per_day", caps.per_day),
        ("per_month", caps.per_month),
        ("per_rule", caps.per_rule),
    )
