"""How migrations run: on our own engine, in one transaction, one process at a time, on both databases."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, text

from hotline.app import import_models
from hotline.database import Base, EncryptedText, UtcDateTime, make_engine

LOCK = 12345
"""Advisory lock of PostgreSQL: of two hosts that start together, one migrates and the other waits."""


def run() -> None:
    """Bring the database named by the config to the wanted revision."""
    import_models()
    engine = make_engine(context.config.attributes["url"])
    with engine.connect().execution_options(write=True) as connection:
        if engine.dialect.name == "sqlite":
            _relax_foreign_keys(connection)
        with connection.begin():
            _migrate(connection)
    engine.dispose()


def _migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=_render_plain,
        compare_type=True,
        transactional_ddl=True,  # also on SQLite: our engine says BEGIN itself
    )
    context.run_migrations()
    if connection.dialect.name == "sqlite" and (broken := connection.execute(text("PRAGMA foreign_key_check")).all()):
        raise RuntimeError(f"migration leaves broken foreign keys: {broken[:5]}")


def _relax_foreign_keys(connection: Connection) -> None:
    # A batch ALTER rebuilds the table; with keys enforced, dropping the old one would delete the rows that point at it.
    # The pragma works outside a transaction only, so it goes to the driver's own connection.
    connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")


def _render_plain(kind: str, item: Any, _autogenerate: object) -> str | Literal[False]:
    # A landed migration must not change when our column types do: it names SQLAlchemy's own.
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime()"
    if kind == "type" and isinstance(item, EncryptedText):
        return "sa.Text()"
    return False


run()
