"""Rungs that somebody must confirm, and notices that are about no ticket."""

import sqlalchemy as sa
from alembic import op

revision = "af86b49b6f02"
down_revision = "b9e8c54df271"
branch_labels = None
depends_on = None

UNACKNOWLEDGED = {
    "sqlite_where": sa.text("must_acknowledge = 1 AND acknowledged_at IS NULL"),
    "postgresql_where": sa.text("must_acknowledge AND acknowledged_at IS NULL"),
}
ABOUT = "(ticket_id IS NULL) = (seq IS NULL) AND (ticket_id IS NULL) <> (topic IS NULL)"


def upgrade() -> None:
    with op.batch_alter_table("firing") as batch_op:
        # What fired before could not be confirmed, so nobody owes it.
        batch_op.add_column(sa.Column("must_acknowledge", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("firing") as batch_op:
        batch_op.alter_column("must_acknowledge", server_default=None)
        batch_op.create_index("ix_firing_unacknowledged", ["clock_id"], **UNACKNOWLEDGED)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.add_column(sa.Column("topic", sa.String(length=40), nullable=True))
        batch_op.alter_column("ticket_id", existing_type=sa.Integer(), nullable=True)
        batch_op.alter_column("seq", existing_type=sa.Integer(), nullable=True)
        batch_op.create_unique_constraint(batch_op.f("uq_notice_topic_account_id"), ["topic", "account_id"])
        batch_op.create_check_constraint(batch_op.f("ck_notice_about"), ABOUT)


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE ticket_id IS NULL")
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_notice_about"), type_="check")
        batch_op.drop_constraint(batch_op.f("uq_notice_topic_account_id"), type_="unique")
        batch_op.alter_column("seq", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("ticket_id", existing_type=sa.Integer(), nullable=False)
        batch_op.drop_column("topic")
    with op.batch_alter_table("firing") as batch_op:
        batch_op.drop_index("ix_firing_unacknowledged", **UNACKNOWLEDGED)
        batch_op.drop_column("must_acknowledge")
