"""The Admin GraphQL API over the shop: ``roots`` answers, ``nodes`` tells, ``engine`` executes."""
