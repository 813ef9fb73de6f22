"""Topics, signatures and patience: pure functions."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

TOPICS = (
    "points.changed",
    "tier.reached",
    "reward.redeemed",
    "referral.kept",
    "donation.pledged",
    "donation.due",
    "member.gave",
    "campaign.reached",
    "batch.reconciled",
    "batch.approved",
    "batch.remitted",
    "batch.receipted",
)
PING = "ping"
LEAST_SECRET, MOST_SECRET = 32, 255
DELAYS_SECONDS = (10, 60, 300, 1_800, 7_200, 21_600, 43_200)
PATIENCE = timedelta(days=3)
LEAST_FAILURES = 5  # before a listener that only fails is switched off


def signature(secrets: Sequence[bytes], timestamp: int, body: bytes) -> str:
    """What a receiver compares: one ``v1=`` for each secret that is valid, the newest first."""
    signed = f"{timestamp}.".encode() + body
    return ",".join(f"v1={hmac.digest(one, signed, hashlib.sha256).hex()}" for one in secrets)


def next_try(attempts: int, made_at: datetime, now: datetime) -> datetime | None:
    """When to try again after so many attempts; None: never more."""
    seconds = DELAYS_SECONDS[min(attempts, len(DELAYS_SECONDS)) - 1]
    at = now + timedelta(seconds=seconds)
    return at if at <= made_at + PATIENCE else None
