"""What the panel says, as the server tells it: one file a room, each giving blocks.

The browser draws blocks and knows nothing of points; every sentence, number and date is here.
"""
