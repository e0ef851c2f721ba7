"""What only a developer's machine has: the demo's own clock, the newcomer's desk.

Production does not install it.
"""
