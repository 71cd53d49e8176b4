"""延期: the record of 上级同意 (who, reference number, day), together or not at all."""

import sqlalchemy as sa
from alembic import op

revision = "4c1d7a90be52"
down_revision = "af86b49b6f02"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("extension") as batch_op:
        batch_op.add_column(sa.Column("agreed_by", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("agreed_ref", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("agreed_on", sa.Date(), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_extension_agreed_in_full"),
            "(agreed_by IS NULL) = (agreed_on IS NULL) AND (agreed_ref IS NULL) = (agreed_on IS NULL)",
        )


def downgrade() -> None:
    with op.batch_alter_table("extension") as batch_op:
        batch_op.drop_constraint(op.f("ck_extension_agreed_in_full"), type_="check")
        batch_op.drop_column("agreed_on")
        batch_op.drop_column("agreed_ref")
        batch_op.drop_column("agreed_by")
