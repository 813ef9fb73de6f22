"""Where each kind of row looks for products, the best first; what may be shown is sifted later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from connector.rooms.recommend.rules import ALIKE, PEOPLE, SUPPORT, TITLES, Other
from connector.rooms.recommend.rules.returning import DECAY
from connector.rooms.recommend.showing import ladders
from connector.rooms.recommend.showing.desk import SPEAKERS, Desk
from connector.rooms.recommend.showing.ladders import Candidate, is_habit

MOST = 40  # of one row are looked at
_ENOUGH = 3  # of a row need no filling


def candidates(desk: Desk, kind: str) -> list[Candidate]:
    return wanted(desk, _SOURCES[kind](desk))[:MOST]


def wanted(desk: Desk, found: Sequence[Candidate]) -> list[Candidate]:
    """What is left when a shopper's own "never again" is heard, and what they have in hand."""
    return [one for one in found if one.key not in desk.unwanted]


def _together(desk: Desk) -> list[Candidate]:
    """Nothing where only titles speak: that is alike, and says so in a row of its own.

    They may fill what is short on a product's page; who chose a pot has no use for another.
    """
    found = wanted(desk, merged(desk.together()))
    told = [one for one in found if one.reason != ladders.TITLES]
    may_fill = desk.question.surface == "product" and len(told) < _ENOUGH
    return found if told and may_fill else told


def _similar(desk: Desk) -> list[Candidate]:
    return merged({key: one.similar for key, one in desk.facts(desk.speakers).items()})


def _again(desk: Desk) -> list[Candidate]:
    """As stored; for who bought too long ago to be stored the same count, without the season."""
    own = desk.own.days
    if desk.personal is not None:
        ranked: list[tuple[str, int | None]] = [
            (key, score) for key, _, score in desk.personal.again
        ]
        ranked += [(key, None) for key in own if key not in dict(ranked)]  # bought since
    else:
        ranked = list(counted(own))
    habits = desk.habits([key for key, _ in ranked[:MOST]])
    return [
        Candidate(key, _why_again(len(own[key]), *habits[key]), len(own[key]), score)
        for key, score in ranked[:MOST]
        if key in own
    ]


def _for_you(desk: Desk) -> list[Candidate]:
    """What somebody gave back, or does not have any more, speaks for nothing."""
    own = desk.own.days
    kept = [key for key in own if key not in desk.own.back]
    unseen = desk.personal.unseen if desk.personal is not None else ()
    told = [
        Candidate(key, ladders.BECAUSE, score=score, speaker=because)
        for key, because, score in unseen
        if key not in own and because in kept
    ]
    if told:
        return told
    alike = {key: one.similar for key, one in desk.facts(kept[:SPEAKERS]).items()}
    return [
        one._replace(reason=ladders.BECAUSE, times=0)
        for one in merged(alike)
        if one.key not in own
    ]


def _viewed(desk: Desk) -> list[Candidate]:
    return [Candidate(key, ladders.SEEN) for key in dict.fromkeys(desk.question.viewed)]


def _trending(desk: Desk) -> list[Candidate]:
    best: dict[str, int] = {}
    for key, lately in desk.trends():
        best.setdefault(key, lately)
    return [Candidate(key, ladders.LATELY, lately, lately) for key, lately in best.items()]


def merged(lists: Mapping[str, Sequence[Other]]) -> list[Candidate]:
    """Several products' lists as one: scores add up, and the reason is the best there is."""
    scores: dict[str, int] = {}
    best: dict[str, tuple[int, int, Candidate]] = {}
    for speaker, others in lists.items():
        for other in others:
            scores[other.key] = scores.get(other.key, 0) + other.score
            reason = _why(other)
            if reason is None:
                continue
            count = other.together if reason == ladders.ORDERS else 0
            told = Candidate(other.key, reason, count, speaker=speaker)
            rank = (count, other.score, told)
            if other.key not in best or rank[:2] > best[other.key][:2]:
                best[other.key] = rank
    found = [one._replace(score=scores[one.key]) for _, _, one in best.values()]
    return sorted(found, key=lambda one: -scores[one.key])


def counted(own: Mapping[str, Sequence[str]]) -> Iterable[tuple[str, int]]:
    """A member's products by what the days they were bought on add up to, with that score."""
    ago = {
        day: n for n, day in enumerate(sorted({d for days in own.values() for d in days})[::-1])
    }
    told = [
        (key, round(ladders.TOP * sum(DECAY ** ago[day] for day in days)))
        for key, days in own.items()
    ]
    return sorted(told, key=lambda one: -one[1])


def _why(other: Other) -> str | None:
    """What may be said for a pair; None where it is too little."""
    if other.together >= SUPPORT:
        return ladders.ORDERS
    return _REASONS.get(other.evidence)


def _why_again(days: int, buyers: int, returners: int) -> str:
    return ladders.RETURNED_FOR if days == 1 and is_habit(buyers, returners) else ladders.OWN


_REASONS = {PEOPLE: ladders.PEOPLE, TITLES: ladders.TITLES, ALIKE: ladders.ALIKE}
_SOURCES: Mapping[str, Callable[[Desk], list[Candidate]]] = {
    ladders.TOGETHER: _together,
    ladders.COMPLETE: _together,
    ladders.SIMILAR: _similar,
    ladders.AGAIN: _again,
    ladders.FOR_YOU: _for_you,
    ladders.VIEWED: _viewed,
    ladders.TRENDING: _trending,
}
