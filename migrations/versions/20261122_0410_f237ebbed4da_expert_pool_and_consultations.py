"""expert pool and consultations: accounts that were experts already join the pool of their unit."""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "f237ebbed4da"
down_revision = "01c09006f88a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("max_parallel", sa.Integer(), nullable=False),
        sa.Column("work_phone", sa.Text(), nullable=True),
        sa.Column(
            "presence",
            sa.Enum("ONLINE", "BUSY", "OFFLINE", name="presence", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("presence_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("max_parallel BETWEEN 1 AND 50", name=op.f("ck_expert_parallel")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_expert_valid")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_expert_account_id_account")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_expert_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert")),
        sa.UniqueConstraint("account_id", name=op.f("uq_expert_account_id")),
    )
    with op.batch_alter_table("expert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_expert_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "advice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "CALL", "TICKET", "APPOINTMENT", name="advicekind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "INVITING",
                "ON_DUTY_OFFICER",
                "IN_CALL",
                "BOOKED",
                "CONFIRMED",
                "UNDER_REVIEW",
                "RETURNED",
                "DONE",
                "CANCELLED",
                "NO_SHOW",
                name="advicestatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("draft_key", sa.String(length=100), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("respondent_unit_id", sa.Integer(), nullable=True),
        sa.Column("respondent_account_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=True),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("answered_for_id", sa.Integer(), nullable=True),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(), nullable=True),
        sa.Column("was_returned", sa.Boolean(), nullable=False),
        sa.Column("kb_entry_id", sa.Integer(), nullable=True),
        sa.Column(
            "satisfaction",
            sa.Enum(
                "VERY_SATISFIED",
                "SATISFIED",
                "FAIRLY_SATISFIED",
                "DISSATISFIED",
                "VERY_DISSATISFIED",
                name="satisfaction",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.CheckConstraint("kind = 'CALL' OR ticket_id IS NOT NULL", name=op.f("ck_advice_on_ticket")),
        sa.ForeignKeyConstraint(["answered_for_id"], ["unit.id"], name=op.f("fk_advice_answered_for_id_unit")),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_advice_by_id_account")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_advice_category_id_category")),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_advice_expert_id_expert")),
        sa.ForeignKeyConstraint(["kb_entry_id"], ["kb_entry.id"], name=op.f("fk_advice_kb_entry_id_kb_entry")),
        sa.ForeignKeyConstraint(["officer_id"], ["account.id"], name=op.f("fk_advice_officer_id_account")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_advice_region_id_region")),
        sa.ForeignKeyConstraint(
            ["respondent_account_id"], ["account.id"], name=op.f("fk_advice_respondent_account_id_account")
        ),
        sa.ForeignKeyConstraint(["respondent_unit_id"], ["unit.id"], name=op.f("fk_advice_respondent_unit_id_unit")),
        sa.ForeignKeyConstraint(["reviewed_by_id"], ["account.id"], name=op.f("fk_advice_reviewed_by_id_account")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_advice_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_advice_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advice")),
    )
    with op.batch_alter_table("advice", schema=None) as batch_op:
        batch_op.create_index("ix_advice_by_id_draft_key", ["by_id", "draft_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_advice_expert_id"), ["expert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_advice_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_advice_ticket_id"), ["ticket_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_advice_unit_id"), ["unit_id"], unique=False)
        batch_op.create_index(
            "uq_advice_one_call",
            ["by_id", "draft_key"],
            unique=True,
            sqlite_where=sa.text("status IN ('INVITING', 'ON_DUTY_OFFICER', 'IN_CALL')"),
            postgresql_where=sa.text("status IN ('INVITING', 'ON_DUTY_OFFICER', 'IN_CALL')"),
        )

    op.create_table(
        "expert_field",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_expert_field_level")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_expert_field_category_id_category")),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_expert_field_expert_id_expert")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_expert_field_region_id_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_field")),
        sa.UniqueConstraint(
            "expert_id", "category_id", "region_id", name=op.f("uq_expert_field_expert_id_category_id_region_id")
        ),
    )
    with op.batch_alter_table("expert_field", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_expert_field_category_id"), ["category_id"], unique=False)

    op.create_table(
        "roster_shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("substitute_id", sa.Integer(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("is_absent", sa.Boolean(), nullable=False),
        sa.CheckConstraint("ends > starts", name=op.f("ck_roster_shift_hours")),
        sa.CheckConstraint("substitute_id IS NOT NULL OR NOT is_absent", name=op.f("ck_roster_shift_covered")),
        sa.CheckConstraint("substitute_id IS NULL OR substitute_id <> expert_id", name=op.f("ck_roster_shift_another")),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_roster_shift_expert_id_expert")),
        sa.ForeignKeyConstraint(["substitute_id"], ["expert.id"], name=op.f("fk_roster_shift_substitute_id_expert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_shift")),
        sa.UniqueConstraint("expert_id", "day", "starts", name=op.f("uq_roster_shift_expert_id_day_starts")),
    )
    with op.batch_alter_table("roster_shift", schema=None) as batch_op:
        batch_op.create_index("ix_roster_shift_day", ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_roster_shift_substitute_id"), ["substitute_id"], unique=False)

    op.create_table(
        "advice_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("advice_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column(
            "from_status",
            sa.Enum(
                "INVITING",
                "ON_DUTY_OFFICER",
                "IN_CALL",
                "BOOKED",
                "CONFIRMED",
                "UNDER_REVIEW",
                "RETURNED",
                "DONE",
                "CANCELLED",
                "NO_SHOW",
                name="before",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "to_status",
            sa.Enum(
                "INVITING",
                "ON_DUTY_OFFICER",
                "IN_CALL",
                "BOOKED",
                "CONFIRMED",
                "UNDER_REVIEW",
                "RETURNED",
                "DONE",
                "CANCELLED",
                "NO_SHOW",
                name="after",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_advice_event_actor_id_account")),
        sa.ForeignKeyConstraint(["advice_id"], ["advice.id"], name=op.f("fk_advice_event_advice_id_advice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advice_event")),
    )
    with op.batch_alter_table("advice_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_advice_event_advice_id"), ["advice_id"], unique=False)

    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("advice_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column(
            "mode",
            sa.Enum("IN_PERSON", "VIDEO", name="meetingmode", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointment_hours")),
        sa.ForeignKeyConstraint(["advice_id"], ["advice.id"], name=op.f("fk_appointment_advice_id_advice")),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_appointment_expert_id_expert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        sa.UniqueConstraint("advice_id", name=op.f("uq_appointment_advice_id")),
    )
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.create_index(
            "uq_appointment_slot",
            ["expert_id", "starts_at"],
            unique=True,
            sqlite_where=sa.text("is_held = 1"),
            postgresql_where=sa.text("is_held"),
        )

    op.create_table(
        "expert_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("advice_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column(
            "response",
            sa.Enum(
                "PENDING",
                "ACCEPTED",
                "DECLINED",
                "TIMED_OUT",
                "WITHDRAWN",
                name="response",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("responded_at", sa.DateTime(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["advice_id"], ["advice.id"], name=op.f("fk_expert_invitation_advice_id_advice")),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_expert_invitation_expert_id_expert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_invitation")),
        sa.UniqueConstraint("advice_id", "expert_id", name=op.f("uq_expert_invitation_advice_id_expert_id")),
        sa.UniqueConstraint("advice_id", "nth", name=op.f("uq_expert_invitation_advice_id_nth")),
    )
    with op.batch_alter_table("expert_invitation", schema=None) as batch_op:
        batch_op.create_index("ix_expert_invitation_expert_id_at", ["expert_id", "at"], unique=False)
        batch_op.create_index(
            "uq_expert_invitation_open",
            ["advice_id"],
            unique=True,
            sqlite_where=sa.text("response IN ('PENDING', 'ACCEPTED')"),
            postgresql_where=sa.text("response IN ('PENDING', 'ACCEPTED')"),
        )

    op.create_table(
        "three_way_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("advice_id", sa.Integer(), nullable=False),
        sa.Column("is_consented", sa.Boolean(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.CheckConstraint("ended_at IS NULL OR started_at IS NOT NULL", name=op.f("ck_three_way_call_begun")),
        sa.CheckConstraint(
            "is_consented OR (started_at IS NULL AND ended_at IS NULL)", name=op.f("ck_three_way_call_by_consent")
        ),
        sa.ForeignKeyConstraint(["advice_id"], ["advice.id"], name=op.f("fk_three_way_call_advice_id_advice")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["account.id"], name=op.f("fk_three_way_call_asked_by_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_three_way_call")),
        sa.UniqueConstraint("advice_id", name=op.f("uq_three_way_call_advice_id")),
    )
    _fill_pool()


def _fill_pool() -> None:
    """Who answered questions until now goes on doing so; fields and roster are the units' to add."""
    account = sa.table("account", sa.column("id"), sa.column("unit_id"))
    role = sa.table("account_role", sa.column("account_id"), sa.column("role"))
    expert = sa.table(
        "expert",
        *(sa.column(name) for name in ("account_id", "unit_id", "title", "max_parallel", "presence")),
        sa.column("languages", sa.JSON()),
        sa.column("valid_from", sa.Date()),
    )
    found = sa.select(account.c.id, account.c.unit_id).join(role, role.c.account_id == account.c.id)
    common = {"title": "", "languages": ["zh"], "valid_from": date(2020, 1, 1), "max_parallel": 3}
    rows = op.get_bind().execute(found.where(role.c.role == "EXPERT")).all()
    if rows:
        made = [{"account_id": one, "unit_id": unit, "presence": "OFFLINE", **common} for one, unit in rows]
        op.bulk_insert(expert, made)


def downgrade() -> None:
    for table in (
        *("three_way_call", "expert_invitation", "appointment", "advice_event"),
        *("roster_shift", "expert_field", "advice", "expert"),
    ):
        op.drop_table(table)
