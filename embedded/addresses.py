"""The addresses of a instance's databases on our own servers, and which of them somebody has put
elsewhere.
"""

import os
import zlib
from urllib.parse import quote

from embedded import folders

# Redis databases 0, 1, 2 ...; other worlds by hash
NUMBERED = ("demo", "check", "simulation", "test", "bench")
REDIS_DATABASES = 1024
SITE_ROLE = "mila_app"


def database_url(name: str, role: str = "postgres") -> str:
    """The address of database mila_<name>; the folder of the socket stands in the path, as
    django-environ reads it.
    """
    return f"postgres://{role}@/{quote(str(folders.place().postgres_sockets))}/mila_{name}"


def site_addresses(instance: str) -> dict[str, str]:
    """For the environment of a site's processes: they connect without owning the tables
    (docs/database-roles.md).

    Nothing where somebody has put the database elsewhere: that address says who connects.
    """
    return (
        {}
        if os.environ.get("DATABASE_URL")
        else {"DATABASE_URL": database_url(instance, SITE_ROLE)}
    )


def redis_url(role: str, instance: str) -> str:
    """The address of a instance's own database in one of the Redis servers ("cache" or "broker"),
    for redis-py.
    """
    return f"unix://{quote(str(folders.place().redis_socket(role)))}?db={redis_database(instance)}"


def broker_url(instance: str) -> str:
    """The address of the broker for Celery."""
    socket = quote(str(folders.place().redis_socket("broker")))
    return f"redis+socket://{socket}?virtual_host={redis_database(instance)}"


def redis_database(instance: str) -> int:
    if instance in NUMBERED:
        return NUMBERED.index(instance)
    return 16 + zlib.crc32(instance.encode()) % (REDIS_DATABASES - 16)


def needs_postgres() -> bool:
    """Two databases are wanted; ours serves whichever has no address."""
    return not (os.environ.get("DATABASE_URL") and os.environ.get("STANDIN_DATABASE_URL"))


def needs_redis(role: str) -> bool:
    return not os.environ.get({"cache": "REDIS_URL", "broker": "CELERY_BROKER_URL"}[role])
