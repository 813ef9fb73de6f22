"""What the plugin inside a store tells, kept and read like any delivery.

A webhook's topic is not signed, so these topics count only with a header that no webhook keeps:
X-Perennial-Plugin, the time at which the plugin's own signature was proven.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec import Struct

from adapters.woocommerce.payloads import moment
from connector.core.commerce import Delivery, PrivacyRequest, Snapshot, Uninstalled

HEADER = "X-Perennial-Plugin"
LEFT, ERASE = "perennial.left", "perennial.erase"


class _Erasure(Struct):
    email: str
    customer: str = ""


def left(delivery: Delivery) -> Sequence[Snapshot]:
    """The merchant took the plugin out of the store."""
    at = moment(delivery.headers.get(HEADER))
    return [Uninstalled(at)] if at else []


def erase(delivery: Delivery) -> Sequence[Snapshot]:
    """The store forgets a person, and so do we."""
    if not delivery.headers.get(HEADER):
        return []
    told = msgspec.json.decode(delivery.body, type=_Erasure)
    return [PrivacyRequest("redact_customer", told.customer or None, told.email)]


READERS: Mapping[str, Callable[[Delivery], Sequence[Snapshot]]] = {LEFT: left, ERASE: erase}
