"""自动派单: the rules, and what came of each ticket considered."""

import sqlalchemy as sa
from alembic import op

revision = "fc74faa41b3b"
down_revision = "f237ebbed4da"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "auto_dispatch_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("bar", sa.Integer(), nullable=False),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("on_since", sa.DateTime(), nullable=True),
        sa.Column("changed_by", sa.String(length=40), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("NOT is_on OR on_since IS NOT NULL", name=op.f("ck_auto_dispatch_rule_on_since")),
        sa.CheckConstraint("bar BETWEEN 50 AND 99", name=op.f("ck_auto_dispatch_rule_bar")),
        sa.CheckConstraint("floor BETWEEN 50 AND 100", name=op.f("ck_auto_dispatch_rule_floor")),
        sa.CheckConstraint("sample BETWEEN 1 AND 100", name=op.f("ck_auto_dispatch_rule_sample")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["category.id"], name=op.f("fk_auto_dispatch_rule_category_id_category")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_dispatch_rule")),
        sa.UniqueConstraint("category_id", name=op.f("uq_auto_dispatch_rule_category_id")),
    )
    with op.batch_alter_table("auto_dispatch_rule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_auto_dispatch_rule_is_on"), ["is_on"], unique=False)

    op.create_table(
        "auto_dispatch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("ticket_version", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "SENT",
                "TIP_OFF",
                "CONFIDENTIAL",
                "RESPONDENT",
                "EMERGENCY",
                "SUPERVISED",
                "RETURNED",
                "PAST_DUE",
                "REPEAT",
                "NO_UNIT",
                "CANNOT_RECEIVE",
                "NO_MODEL",
                "DISAGREE",
                "UNSURE",
                "FAILED",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("is_sampled", sa.Boolean(), nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=True),
        sa.Column("right_unit_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("checked_by_id", sa.Integer(), nullable=True),
        sa.Column("checked_at", sa.DateTime(), nullable=True),
        sa.Column("upheld_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("outcome <> 'SENT' OR unit_id IS NOT NULL", name=op.f("ck_auto_dispatch_sent_somewhere")),
        sa.CheckConstraint(
            "outcome = 'SENT' OR (is_right IS NULL AND upheld_at IS NULL)",
            name=op.f("ck_auto_dispatch_judged_when_sent"),
        ),
        sa.CheckConstraint("(is_right IS NULL) = (checked_at IS NULL)", name=op.f("ck_auto_dispatch_checked")),
        sa.ForeignKeyConstraint(["checked_by_id"], ["account.id"], name=op.f("fk_auto_dispatch_checked_by_id_account")),
        sa.ForeignKeyConstraint(["right_unit_id"], ["unit.id"], name=op.f("fk_auto_dispatch_right_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["auto_dispatch_rule.id"], name=op.f("fk_auto_dispatch_rule_id_auto_dispatch_rule")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_auto_dispatch_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_auto_dispatch_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_dispatch")),
        sa.UniqueConstraint(
            "ticket_id",
            "ticket_version",
            "rule_id",
            "rule_version",
            name=op.f("uq_auto_dispatch_ticket_id_ticket_version_rule_id_rule_version"),
        ),
    )
    with op.batch_alter_table("auto_dispatch", schema=None) as batch_op:
        batch_op.create_index("ix_auto_dispatch_rule_id_at", ["rule_id", "at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("auto_dispatch", schema=None) as batch_op:
        batch_op.drop_index("ix_auto_dispatch_rule_id_at")

    op.drop_table("auto_dispatch")
    with op.batch_alter_table("auto_dispatch_rule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_auto_dispatch_rule_is_on"))

    op.drop_table("auto_dispatch_rule")
