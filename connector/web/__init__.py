"""Doors, thin, split by audience: the audience decides how one proves who one is."""
