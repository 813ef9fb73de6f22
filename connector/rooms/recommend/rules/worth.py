"""What customers will still buy: BG/NBD for how often, Gamma-Gamma for how much.

Fader, Hardie and Lee, "Counting your customers" the easy way, Marketing Science 24(2), 2005; their
note on the Gamma-Gamma model of spend. Fitted by maximum likelihood over the logarithms of the
parameters, customers alike counted once. Of each customer: x repeat purchases, the last one t_x
after the first, T since the first, in any one unit of time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from connector.rooms.recommend.rules.history import Floats

_STARTS = ((1.0, 1.0, 1.0, 1.0), (0.3, 2.0, 0.5, 5.0))
_SPEND_STARTS = ((2.0, 3.0, 2.0), (6.0, 4.0, 15.0))
_BOUND = 12.0  # of a logarithm: drop-out may be nearly none, not none


@dataclass(frozen=True, slots=True)
class Purchases:
    """BG/NBD. likelihood: the logarithm reached."""

    r: float
    alpha: float
    a: float
    b: float
    likelihood: float


@dataclass(frozen=True, slots=True)
class Spend:
    """Gamma-Gamma of what a purchase is worth."""

    p: float
    q: float
    v: float
    likelihood: float


def fit_purchases(
    repeats: NDArray[np.integer], recency: NDArray[np.number], age: NDArray[np.number]
) -> Purchases:
    """The likeliest parameters; time is scaled meanwhile, so that its unit does not matter."""
    scale = max(float(np.max(age, initial=0)), 1.0) / 10
    columns = [np.asarray(one, np.float64) for one in (repeats, recency, age)]
    one_of_each, counts = _alike(columns)
    x, last, whole = (column[one_of_each] for column in columns)
    last, whole = last / scale, whole / scale

    def loss(logs: Floats) -> tuple[float, Floats]:
        value, slope = _purchase_likelihood(np.exp(logs), x, last, whole, counts)
        return -value, -slope * np.exp(logs)

    logs, value = _least(loss, _STARTS)
    r, alpha, a, b = np.exp(logs)
    # In the customers' own unit each repeat purchase is a density over longer time.
    shift = float(counts @ x) * float(np.log(scale))
    return Purchases(float(r), float(alpha * scale), float(a), float(b), -value - shift)


def expected(
    fitted: Purchases,
    repeats: NDArray[np.integer],
    recency: NDArray[np.number],
    age: NDArray[np.number],
    ahead: float,
) -> Floats:
    """Purchases to expect of each customer in the time ``ahead``."""
    r, alpha, a, b = fitted.r, fitted.alpha, fitted.a, fitted.b
    if abs(a - 1) < 1e-6:  # noqa: PLR2004 - the formula has a hole there, its neighbours do not
        a += 1e-5
    x, last, whole = (np.asarray(one, np.float64) for one in (repeats, recency, age))
    later = alpha + whole + ahead
    series = scipy.special.hyp2f1(r + x, b + x, a + b + x - 1, ahead / later)
    grown = 1 - ((alpha + whole) / later) ** (r + x) * series
    silent = (a / (b + np.maximum(x, 1) - 1)) * ((alpha + whole) / (alpha + last)) ** (r + x)
    told: Floats = (a + b + x - 1) / (a - 1) * grown / (1 + np.where(x > 0, silent, 0))
    # Where hardly anybody is seen to leave the series has no value; without it people stay.
    staying = (r + x) / (alpha + whole) * ahead
    return np.where(np.isfinite(told) & (told >= 0), told, staying)


def fit_spend(repeats: NDArray[np.integer], average: Floats) -> Spend:
    """Of customers with a repeat purchase: how many, and what one was worth on average."""
    has = (repeats > 0) & (average > 0)
    x, mean = repeats[has].astype(np.float64), average[has].astype(np.float64)
    times, counts = np.unique(x, return_counts=True)
    known = float(x @ np.log(x * mean)), float(np.log(mean).sum())

    def loss(logs: Floats) -> tuple[float, Floats]:
        value, slope = _spend_likelihood(np.exp(logs), times, counts, known, x, x * mean)
        return -value, -slope * np.exp(logs)

    logs, value = _least(loss, _SPEND_STARTS)
    p, q, v = np.exp(logs)
    return Spend(float(p), float(q), float(v), -value)


def expected_spend(fitted: Spend, repeats: NDArray[np.integer], average: Floats) -> Floats:
    """What a purchase of each customer will be worth."""
    p, q, v = fitted.p, fitted.q, fitted.v
    told: Floats = p * (v + repeats * average) / (p * repeats + q - 1)
    return told


def _least(
    loss: Callable[[Floats], tuple[float, Floats]], starts: tuple[tuple[float, ...], ...]
) -> tuple[Floats, float]:
    found = [
        scipy.optimize.minimize(
            loss,
            np.log(start),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-_BOUND, _BOUND)] * len(start),
            options={"ftol": 1e-14, "gtol": 1e-8, "maxiter": 1000},
        )
        for start in starts
    ]
    best = min(found, key=lambda one: float(one.fun))
    return best.x, float(best.fun)


def _purchase_likelihood(
    parameters: Floats, x: Floats, last: Floats, whole: Floats, counts: NDArray[np.int64]
) -> tuple[float, Floats]:
    """(logarithm of the likelihood, its slope by each parameter)."""
    r, alpha, a, b = parameters
    gammaln, psi = scipy.special.gammaln, scipy.special.psi
    has = x > 0
    rest = np.maximum(b + x - 1, 1e-12)
    stayed = -(r + x) * np.log(alpha + whole)
    left = np.where(has, np.log(a) - np.log(rest) - (r + x) * np.log(alpha + last), -np.inf)
    both = np.logaddexp(stayed, left)
    told = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + gammaln(a + b) + gammaln(b + x)
    told += both - gammaln(b) - gammaln(a + b + x)
    is_left = np.exp(left - both)
    is_here = 1 - is_left
    logs = is_here * np.log(alpha + whole) + is_left * np.log(alpha + last)
    inverse = is_here / (alpha + whole) + is_left / (alpha + last)
    ab = psi(a + b) - psi(a + b + x)
    slopes = (
        psi(r + x) - psi(r) + np.log(alpha) - logs,
        r / alpha - (r + x) * inverse,
        ab + is_left / a,
        ab + psi(b + x) - psi(b) - np.where(has, is_left / rest, 0),
    )
    return float(counts @ told), np.array([float(counts @ slope) for slope in slopes])


def _spend_likelihood(
    parameters: Floats,
    times: Floats,
    counts: NDArray[np.int64],
    known: tuple[float, float],
    x: Floats,
    total: Floats,
) -> tuple[float, Floats]:
    """The same. times, counts: how many customers have so many purchases; their gammas are alike.

    known: sums that no parameter changes. total: what each customer spent.
    """
    p, q, v = parameters
    gammaln, psi = scipy.special.gammaln, scipy.special.psi
    people = len(x)
    whole = v + total
    logs = np.log(whole)
    logs_each, logs_all = float(x @ logs), float(logs.sum())
    told = counts @ (gammaln(p * times + q) - gammaln(p * times))
    told += people * (q * np.log(v) - gammaln(q))
    told += p * known[0] - known[1] - p * logs_each - q * logs_all
    at = psi(p * times + q)
    slopes = (
        counts @ (times * (at - psi(p * times))) + known[0] - logs_each,
        counts @ at + people * (np.log(v) - psi(q)) - logs_all,
        people * q / v - (p * x + q) @ (1 / whole),
    )
    return float(told), np.array([float(slope) for slope in slopes])


def _alike(columns: list[Floats]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(where one of each sort of customers is, how many are of it)."""
    sorts = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        values, places = np.unique(column, return_inverse=True)
        _, sorts = np.unique(sorts * max(len(values), 1) + places, return_inverse=True)
    _, firsts, counts = np.unique(sorts, return_index=True, return_counts=True)
    return firsts, counts
