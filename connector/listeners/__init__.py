"""Listeners: addresses of a merchant's own programs, which hear what happened, signed.

A message is a row, written with what it tells of: none without the other (I25). What it says is
read from the book when it is sent, so a message that comes late tells what is so by then. It
names members by number and nothing of the person; it goes when the member is erased.
"""

from connector.listeners.service import Listener, Message, Parcel, queue

__all__ = ["Listener", "Message", "Parcel", "queue"]
