"""Person and identity. The member row names nobody; personal data sits in sealed side rows.

Invariants: one member per (shop, platform account), one guest per (shop, e-mail hash); erasing
drops key and person, and a tombstone keeps late deliveries from bringing them back.
"""

from connector.members.service import Identity, Members
from connector.members.store import erased

__all__ = ["Identity", "Members", "erased"]
