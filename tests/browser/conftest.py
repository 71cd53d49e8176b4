"""Browser tests look at a running house."""

from tests.live import filled_folder, live

__all__ = ["filled_folder", "live"]
