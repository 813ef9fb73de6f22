"""What a running process holds: made once by ``connector.app``, handed to doors and workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connector.core.commerce import Platform
from connector.core.db import Database
from connector.core.facts import Subscriptions
from connector.core.keeper import Keeper
from connector.core.keyring import KeyRing
from connector.core.outbox import Errand
from connector.members import Members
from connector.settings import Settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """One process's parts. ``wake`` tells the workers that a shop's inbox has something new."""

    settings: Settings
    database: Database
    keys: KeyRing
    members: Members
    platforms: Mapping[str, Platform]
    subscriptions: Subscriptions
    errands: Mapping[str, Errand]  # by the kind of outbox row
    keeper: Keeper
    wake: Callable[[int], None]
