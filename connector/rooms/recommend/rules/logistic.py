"""Logistic regression: how likely something is, learnt from what happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from connector.rooms.recommend.rules.history import Floats

ENOUGH = 100  # examples of each outcome
_RIDGE = 1.0  # as if so many examples said that nothing matters
_STEPS = 50
_CLOSE = 1e-9
_FAR = 30.0


@dataclass(frozen=True, slots=True)
class Odds:
    """A fitted model. ``weights``: the constant, then of each feature in standard units."""

    means: Floats
    spreads: Floats
    weights: Floats

    def of(self, features: Floats) -> Floats:
        """Probabilities of rows of features."""
        units = (features - self.means) / self.spreads
        return _chance(self.weights[0] + units @ self.weights[1:])


def fit(features: Floats, happened: Floats) -> Odds | None:
    """By Newton's steps; None if too little happened, or too little did not."""
    yes = int(happened.sum())
    if min(yes, len(happened) - yes) < ENOUGH:
        return None
    order = np.lexsort((happened, *features.T))  # sums do not depend on the sequence of rows
    features, happened = features[order], happened[order]
    means, spreads = features.mean(axis=0), np.maximum(features.std(axis=0), _CLOSE)
    units = np.column_stack((np.ones(len(features)), (features - means) / spreads))
    ridge = np.full(units.shape[1], _RIDGE)
    ridge[0] = 0
    weights = np.zeros(units.shape[1])
    weights[0] = np.log(yes / (len(happened) - yes))
    for _ in range(_STEPS):
        chance = _chance(units @ weights)
        slope = units.T @ (happened - chance) - ridge * weights
        curve = (units * (chance * (1 - chance))[:, None]).T @ units + np.diag(ridge + _CLOSE)
        step = np.linalg.solve(curve, slope)
        step /= max(1.0, np.abs(step).max())  # farther out the curve says nothing, and steps fly
        weights = weights + step
        if np.abs(step).max() < _CLOSE:
            break
    return Odds(means, spreads, weights)


def _chance(told: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-np.clip(told, -_FAR, _FAR)))
    return chance
