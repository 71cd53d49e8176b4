"""knowledge uploads: what was read of a file before its import is confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "baaa9840038b"
down_revision = "038368a9d8dd"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kb_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_kb_upload_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_upload")),
    )
    with op.batch_alter_table("kb_upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kb_upload_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_kb_upload_created_at"), ["created_at"], unique=False)


def downgrade() -> None:
    op.drop_table("kb_upload")
