"""The door to Redis: jobs by name and ids. Everything goes on without it; work then waits for the sweep."""

import logging
from typing import Any

from redis import Redis, RedisError
from rq import Queue
from rq.serializers import JSONSerializer

TIMEOUTS = {"deadlines": 30, "notify": 60, "index": 15 * 60, "reports": 60 * 60}
"""Seconds a job of each queue may run."""

log = logging.getLogger(__name__)


def connect(url: str) -> Redis:
    """A Redis client that gives up fast, so that a dead Redis never holds up a caller."""
    return Redis.from_url(url, socket_connect_timeout=1, socket_timeout=5)


def queue(connection: Redis, name: str) -> Queue:
    """The named queue; jobs carry plain ids only (JSON)."""
    return Queue(name, connection=connection, serializer=JSONSerializer, default_timeout=TIMEOUTS[name])


def enqueue(connection: Redis, name: str, job: str, *args: Any, ttl: int = 30) -> bool:
    """Put `job` ("hotline.jobs.sweep") on a queue with a fresh id. False when Redis cannot take it now."""
    try:
        queue(connection, name).enqueue(job, *args, ttl=ttl, result_ttl=0, failure_ttl=24 * 3600)
    except (RedisError, OSError) as error:
        log.warning("queue %s does not take %s: %s", name, job, error)
        return False
    return True
