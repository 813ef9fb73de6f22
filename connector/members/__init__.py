"""Person and identity. The member row names nobody; personal data sits in sealed side rows.

Invariants: one member per (shop, platform account), one guest per (shop, e-mail hash); erasing
drops key and person, and a tombstone keeps late deliveries from bringing them back.
"""

from connector.members.service import Members

__all__ = ["Members"]
