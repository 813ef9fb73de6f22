"""Whether recommendations work: a permanent holdout, counts without names, and what they earn.

Hears OrderChanged; publishes nothing. Invariants: a visitor is a bucket of a thousand and nothing
more; no row is of one event or of one visitor; an order is counted once, and its refunds move what
it counted; a figure says nothing while its interval does not.
"""
