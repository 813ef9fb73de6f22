"""The earning programme: what a merchant promised, in versions, and what an order earns by one.

Of the shared floor, because several rooms judge by it: points of orders, actions of members, what
lapses, and rehearsals. Invariants: a version that was published or scheduled never changes; the
rule of the day an order was placed judges it (decision 0014); rates and points are integers.
"""
