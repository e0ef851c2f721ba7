"""Customers and partners at the pages of the real site, on a fast clock, while its processes are
killed (fault T4).

The site is `devstack.launch`'s: web, streams, worker, beat and the delivery of webhooks, each a
process of its own against fresh databases. This process plays the people (participants, reactions,
plans; simulation.actors at the pages), drives the clock (pace) and kills (kills), until all is over
(runner); then it is judged (result).
"""

from devstack.live.runner import Live

__all__ = ["Live"]
