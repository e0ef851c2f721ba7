"""A stand-in for Stripe for laptops, tests and the demo: real SDK in front, own database, signed
events.

Only what Mila calls is there; anything else answers 404 as Stripe would, so that a new call fails
loudly.
"""
