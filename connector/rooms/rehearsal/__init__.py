"""Rehearsals: what a draft of the programme would have given over the last twelve months.

Hears and publishes nothing; what it finds stays with the draft.
Invariants: what it says of an order is what the order engine would post for it, caps and first
orders in the sequence of placing; nothing of it touches the book.
"""
