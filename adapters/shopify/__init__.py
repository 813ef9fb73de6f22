"""Shopify: the platform adapter."""
