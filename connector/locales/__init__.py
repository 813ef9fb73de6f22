"""Translations: one catalogue a language beside this file; English is in the code itself.

``python -m connector.locales`` checks them, ``python -m connector.locales update`` adds what is
missing (empty, for a translator) and drops what nothing says any more.
"""
