"""What lapses, and who was told: off until a merchant turns it on.

Hears MembersMerged, MemberErased. Publishes PointsChanged. Each night lots are dated by the terms,
notices are made 30 and 7 days before, and what is over lapses.
Invariants: the clock starts when expiry is turned on, or changed; nothing lapses unless both
notices were delivered, 30 and 7 days before; a night that runs twice changes nothing (I13).
"""
