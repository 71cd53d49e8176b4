"""questions to experts: how the answer was ruled, when one was withdrawn; who may read what a rung told him of."""

import sqlalchemy as sa
from alembic import op

revision = "7c1e94b2d0a6"
down_revision = "fc74faa41b3b"
branch_labels = None
depends_on = None

RULING = sa.Enum("PENDING", "GRANTED", "DENIED", name="ruling", native_enum=False, create_constraint=True, length=32)
LEFT = ("CLOSED", "REFUSED", "TRANSFERRED", "WITHDRAWN", "AWAITING_CALLBACK", "AWAITING_EXTERNAL", "MERGED")
"""Where a ticket no longer waits for its expert."""


def upgrade() -> None:
    with op.batch_alter_table("consultation") as batch_op:
        batch_op.add_column(sa.Column("ruling", RULING, nullable=True))
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(), nullable=True))
    with op.batch_alter_table("advice") as batch_op:
        batch_op.add_column(sa.Column("consultation_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_advice_consultation_id_consultation"), "consultation", ["consultation_id"], ["id"]
        )
        batch_op.create_unique_constraint(op.f("uq_advice_consultation_id"), ["consultation_id"])
    op.create_table(
        "advice_reader",
        sa.Column("advice_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_advice_reader_account_id_account")),
        sa.ForeignKeyConstraint(["advice_id"], ["advice.id"], name=op.f("fk_advice_reader_advice_id_advice")),
        sa.PrimaryKeyConstraint("advice_id", "account_id", name=op.f("pk_advice_reader")),
    )
    with op.batch_alter_table("advice_reader") as batch_op:
        batch_op.create_index(batch_op.f("ix_advice_reader_account_id"), ["account_id"], unique=False)
    _link()


def _link() -> None:
    """Answers in writing find their question again; what an ended ticket still asked is withdrawn."""
    op.execute(
        "UPDATE advice SET consultation_id = (SELECT MIN(c.id) FROM consultation c JOIN expert e"
        " ON e.account_id = c.expert_id WHERE c.ticket_id = advice.ticket_id AND e.id = advice.expert_id"
        " AND c.at = advice.at AND c.answered_at IS NOT NULL) WHERE kind = 'TICKET'"
    )
    op.execute("UPDATE consultation SET ruling = 'GRANTED' WHERE answered_at IS NOT NULL")
    for status, ruling in (("UNDER_REVIEW", "PENDING"), ("RETURNED", "DENIED")):
        op.execute(
            f"UPDATE consultation SET ruling = '{ruling}' WHERE id IN"
            f" (SELECT consultation_id FROM advice WHERE status = '{status}' AND consultation_id IS NOT NULL)"
        )
    left = ", ".join(f"'{one}'" for one in LEFT)
    op.execute(
        "UPDATE consultation SET withdrawn_at = (SELECT COALESCE(t.closed_at, consultation.at) FROM ticket t"
        " WHERE t.id = consultation.ticket_id) WHERE answered_at IS NULL AND NOT is_declined"
        f" AND ticket_id IN (SELECT id FROM ticket WHERE status IN ({left}))"
    )


def downgrade() -> None:
    op.drop_table("advice_reader")
    with op.batch_alter_table("advice") as batch_op:
        batch_op.drop_constraint(op.f("uq_advice_consultation_id"), type_="unique")
        batch_op.drop_constraint(op.f("fk_advice_consultation_id_consultation"), type_="foreignkey")
        batch_op.drop_column("consultation_id")
    with op.batch_alter_table("consultation") as batch_op:
        batch_op.drop_column("withdrawn_at")
        batch_op.drop_constraint(op.f("ck_consultation_ruling"), type_="check")
        batch_op.drop_column("ruling")
