"""Settings, read once from the environment; defaults serve one machine with one data folder."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Settings:
    """Every setting of the house; `data_dir` holds SQLite, uploads, index and keys.

    `previous_pii_keys` still decrypt but no longer encrypt (key rotation).
    """

    data_dir: Path
    database_url: str
    redis_url: str
    secret_key: str
    pii_key: str
    previous_pii_keys: tuple[str, ...] = ()
    max_upload_bytes: int = 20 * MEGABYTE
    max_request_bytes: int = 64 * MEGABYTE
    session_idle_minutes: int = 60
    login_max_failures: int = 5
    login_lock_minutes: int = 15
    secure_cookies: bool = False

    @property
    def uploads_dir(self) -> Path:
        """Where attachments lie, outside the web root."""
        return self.data_dir / "uploads"

    @property
    def index_dir(self) -> Path:
        """Where the derived search index lies."""
        return self.data_dir / "index"

    @property
    def models_dir(self) -> Path:
        """Where the learned models of the suggestions lie."""
        return self.data_dir / "models"


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment; creates the data folder and its keys on first use."""
    data_dir = Path(environ.get("HOTLINE_DATA", "var")).resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    return Settings(
        data_dir=data_dir,
        database_url=environ.get("DATABASE_URL") or f"sqlite:///{data_dir / 'hotline.sqlite3'}",
        redis_url=environ.get("REDIS_URL") or f"unix://{data_dir / 'redis.sock'}",
        secret_key=environ.get("HOTLINE_SECRET_KEY") or _kept_secret(data_dir / "secret.key"),
        pii_key=environ.get("HOTLINE_PII_KEY") or _kept_secret(data_dir / "pii.key"),
        previous_pii_keys=tuple(environ.get("HOTLINE_PREVIOUS_PII_KEYS", "").split()),
        session_idle_minutes=int(environ.get("HOTLINE_SESSION_IDLE_MINUTES", "60")),
        secure_cookies=environ.get("HOTLINE_SECURE_COOKIES") == "1",
    )


def _kept_secret(path: Path) -> str:
    """A random secret that survives restarts, readable by its owner only; two first starts agree on one."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    secret = secrets.token_urlsafe(32)
    with os.fdopen(handle, "w") as file:
        file.write(secret)
    return secret
