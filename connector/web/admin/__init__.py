"""The merchant's pages: is it working, who is this member, why no points, what earns.

Everything works without a script; htmx and a few lines of our own only improve it.
"""

from connector.web.admin import (
    giving,
    home,
    liability,
    members,
    orders,
    program,
    recommendations,
    signin,
    stores,
    tiers,
)
from connector.web.admin.door import blueprint, error_page

__all__ = [
    "blueprint",
    "error_page",
    "giving",
    "home",
    "liability",
    "members",
    "orders",
    "program",
    "recommendations",
    "signin",
    "stores",
    "tiers",
]
