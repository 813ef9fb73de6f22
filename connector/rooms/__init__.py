"""The rooms: one capability each, the same inner shape, and none imports another."""
