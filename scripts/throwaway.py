"""A fresh database for a measurement, gone at its end."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hotline.servers import start_postgres


@contextmanager
def throwaway(name: str) -> Iterator[tuple[Path, str]]:
    """A folder, and the URL of an empty database: "sqlite", "postgres" (started for us), or a URL taken as it is."""
    with tempfile.TemporaryDirectory(prefix="hotline-") as made:
        folder = Path(made)
        if name == "sqlite":
            yield folder, f"sqlite:///{folder / 'hotline.sqlite3'}"
        elif name == "postgres":
            folder.chmod(0o755)  # the server does not run as us when we are root
            server = start_postgres(folder / "postgres")
            try:
                yield folder, server.url
            finally:
                server.stop()
        else:
            yield folder, name
