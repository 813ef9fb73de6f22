"""Scores of members, told once a day: how likely they buy, how often, what they may need again.

``service`` is for the engine and for others; what it tells is of the night, never of this moment,
and names no day on which anybody will buy.
"""
