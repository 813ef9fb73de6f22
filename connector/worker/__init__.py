"""The engine's tasks. Tables are the truth; a lost task costs a second, never a point."""
