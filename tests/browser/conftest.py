"""Browser tests look at a running house."""

from tests.live import live

__all__ = ["live"]
