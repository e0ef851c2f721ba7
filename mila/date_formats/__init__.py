"""Dates of the back office as Europe writes them in English: Django's own English is American."""
