"""Customer worth: the fitted models beside the likeliest parameters found another, slower way."""

from __future__ import annotations

import gzip
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

import numpy as np
import scipy

from bench.recommend.shops import DATA
from connector.rooms.recommend.rules import worth

WEEKS = 39
GROUPED = 1_000_000
_LAST = date(1996, 12, 31) + timedelta(weeks=WEEKS)


def tables() -> Iterator[str]:
    """BG/NBD and Gamma-Gamma on CDNOW."""
    sample, everybody = _customers("cdnow_sample.csv.gz"), _customers("cdnow_master.csv.gz")
    x, last, age, mean = sample
    bought = worth.fit_purchases(x, last, age)
    ours = (bought.r, bought.alpha, bought.a, bought.b)
    told = _likeliest(lambda one: _purchases(one, x, last, age), (0.3, 4.0, 0.7, 2.0))
    yield _line("BG/NBD", ours, told, bought.likelihood)
    spent = worth.fit_spend(x, mean)
    has = x > 0
    likeliest = _likeliest(lambda one: _spend(one, x[has], mean[has]), (6.0, 4.0, 15.0))
    yield _line("Gamma-Gamma", (spent.p, spent.q, spent.v), likeliest, spent.likelihood)
    drawn = np.random.default_rng(1).integers(0, len(everybody[0]), GROUPED)
    for columns in (everybody, tuple(column[drawn] for column in everybody)):
        began, at = time.process_time(), time.perf_counter()
        worth.fit_purchases(*columns[:3])
        worth.fit_spend(columns[0], columns[3])
        yield (
            f"worth of {len(columns[0])} customers, both models fitted:"
            f" {time.process_time() - began:.2f} s of processor time,"
            f" {time.perf_counter() - at:.2f} s"
        )


def _line(
    name: str, ours: Sequence[float], likeliest: tuple[np.ndarray, float], reached: float
) -> str:
    parameters, likelihood = likeliest
    off = np.abs(np.array(ours) / parameters - 1).max()
    told = ", ".join(f"{one:.4f}" for one in ours)
    return (
        f"{name:<12} {told}  likelihood {reached:.2f}; found without slopes"
        f" {', '.join(f'{one:.4f}' for one in parameters)}  {likelihood:.2f}: {off:.5f} off"
    )


def _customers(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(repeat purchases, the last one, weeks known, average of the repeats) by customer."""
    spent: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    with gzip.open(DATA / name, "rt", encoding="ascii") as file:
        header = next(file).strip().split(",")
        person = "sample_id" if "sample_id" in header else "customer_id"
        who, on, paid = (header.index(one) for one in (person, "date", "dollars"))
        for line in file:
            cells = line.strip().split(",")
            day = date.fromisoformat(cells[on])
            if day <= _LAST:
                spent[cells[who]][day] += float(cells[paid])
    rows = []
    for days in spent.values():
        first, *repeats = sorted(days)
        weeks = (max(days) - first).days / 7
        mean = sum(days[one] for one in repeats) / max(len(repeats), 1)
        rows.append((len(repeats), weeks, (_LAST - first).days / 7, mean))
    x, last, age, mean = np.array(rows, float).T
    return x.astype(int), last, age, mean


def _likeliest(
    likelihood: Callable[[np.ndarray], float], start: tuple[float, ...]
) -> tuple[np.ndarray, float]:
    """By trying points only, again from where it stopped."""
    logs = np.log(start)
    for _ in range(4):
        found = scipy.optimize.minimize(
            lambda one: -likelihood(np.exp(one)),
            logs,
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 4000},
        )
        logs = found.x
    return np.exp(logs), -float(found.fun)


def _purchases(one: np.ndarray, x: np.ndarray, last: np.ndarray, age: np.ndarray) -> float:
    """As the paper has it, equation 6, by products of betas and gammas."""
    r, alpha, a, b = one
    beta, gamma = scipy.special.betaln, scipy.special.gammaln
    whole = beta(a, b + x) - beta(a, b) + gamma(r + x) - gamma(r) + r * np.log(alpha)
    stayed = whole - (r + x) * np.log(alpha + age)
    has = x > 0
    gone = beta(a + 1, b + x[has] - 1) - beta(a, b) + gamma(r + x[has]) - gamma(r)
    gone += r * np.log(alpha) - (r + x[has]) * np.log(alpha + last[has])
    stayed[has] = np.logaddexp(stayed[has], gone)
    return float(stayed.sum())


def _spend(one: np.ndarray, x: np.ndarray, mean: np.ndarray) -> float:
    p, q, v = one
    told = q * np.log(v) + (p * x - 1) * np.log(mean) + p * x * np.log(x)
    told -= (p * x + q) * np.log(v + x * mean) + scipy.special.betaln(p * x, q)
    return float(told.sum())
