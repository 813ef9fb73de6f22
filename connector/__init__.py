"""Perennial's service: hears a shop's platform, keeps the book, shows members what they earned."""
