"""The jobs that wait: for tests and measurements that look at them, or throw them away."""

import redis
from django.conf import settings

from mila.redis import plain


def broker_redis() -> redis.Redis:
    return redis.Redis.from_url(plain(settings.CELERY_BROKER_URL), decode_responses=True)
