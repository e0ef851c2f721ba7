"""PostgreSQL and two Redis servers of a laptop, out of wheels, on Unix sockets. No Django here:
settings import this.

One set of servers for each checkout, shared by its worlds (demo, check, simulation, test). They
outlive the process that started them; `hold()` stops them with the last process that holds them,
`start()` keeps them until `stop()`. An address in the environment (DATABASE_URL and so on) always
wins: that server is then somebody else's.
"""

from embedded.addresses import (
    SITE_ROLE,
    broker_url,
    database_url,
    needs_redis,
    redis_url,
    site_addresses,
)
from embedded.errors import ServiceError
from embedded.folders import var
from embedded.holding import hold, start, status, stop

__all__ = [
    "SITE_ROLE",
    "ServiceError",
    "broker_url",
    "database_url",
    "hold",
    "needs_redis",
    "redis_url",
    "site_addresses",
    "start",
    "status",
    "stop",
    "var",
]
