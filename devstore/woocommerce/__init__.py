"""Aldwater Pottery as WooCommerce 11: key grant, REST v3, signed webhooks, the plugin's token.

Departures from the real thing, all of them: a key-grant callback and a webhook address may be
plain http on loopback, the consent page asks for no login, the queue runs twice a second instead
of when somebody visits wp-admin, and a second percentage is off what the first one left.
"""
