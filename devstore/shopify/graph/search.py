"""Shopify's search syntax, as much of it as an integration needs: ``field:>=value`` and AND."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from graphql import GraphQLError

_TERM = re.compile(
    r"""\s*(?:AND\s+)?(\w+):(>=|<=|>|<|)(?:'((?:[^'\\]|\\.)*)'|"([^"]*)"|([^\s()]+))(?:\s+|$)"""
)
_ESCAPED = re.compile(r"\\(.)")
_HOLDS: dict[str, Callable[[int, int], bool]] = {
    ">=": lambda have, want: have >= want,
    "<=": lambda have, want: have <= want,
    ">": lambda have, want: have > want,
    "<": lambda have, want: have < want,
    "": lambda have, want: have == want,
}


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: ``field`` compared by ``sign`` ("" is equality) with ``value``."""

    field: str
    sign: str
    value: str

    def holds_at(self, moment: datetime, timezone: str) -> bool:
        """Compared in whole seconds, as the shop stamps them."""
        want = int(read_moment(self.value, timezone).timestamp())
        return _HOLDS[self.sign](int(moment.timestamp()), want)


def parse(query: str | None) -> tuple[Term, ...]:
    """The conditions, all of which must hold. A GraphQL error for anything else."""
    text, place, terms = query or "", 0, []
    while text[place:].strip():
        found = _TERM.match(text, place)
        if found is None:
            raise GraphQLError(f"The practice shop cannot read the search {text[place:]!r}.")
        field, sign, *values = found.groups()
        value = next(value for value in values if value is not None)
        terms.append(Term(field, sign, _ESCAPED.sub(r"\1", value)))
        place = found.end()
    return tuple(terms)


def span(terms: Sequence[Term], field: str, timezone: str) -> tuple[datetime, datetime]:
    """The earliest and latest second that ``terms`` can allow for a field of time."""
    low, high = datetime.fromtimestamp(0, UTC), datetime(9000, 1, 1, tzinfo=UTC)
    for term in terms:
        if term.field == field:
            at = read_moment(term.value, timezone)
            low = max(low, at) if ">" in term.sign or not term.sign else low
            high = min(high, at) if "<" in term.sign or not term.sign else high
    return low, high


def read_moment(value: str, timezone: str) -> datetime:
    """A date or time of a search, in the shop's zone unless it says its own."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise GraphQLError(f"{value!r} is not a date or time.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
