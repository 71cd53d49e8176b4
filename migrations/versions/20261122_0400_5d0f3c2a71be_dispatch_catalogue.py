"""dispatch catalogue: versioned rows for category, region and appeal type; files read before an import."""

from collections import Counter
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "5d0f3c2a71be"
down_revision = "5d0f3c8a7b21"
branch_labels = None
depends_on = None

TYPES = "'COMPLAINT', 'CONSULTATION', 'HELP', 'PRAISE', 'SUGGESTION', 'TIP_OFF'"
BY, WHY = "系统升级", "升级前的派单目录"
OLD = sa.table(
    "category_owner",
    *(sa.column(name) for name in ("id", "category_id", "region_id", "unit_id")),
    sa.column("support_unit_ids", sa.JSON()),
    sa.column("effective_from", sa.Date()),
    sa.column("effective_to", sa.Date()),
)
NEW = sa.table(
    "catalogue_row",
    *(sa.column(name) for name in ("id", "slot", "version", "category_id", "region_id", "appeal_type", "unit_id")),
    sa.column("support_unit_ids", sa.JSON()),
    *(sa.column(name) for name in ("legal_basis", "reason", "recorded_by", "ended_reason")),
    sa.column("recorded_at", sa.DateTime()),
    sa.column("effective_from", sa.Date()),
    sa.column("effective_to", sa.Date()),
)


def upgrade() -> None:
    _create_row()
    op.create_table(
        "catalogue_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_catalogue_upload_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_upload")),
    )
    with op.batch_alter_table("catalogue_upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_catalogue_upload_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_catalogue_upload_created_at"), ["created_at"], unique=False)
    rows = [*_owners(), *_zones()]
    if rows:
        op.bulk_insert(NEW, rows)
    _drop_owner()


def _create_row() -> None:
    name = "catalogue_row"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column("appeal_type", sa.String(length=32), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("support_unit_ids", sa.JSON(), nullable=False),
        sa.Column("fallback_unit_id", sa.Integer(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("ended_by", sa.String(length=40), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.CheckConstraint(f"appeal_type IN ({TYPES})", name=op.f("ck_catalogue_row_appeal_type")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_catalogue_row_category_id_category")),
        sa.ForeignKeyConstraint(["fallback_unit_id"], ["unit.id"], name=op.f("fk_catalogue_row_fallback_unit_id_unit")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_catalogue_row_region_id_region")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_catalogue_row_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_row")),
        sa.UniqueConstraint("slot", "version", name=op.f("uq_catalogue_row_slot_version")),
    )
    with op.batch_alter_table(name, schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_catalogue_row_category_id"), ["category_id"], unique=False)


def _owners() -> list[dict[str, Any]]:
    """What stood, each as the next version of its slot, the oldest first."""
    versions: Counter[str] = Counter()
    found = []
    for old in op.get_bind().execute(sa.select(OLD).order_by(OLD.c.effective_from, OLD.c.id)).mappings():
        slot = f"{old['category_id']}/{old['region_id'] or '-'}/-"
        versions[slot] += 1
        found.append(_row(slot, versions[slot], **{name: old[name] for name in old if name != "id"}))
    return found


def _zones() -> list[dict[str, Any]]:
    """A functional zone's own unit took whatever no row named the zone for; now a row says so."""
    query = sa.text(
        "SELECT region.id, min(unit.id) FROM region JOIN unit ON unit.region_id = region.id AND unit.kind = 'ZONE'"
        " WHERE region.kind = 'ZONE' AND unit.effective_to IS NULL GROUP BY region.id ORDER BY region.id"
    )
    rest: dict[str, Any] = {"category_id": None, "support_unit_ids": [], "effective_to": None}
    first = date(2020, 1, 1)
    return [
        _row(f"-/{region}/-", 1, region_id=region, unit_id=unit, effective_from=first, **rest)
        for region, unit in op.get_bind().execute(query)
    ]


def _row(slot: str, version: int, **said: Any) -> dict[str, Any]:
    at = datetime.combine(said["effective_from"], time.min, UTC).replace(tzinfo=None)
    texts = {"legal_basis": "", "reason": WHY, "recorded_by": BY, "ended_reason": ""}
    return {"slot": slot, "version": version, "appeal_type": None, "recorded_at": at, **texts, **said}


def _drop_owner() -> None:
    with op.batch_alter_table("category_owner", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_category_owner_category_id"))
    op.drop_table("category_owner")


def downgrade() -> None:
    op.create_table(
        "category_owner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("support_unit_ids", sa.JSON(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_category_owner_category_id_category")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_category_owner_region_id_region")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_category_owner_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category_owner")),
    )
    with op.batch_alter_table("category_owner", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_category_owner_category_id"), ["category_id"], unique=False)
    kept = [dict(row) for row in op.get_bind().execute(_kept()).mappings()]
    if kept:
        op.bulk_insert(OLD, kept)
    op.drop_table("catalogue_upload")
    op.drop_table("catalogue_row")


def _kept() -> sa.Select[Any]:
    """What the old table can say: rows of a category for any appeal type that were not withdrawn before they began."""
    names = ("category_id", "region_id", "unit_id", "support_unit_ids", "effective_from", "effective_to")
    counted = sa.or_(NEW.c.effective_to.is_(None), NEW.c.effective_to >= NEW.c.effective_from)
    said = sa.select(*(NEW.c[name] for name in names)).where(NEW.c.category_id.is_not(None), counted)
    return said.where(NEW.c.appeal_type.is_(None)).order_by(NEW.c.id)
