"""Pages about gifts for people who have no account here: receipts, and what came together."""

from connector.web.gifts.door import blueprint

__all__ = ["blueprint"]
