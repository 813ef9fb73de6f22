"""Recommendations, measured: ``python -m bench.recommend rank`` and ``compare``.

Both build exactly what the product builds, from columns instead of the order book.
"""
