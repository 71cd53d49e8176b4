"""Alembic without an ini file: the same migrations from a checkout and from an installed package."""

from pathlib import Path

from alembic import command
from alembic.config import Config

import migrations

# A '%' is doubled because alembic reads its settings through a config parser.
FILE_NAME = "%%(year)d%%(month).2d%%(day).2d_%%(hour).2d%%(minute).2d_%%(rev)s_%%(slug)s"


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` up to `revision`. Safe when several processes start together."""
    command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database at `url` back to `revision` ("-1" = one step, "base" = empty)."""
    command.downgrade(_config(url), revision)


def draft(url: str, what: str) -> None:
    """Write a migration for what the models have and the (migrated) database has not. Read it before you keep it."""
    command.revision(_config(url), what, autogenerate=True)


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("file_template", FILE_NAME)
    config.set_main_option("timezone", "UTC")
    config.attributes["url"] = url  # an attribute, so that a '%' in a password stays what it is
    return config
