"""Calendars (iCalendar) and contact cards (vCard), written anew from allow-listed properties."""

from sanitizers.formats.calendar.contact import Contact
from sanitizers.formats.calendar.invitation import Calendar

__all__ = ["Calendar", "Contact"]
