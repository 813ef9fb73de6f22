"""The table: the product's lists beside its peers', with intervals, on real shops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from bench.recommend import peers, scale, shops, worths
from bench.recommend.shops import Test
from connector.rooms.recommend.rules import Shelves, reorders, shelves, visits

SHOWN = 10
FIRST = 4  # what a phone shows without scrolling
DRAWS = 1000
CUTS = (date(2010, 9, 1), date(2010, 6, 1), date(2010, 10, 1))
_GAINS = 1 / np.log2(np.arange(2, SHOWN + 2))


@dataclass(frozen=True, slots=True)
class Line:
    """A method's figures on one test, and by case what the interval is drawn from."""

    test: str
    method: str
    hits: float
    recall: float
    ndcg: float
    coverage: float
    cases: np.ndarray

    def against(self, other: Line) -> list[str]:
        """95 % of the paired differences in each figure, drawn again and again."""
        chance = np.random.default_rng(1)
        differences = self.cases - other.cases
        drawn = np.array(
            [
                differences[chance.integers(0, len(differences), len(differences))].mean(axis=0)
                for _ in range(DRAWS)
            ]
        )
        return [_between(column) for column in drawn.T]


def tables() -> Iterator[str]:
    """Everything, line by line; each interval in the order of the figures before it."""
    gifts = shops.gifts()
    yield from _told(_again("again P1", shops.last(gifts)))
    for day in CUTS:
        test = shops.cut(gifts, day)
        built = shelves(test.history)
        yield from _told(_again(f"again {day}", test, built))
        yield from _told(_new(f"new {day}", test, built))
        yield from _told(_beside(f"together {day}", test, built))
        yield from _told(_beside(f"thin {day}", shops.any_basket(shops.thin(gifts), day)))
        bare = shops.untitled(gifts)
        yield from _told(_beside(f"no titles {day}", shops.cut(bare, day)))
        yield from _told(_beside(f"thin, bare {day}", shops.any_basket(shops.thin(bare), day)))
        yield _reordered(day, test, gifts)
        yield _returned(day, test, gifts)
    if shops.GROCERIES.exists():
        test = shops.cut(shops.groceries(), date(2017, 6, 1))
        built = shelves(test.history)
        yield from _told(_again("groceries again", test, built))
        yield from _told(_new("groceries new", test, built))
        yield from _told(_beside("groceries together", test, built))
    yield from worths.tables()
    yield from scale.tables()


def measured(
    test: str,
    method: str,
    cases: Iterable[tuple[Sequence[int], frozenset[int]]],
    products: int,
) -> Line:
    """hits: of the first four. coverage: the share of products ever shown."""
    shown: set[int] = set()
    rows = []
    for ranked, bought in cases:
        listed = ranked[:SHOWN]
        shown.update(listed)
        hit = np.array([one in bought for one in listed], float)
        best = _GAINS[: min(len(bought), SHOWN)].sum()
        rows.append(
            (hit[:FIRST].any(), hit.sum() / len(bought), (hit * _GAINS[: len(hit)]).sum() / best)
        )
    cases = np.array(rows, float)
    hits, recall, ndcg = cases.mean(axis=0)
    return Line(test, method, hits, recall, ndcg, len(shown) / products, cases)


def _again(name: str, test: Test, built: Shelves | None = None) -> list[Line]:
    told = test.history
    ours = built or shelves(told)

    def again(person: int) -> list[int]:
        own = ours.buy_again(person)[0].tolist()
        if len(own) < SHOWN:
            own += ours.for_you(person)[0].tolist()
        return ours.filled(own, [])

    methods = [
        ("ours", again),
        ("popularity", peers.popular(told)),
        ("personal count", peers.own_counts(told)),
        ("TIFU-KNN", peers.alike_people(told)),
        *peers.implicit(told, is_new=False),
    ]
    everybody = list(range(SHOWN * 2))
    found = []
    for method, ranked in methods:
        cases = (
            (list(dict.fromkeys([*ranked(person), *everybody])), bought)
            for person, bought in test.bought.items()
        )
        found.append(measured(name, method, cases, len(told.keys)))
    return found


def _new(name: str, test: Test, ours: Shelves) -> list[Line]:
    told = test.history
    new = {}
    for person, bought in test.bought.items():
        known = frozenset(one for one in bought if one >= 0) - frozenset(ours.owned(person))
        if known:
            new[person] = known

    def for_you(person: int) -> list[int]:
        return ours.filled(ours.for_you(person)[0].tolist(), ours.owned(person))

    methods = [
        ("ours", for_you),
        ("popularity", peers.popular(told)),
        *peers.implicit(told, is_new=True),
    ]
    found = []
    for method, ranked in methods:
        cases = (
            (_without(ranked(person), ours.owned(person)), bought)
            for person, bought in new.items()
        )
        found.append(measured(name, method, cases, len(told.keys)))
    return found


def _beside(name: str, test: Test, built: Shelves | None = None) -> list[Line]:
    told = test.history
    ours = built or shelves(told)
    asked = shops.questions(test)
    methods: list[tuple[str, Callable[[int], list[int]]]] = [
        ("ours", lambda item: ours.filled(ours.together[item].others.tolist(), [item])),
        ("popularity", peers.popular(told)),
        ("co-count", peers.bought_together(told)),
    ]
    return [
        measured(
            name,
            method,
            ((_without(ranked(item), [item]), rest) for item, rest in asked),
            len(told.keys),
        )
        for method, ranked in methods
    ]


def _reordered(day: date, test: Test, shop: shops.Shop, days: int = 30) -> str:
    """Pairs bought twice: how much likelier the best tenth is, and the error saved."""
    now, told, _ = reorders.chances(reorders.bought(test.history), day.toordinal(), days)
    later = shop.only((shop.days >= day.toordinal()) & (shop.days < day.toordinal() + days))
    bought = {
        (person, shop.keys[item])
        for person, item in zip(later.people.tolist(), later.items.tolist(), strict=True)
    }
    repeated = now.times > 1
    pairs = zip(test.users[now.people[repeated]].tolist(), now.products[repeated], strict=True)
    was = np.array([(one, test.history.keys[item]) in bought for one, item in pairs])
    chance = told[repeated]
    tops = [_tenth(chance), _tenth((now.rates * now.is_due)[repeated])]
    base = was.mean()
    errors = (chance - was) ** 2

    def figures(which: np.ndarray) -> list[float]:
        happened = was[which].mean()
        lifts = [was[which][top[which]].mean() / happened for top in tops]
        saved = 1 - errors[which].mean() / (happened * (1 - happened))
        return [lifts[0], lifts[0] - lifts[1], saved]

    lift, more, saved = figures(np.arange(len(was)))
    spread = _spread(len(was), figures)
    return (
        f"reorder {day}: {len(was)} pairs, base {base:.3f}, lift {lift:.2f} ({spread[0]}),"
        f" the shrunk rate's {lift - more:.2f} (ours - it {spread[1]}),"
        f" auc {_auc(chance, was):.3f}, Brier {saved:.1%} below the base rate's ({spread[2]})"
    )


def _returned(day: date, test: Test, shop: shops.Shop, days: int = 90) -> str:
    """Everybody: who buys within 90 days."""
    known = visits.visits(test.history)
    people, told, _ = visits.buys_within(known, day.toordinal(), days)
    first = day.toordinal()
    later = set(shop.people[(shop.days >= first) & (shop.days < first + days)].tolist())
    was = np.array([one in later for one in test.users[people].tolist()])
    now = visits.seen(known, first)

    def figures(which: np.ndarray) -> list[float]:
        ours, recency, count = (
            _auc(scores[which], was[which]) for scores in (told, -now.recency, now.times)
        )
        return [ours, ours - recency, ours - count]

    auc, recency, count = figures(np.arange(len(was)))
    spread = _spread(len(was), figures)
    return (
        f"buys within {days} d {day}: {len(was)} people, base {was.mean():.3f},"
        f" auc {auc:.3f} ({spread[0]}), recency {auc - recency:.3f} (ours - it {spread[1]}),"
        f" count {auc - count:.3f} (ours - it {spread[2]})"
    )


def _tenth(scores: np.ndarray) -> np.ndarray:
    """Which are the highest tenth."""
    told = np.zeros(len(scores), bool)
    told[np.argsort(-scores, kind="stable")[: len(scores) // 10]] = True
    return told


def _spread(cases: int, figures: Callable[[np.ndarray], list[float]]) -> list[str]:
    """95 % of figures of cases drawn again and again."""
    chance = np.random.default_rng(1)
    drawn = np.array([figures(chance.integers(0, cases, cases)) for _ in range(DRAWS // 5)])
    return [_between(column) for column in drawn.T]


def _between(drawn: np.ndarray) -> str:
    low, high = np.quantile(drawn, (0.025, 0.975))
    return f"{low:+.4f} to {high:+.4f}"


def _auc(scores: np.ndarray, was: np.ndarray) -> float:
    values, places, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[places]
    yes = int(was.sum())
    return float(
        (ranks[was].sum() - yes * (yes + 1) / 2) / (yes * (len(was) - yes) or len(values))
    )


def _without(ranked: Sequence[int], left: Iterable[int]) -> list[int]:
    gone = set(left)
    return [one for one in ranked if one not in gone][:SHOWN]


def _told(lines: Sequence[Line]) -> Iterator[str]:
    ours = lines[0]
    for line in lines:
        text = f"{line.test:<24} {line.method:<16} hr4 {line.hits:.3f}  rec10 {line.recall:.4f}"
        text += f"  ndcg10 {line.ndcg:.4f}  coverage {line.coverage:.2f}"
        if line is not ours:
            text += f"  ours - it: {', '.join(ours.against(line))}"
        yield text
