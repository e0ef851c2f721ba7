"""The newcomer's desk: sign in as anybody, move the clock, read the mails that were sent.

For the demo alone.
"""
