"""The chain of responsibility: task forces, meetings, decisions, telephone notices, disputes, shifts, substitutes."""

import sqlalchemy as sa
from alembic import op

revision = "01c09006f88a"
down_revision = "5d0f3c2a71be"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shift_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("taken_by_id", sa.Integer(), nullable=True),
        sa.Column("taken_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_shift_note_by_id_account")),
        sa.ForeignKeyConstraint(["taken_by_id"], ["account.id"], name=op.f("fk_shift_note_taken_by_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_note")),
    )
    with op.batch_alter_table("shift_note") as batch_op:
        batch_op.create_index(batch_op.f("ix_shift_note_at"), ["at"], unique=False)

    op.create_table(
        "substitution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("substitute_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_substitution_account_id_account")),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_substitution_by_id_account")),
        sa.ForeignKeyConstraint(["substitute_id"], ["account.id"], name=op.f("fk_substitution_substitute_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitution")),
    )
    with op.batch_alter_table("substitution") as batch_op:
        batch_op.create_index(batch_op.f("ix_substitution_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_substitution_ended_at"), ["ended_at"], unique=False)

    op.create_table(
        "phone_notice",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_phone_notice_by_id_account")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_phone_notice_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_phone_notice_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_notice")),
    )
    with op.batch_alter_table("phone_notice") as batch_op:
        batch_op.create_index(batch_op.f("ix_phone_notice_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "task_force",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("follower_id", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_task_force_by_id_account")),
        sa.ForeignKeyConstraint(["follower_id"], ["account.id"], name=op.f("fk_task_force_follower_id_account")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_task_force_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_force")),
    )
    with op.batch_alter_table("task_force") as batch_op:
        batch_op.create_index(batch_op.f("ix_task_force_ticket_id"), ["ticket_id"], unique=False)
        batch_op.create_index(
            "uq_task_force_one_open",
            ["ticket_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "decision",
        sa.Column("task_force_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("handler_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("done_text", sa.Text(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_decision_by_id_account")),
        sa.ForeignKeyConstraint(["handler_id"], ["account.id"], name=op.f("fk_decision_handler_id_account")),
        sa.ForeignKeyConstraint(
            ["task_force_id"], ["task_force.id"], name=op.f("fk_decision_task_force_id_task_force")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_decision_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_decision_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision") as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_task_force_id"), ["task_force_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "dispute",
        sa.Column("extension_id", sa.Integer(), nullable=True),
        sa.Column("pause_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "ruling",
            sa.Enum(
                "PENDING", "GRANTED", "DENIED", name="ruling", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("ruled_by_id", sa.Integer(), nullable=True),
        sa.Column("ruled_at", sa.DateTime(), nullable=True),
        sa.Column("ruling_text", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("(extension_id IS NULL) <> (pause_id IS NULL)", name=op.f("ck_dispute_one_of_both")),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_dispute_by_id_account")),
        sa.ForeignKeyConstraint(["extension_id"], ["extension.id"], name=op.f("fk_dispute_extension_id_extension")),
        sa.ForeignKeyConstraint(["pause_id"], ["pause.id"], name=op.f("fk_dispute_pause_id_pause")),
        sa.ForeignKeyConstraint(["ruled_by_id"], ["account.id"], name=op.f("fk_dispute_ruled_by_id_account")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_dispute_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    with op.batch_alter_table("dispute") as batch_op:
        batch_op.create_index(batch_op.f("ix_dispute_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "meeting",
        sa.Column("task_force_id", sa.Integer(), nullable=True),
        sa.Column("held_at", sa.DateTime(), nullable=False),
        sa.Column("attendees", sa.Text(), nullable=False),
        sa.Column("agreed", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_meeting_by_id_account")),
        sa.ForeignKeyConstraint(["task_force_id"], ["task_force.id"], name=op.f("fk_meeting_task_force_id_task_force")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_meeting_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
    )
    with op.batch_alter_table("meeting") as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "task_force_member",
        sa.Column("task_force_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("left_at", sa.DateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "(unit_id IS NULL) <> (account_id IS NULL)", name=op.f("ck_task_force_member_unit_or_person")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_task_force_member_account_id_account")),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_task_force_member_by_id_account")),
        sa.ForeignKeyConstraint(
            ["task_force_id"], ["task_force.id"], name=op.f("fk_task_force_member_task_force_id_task_force")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_task_force_member_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_task_force_member_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_force_member")),
    )
    with op.batch_alter_table("task_force_member") as batch_op:
        batch_op.create_index(batch_op.f("ix_task_force_member_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_force_member_task_force_id"), ["task_force_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_force_member_ticket_id"), ["ticket_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_force_member_unit_id"), ["unit_id"], unique=False)

    with op.batch_alter_table("assignment") as batch_op:
        batch_op.add_column(sa.Column("parent_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_assignment_parent_id_assignment"), "assignment", ["parent_id"], ["id"]
        )

    op.add_column("firing", sa.Column("pass_at", sa.DateTime(), nullable=True))

    # By themselves, not in a batch: SQLite would otherwise write the table anew, and its rows are pointed at.
    op.add_column("ticket", sa.Column("task_force_since", sa.DateTime(), nullable=True))
    op.add_column("ticket", sa.Column("disputed_since", sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("ticket", "disputed_since")
    op.drop_column("ticket", "task_force_since")
    op.drop_column("firing", "pass_at")
    with op.batch_alter_table("assignment") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_assignment_parent_id_assignment"), type_="foreignkey")
        batch_op.drop_column("parent_id")
    for table in ("task_force_member", "meeting", "dispute", "decision", "task_force", "phone_notice"):
        op.drop_table(table)
    op.drop_table("substitution")
    op.drop_table("shift_note")
