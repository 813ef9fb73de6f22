"""The merchant's pages: is it working, who is this member, why no points, what earns.

Everything works without a script; htmx and a few lines of our own only improve it.
"""

from connector.web.admin import (
    causes,
    drafts,
    exchange,
    giving,
    home,
    identities,
    liability,
    listeners,
    members,
    orders,
    preferences,
    program,
    recommendations,
    referrals,
    rehearsal,
    remittances,
    rewards,
    rule_editor,
    signin,
    stores,
    tiers,
)
from connector.web.admin.door import blueprint, error_page

__all__ = [
    "blueprint",
    "causes",
    "drafts",
    "error_page",
    "exchange",
    "giving",
    "home",
    "identities",
    "liability",
    "listeners",
    "members",
    "orders",
    "preferences",
    "program",
    "recommendations",
    "referrals",
    "rehearsal",
    "remittances",
    "rewards",
    "rule_editor",
    "signin",
    "stores",
    "tiers",
]
