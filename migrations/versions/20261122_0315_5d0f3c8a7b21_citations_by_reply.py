"""citations by reply: which answer cites an entry, and whether the entry was internal when it did."""

import sqlalchemy as sa
from alembic import op

revision = "5d0f3c8a7b21"
down_revision = "baaa9840038b"
branch_labels = None
depends_on = None

BY_TICKET = "uq_citation_ticket_id_entry_id_entry_version"
BY_REPLY = "uq_citation_ticket_id_reply_id_entry_id_entry_version"


def upgrade() -> None:
    with op.batch_alter_table("citation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reply_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("is_internal", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_foreign_key(batch_op.f("fk_citation_reply_id_reply"), "reply", ["reply_id"], ["id"])
        batch_op.drop_constraint(BY_TICKET, type_="unique")
        batch_op.create_unique_constraint(BY_REPLY, ["ticket_id", "reply_id", "entry_id", "entry_version"])
    with op.batch_alter_table("citation", schema=None) as batch_op:
        batch_op.alter_column("is_internal", server_default=None)
    op.execute(
        """UPDATE citation SET reply_id = (SELECT min(reply.id) FROM reply
        WHERE reply.ticket_id = citation.ticket_id AND reply.at = citation.at)"""
    )
    op.execute(
        sa.text(
            "UPDATE citation SET is_internal = :yes WHERE entry_id IN (SELECT id FROM kb_entry WHERE is_public = :no)"
        ).bindparams(sa.bindparam("yes", True, sa.Boolean()), sa.bindparam("no", False, sa.Boolean()))
    )


def downgrade() -> None:
    op.execute(
        """DELETE FROM citation WHERE EXISTS (SELECT 1 FROM citation AS earlier WHERE earlier.id < citation.id
        AND earlier.ticket_id = citation.ticket_id AND earlier.entry_id = citation.entry_id
        AND earlier.entry_version = citation.entry_version)"""
    )
    with op.batch_alter_table("citation", schema=None) as batch_op:
        batch_op.drop_constraint(BY_REPLY, type_="unique")
        batch_op.create_unique_constraint(BY_TICKET, ["ticket_id", "entry_id", "entry_version"])
        batch_op.drop_constraint(batch_op.f("fk_citation_reply_id_reply"), type_="foreignkey")
        batch_op.drop_column("is_internal")
        batch_op.drop_column("reply_id")
