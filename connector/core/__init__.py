"""Values and plumbing. Knows no Flask, no platform and no room."""
