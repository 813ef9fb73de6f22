"""Rehearsals: what a draft of the programme would have given over the last twelve months.

Hears and publishes nothing; what it finds stays with the draft.
Invariants: of a shop that lived by one programme, its back-test gives what the book holds, by
member; nothing of it touches the book. Levels and first orders are as they were frozen. Otherwise
it differs from the book in that: exclusions, blocks and the catalogue are those of today; orders
from before the install count; caps begin empty a year ago and are used up in the sequence of
placing, by what is left of orders today; a window that goes on is tried a year earlier, too.
Points owed begin with what the book holds: what orders and deeds of the year really gave goes,
what the draft gives comes. What is pending, and what the book never had, is left out.
"""
