"""The pages of the site, with a Stripe that takes every call and never answers: for bench.outages,
under the site's own server.
"""

import os

from mila.wsgi import application
from payments.gateway import client

__all__ = ["application"]

client.REAL_API = os.environ["MUTE_STRIPE"]
