"""what a substitution moves: consultations that passed over, and what did not pass with the reason."""

import sqlalchemy as sa
from alembic import op

revision = "7c41d9e0ab35"
down_revision = "7c1e94b2d0a6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("consultations", "misfits"):
        with op.batch_alter_table("substitution") as table:
            table.add_column(sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("substitution") as table:
        for name in ("consultations", "misfits"):
            table.alter_column(name, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("substitution") as table:
        table.drop_column("misfits")
        table.drop_column("consultations")
