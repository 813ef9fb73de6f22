"""The tenant: businesses, their shops, sealed credentials, staff, API keys.

The shop is found only through what proved itself: a hook path, a signature, a session, a key.
"""
