"""An RQ worker with the settings that survive kill -9 (figures: scripts/chaos)."""

import gc
import logging

from redis import Redis
from rq import SimpleWorker, Worker
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker

from hotline.queue import queue

QUICK = ("deadlines", "notify")
"""Queues of jobs that take well under a second: forking, and a fresh database pool each time, would cost more."""


class QuickWorker(SimpleWorker):
    """Runs each job in its own process, with the app that is already there."""

    exponential_backoff_factor = 1.0  # RQ would sleep up to a minute before it looks whether Redis is back


class ForkingWorker(Worker):
    """Runs each job in a child, so that a long or greedy one can be killed alone."""

    exponential_backoff_factor = 1.0


def make_worker(connection: Redis, names: tuple[str, ...] = QUICK) -> BaseWorker:
    """A worker for these queues.

    The name is random, because RQ refuses a name until its dead bearer's `worker_ttl` is over. A killed worker's job
    is not given back to the queue by RQ; the next tick's is a fresh one, and the database knows what is left to do.
    """
    kind = QuickWorker if set(names) <= set(QUICK) else ForkingWorker
    return kind(
        [queue(connection, name) for name in names],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=60,
        job_monitoring_interval=5,
        maintenance_interval=60,
        log_job_description=False,
    )


def work(connection: Redis, names: tuple[str, ...] = QUICK) -> None:
    """Work until told to stop, or until Redis fails in the middle of a job; the supervisor then starts us again."""
    gc.freeze()  # a full collection over the whole app takes 100 ms, in the middle of a write transaction
    make_worker(connection, names).work(logging_level=logging.getLevelName(logging.WARNING))
