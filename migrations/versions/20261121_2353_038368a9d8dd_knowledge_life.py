"""The life of knowledge entries: status by version, history, urgent notices, corrections, gaps, submissions, searches."""

import sqlalchemy as sa
from alembic import op

revision = "038368a9d8dd"
down_revision = "4c1d7a90be52"
branch_labels = None
depends_on = None

STATUSES = (
    "DRAFT",
    "FIRST_REVIEW",
    "SECOND_REVIEW",
    "PUBLISHED",
    "REVIEW_DUE",
    "EXPIRED",
    "WITHDRAWN",
    "REPLACED",
    "ARCHIVED",
)
OLD_STATUSES = ("PUBLISHED", "WITHDRAWN")
ROLES = (
    "AGENT",
    "TEAM_LEADER",
    "DISPATCHER",
    "REVIEWER",
    "CALLBACK",
    "HANDLER",
    "UNIT_LEADER",
    "EXPERT",
    "KB_EDITOR",
    "SUPERVISOR",
    "AUDITOR",
    "ADMIN",
    "ENTERPRISE",
    "SYSTEM",
)
NEW_ROLE = "GRASSROOTS"
OPEN = sa.text("status IN ('DRAFT', 'FIRST_REVIEW', 'SECOND_REVIEW')")
PUBLISHED_SOME_DAY = "published_at IS NOT NULL OR status IN ('DRAFT', 'FIRST_REVIEW', 'SECOND_REVIEW', 'ARCHIVED')"
TEXTS = ("beneficiaries", "conditions", "payout_limit", "address")
LINES = {"url": 300, "contact_phone": 100, "contact_hours": 100, "enquiry_phone": 100}
LISTS = ("related", "doubts")
YEAR_LATER = {"sqlite": "date(published_at, '+365 days')", "postgresql": "CAST(published_at AS date) + 365"}
KINDS = "('kb_entry', 'kb_correction', 'kb_gap', 'kb_submission', 'kb_notice')"


def upgrade() -> None:
    _make_tables()
    _grow_entries()
    _grow_versions()
    _give_each_version_its_status()
    _wait_for_each_entry()
    _allow_roles((*ROLES, NEW_ROLE))


def downgrade() -> None:
    op.execute(f"DELETE FROM account_role WHERE role = '{NEW_ROLE}'")
    _allow_roles(ROLES)
    op.execute(f"DELETE FROM firing WHERE clock_id IN (SELECT id FROM clock WHERE subject_kind IN {KINDS})")
    op.execute(f"DELETE FROM clock WHERE subject_kind IN {KINDS}")
    op.execute("DELETE FROM outbox_message WHERE kind = 'kb_event'")
    op.execute("DELETE FROM notice WHERE topic LIKE 'kb:%'")
    for table in (
        "kb_urgent_notice_read",
        "kb_search_log",
        "kb_urgent_notice",
        "kb_submission",
        "kb_history",
        "kb_gap",
        "kb_feedback",
        "kb_correction",
    ):
        op.drop_table(table)
    _forget_drafts()
    _give_each_entry_its_status()
    _shrink_versions()
    _shrink_entries()


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _allow_roles(roles: tuple[str, ...]) -> None:
    with op.batch_alter_table("account_role") as batch_op:
        batch_op.drop_constraint(op.f("ck_account_role_role"), type_="check")
    with op.batch_alter_table("account_role") as batch_op:
        listed = ", ".join(f"'{role}'" for role in roles)
        batch_op.create_check_constraint(op.f("ck_account_role_role"), f"role IN ({listed})")


def _grow_entries() -> None:
    with op.batch_alter_table("kb_entry") as batch_op:
        batch_op.add_column(sa.Column("region_code", sa.String(length=16), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("audience", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("row_version", sa.Integer(), nullable=False, server_default="1"))
        for name, table in (("maintainer_id", "account"), ("deputy_id", "account"), ("replaced_by_id", "kb_entry")):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=True))
            batch_op.create_foreign_key(op.f(f"fk_kb_entry_{name}_{table}"), table, [name], ["id"])
        batch_op.create_check_constraint(op.f("ck_kb_entry_replaced_by_another"), "replaced_by_id <> id")
    with op.batch_alter_table("kb_entry") as batch_op:
        for name in ("region_code", "audience", "row_version"):
            batch_op.alter_column(name, server_default=None)


def _grow_versions() -> None:
    with op.batch_alter_table("kb_entry_version") as batch_op:
        batch_op.add_column(sa.Column("status", sa.String(length=32), nullable=False, server_default="PUBLISHED"))
        for name in TEXTS:
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
        for name, length in LINES.items():
            batch_op.add_column(sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
        for name in LISTS:
            batch_op.add_column(sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("review_due", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("ended_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("first_reviewer_id", sa.Integer(), nullable=True))
        batch_op.alter_column("published_at", existing_type=sa.DateTime(), nullable=True)
    with op.batch_alter_table("kb_entry_version") as batch_op:
        for name in ("status", *TEXTS, *LINES, *LISTS):
            batch_op.alter_column(name, server_default=None)
        batch_op.create_foreign_key(
            op.f("fk_kb_entry_version_first_reviewer_id_account"), "account", ["first_reviewer_id"], ["id"]
        )
        listed = ", ".join(f"'{status}'" for status in STATUSES)
        batch_op.create_check_constraint(op.f("ck_kb_entry_version_versionstatus"), f"status IN ({listed})")
        batch_op.create_check_constraint(op.f("ck_kb_entry_version_published_some_day"), PUBLISHED_SOME_DAY)
        batch_op.create_index(
            "uq_kb_entry_version_one_open", ["entry_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
        )


def _give_each_version_its_status() -> None:
    # What has expired or was replaced by now is found out by the first turn of each entry's clock.
    op.execute(
        "UPDATE kb_entry_version SET status = 'WITHDRAWN', ended_on = CURRENT_DATE"
        " WHERE entry_id IN (SELECT id FROM kb_entry WHERE status = 'WITHDRAWN')"
    )
    op.execute(f"UPDATE kb_entry_version SET review_due = {YEAR_LATER[op.get_bind().dialect.name]}")
    with op.batch_alter_table("kb_entry") as batch_op:
        batch_op.drop_constraint(op.f("ck_kb_entry_entrystatus"), type_="check")
        batch_op.drop_column("status")


def _wait_for_each_entry() -> None:
    # Due at once, so that the first sweep aims each clock at the entry's next day.
    op.execute(
        'INSERT INTO clock (subject_kind, subject_id, name, round, started_at, ladder_from, "limit", due_at, first_due_at,'
        " provisional, state, next_rung, next_fire_at, attempts, moves)"
        " SELECT 'kb_entry', id, 'KB_TURN', 0, created_at, created_at, '1h', created_at, created_at,"
        " FALSE, 'RUNNING', 0, created_at, 0, '[]' FROM kb_entry"
        " WHERE id IN (SELECT entry_id FROM kb_entry_version WHERE status = 'PUBLISHED')"
    )


def _forget_drafts() -> None:
    op.execute("DELETE FROM kb_entry_version WHERE published_at IS NULL")
    op.execute("UPDATE kb_entry SET replaced_by_id = NULL")
    op.execute("DELETE FROM kb_entry WHERE id NOT IN (SELECT entry_id FROM kb_entry_version)")


def _give_each_entry_its_status() -> None:
    with op.batch_alter_table("kb_entry") as batch_op:
        batch_op.add_column(sa.Column("status", sa.String(length=32), nullable=False, server_default="PUBLISHED"))
    op.execute(
        "UPDATE kb_entry SET status = 'WITHDRAWN' WHERE id NOT IN"
        " (SELECT entry_id FROM kb_entry_version WHERE status NOT IN ('WITHDRAWN', 'ARCHIVED') AND ended_on IS NULL)"
    )
    with op.batch_alter_table("kb_entry") as batch_op:
        batch_op.alter_column("status", server_default=None)
        listed = ", ".join(f"'{status}'" for status in OLD_STATUSES)
        batch_op.create_check_constraint(op.f("ck_kb_entry_entrystatus"), f"status IN ({listed})")


def _shrink_versions() -> None:
    with op.batch_alter_table("kb_entry_version") as batch_op:
        batch_op.drop_index("uq_kb_entry_version_one_open")
        batch_op.drop_constraint(op.f("ck_kb_entry_version_published_some_day"), type_="check")
        batch_op.drop_constraint(op.f("ck_kb_entry_version_versionstatus"), type_="check")
        batch_op.drop_constraint(op.f("fk_kb_entry_version_first_reviewer_id_account"), type_="foreignkey")
    with op.batch_alter_table("kb_entry_version") as batch_op:
        batch_op.alter_column("published_at", existing_type=sa.DateTime(), nullable=False)
        for name in ("status", *TEXTS, *LINES, *LISTS, "review_due", "ended_on", "first_reviewer_id"):
            batch_op.drop_column(name)


def _shrink_entries() -> None:
    with op.batch_alter_table("kb_entry") as batch_op:
        batch_op.drop_constraint(op.f("ck_kb_entry_replaced_by_another"), type_="check")
        for name, table in (("maintainer_id", "account"), ("deputy_id", "account"), ("replaced_by_id", "kb_entry")):
            batch_op.drop_constraint(op.f(f"fk_kb_entry_{name}_{table}"), type_="foreignkey")
    with op.batch_alter_table("kb_entry") as batch_op:
        for name in ("region_code", "audience", "row_version", "maintainer_id", "deputy_id", "replaced_by_id"):
            batch_op.drop_column(name)


def _make_tables() -> None:
    op.create_table(
        "kb_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", _enum("correctionkind", "EXPIRED", "WRONG", "UNCLEAR", "CONFLICT"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", _enum("correctionstatus", "OPEN", "ACCEPTED", "REJECTED"), nullable=False),
        sa.Column("reported_by_id", sa.Integer(), nullable=False),
        sa.Column("reported_at", sa.DateTime(), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.CheckConstraint("(status = 'OPEN') = (answered_at IS NULL)", name=op.f("ck_kb_correction_answered_or_open")),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["account.id"], name=op.f("fk_kb_correction_answered_by_id_account")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["kb_entry.id"], name=op.f("fk_kb_correction_entry_id_kb_entry")),
        sa.ForeignKeyConstraint(
            ["reported_by_id"], ["account.id"], name=op.f("fk_kb_correction_reported_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_correction")),
    )
    with op.batch_alter_table("kb_correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kb_correction_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_kb_correction_reported_by_id"), ["reported_by_id"], unique=False)
        batch_op.create_index("ix_kb_correction_status", ["status"], unique=False)

    op.create_table(
        "kb_feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("verdict", _enum("verdict", "USEFUL", "EXPIRED", "WRONG"), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_kb_feedback_account_id_account")),
        sa.ForeignKeyConstraint(["entry_id"], ["kb_entry.id"], name=op.f("fk_kb_feedback_entry_id_kb_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_feedback")),
        sa.UniqueConstraint(
            "entry_id", "version", "account_id", name=op.f("uq_kb_feedback_entry_id_version_account_id")
        ),
    )
    op.create_table(
        "kb_gap",
        sa.Column("question", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("opened_by_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["closed_by_id"], ["account.id"], name=op.f("fk_kb_gap_closed_by_id_account")),
        sa.ForeignKeyConstraint(["entry_id"], ["kb_entry.id"], name=op.f("fk_kb_gap_entry_id_kb_entry")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["account.id"], name=op.f("fk_kb_gap_opened_by_id_account")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_kb_gap_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_gap")),
    )
    with op.batch_alter_table("kb_gap", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kb_gap_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "kb_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("from_status", sa.String(length=32), nullable=True),
        sa.Column("to_status", sa.String(length=32), nullable=True),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_kb_history_actor_id_account")),
        sa.ForeignKeyConstraint(["entry_id"], ["kb_entry.id"], name=op.f("fk_kb_history_entry_id_kb_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_history")),
    )
    with op.batch_alter_table("kb_history", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kb_history_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_kb_history_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index("ix_kb_history_subject", ["subject_kind", "subject_id"], unique=False)

    op.create_table(
        "kb_submission",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["closed_by_id"], ["account.id"], name=op.f("fk_kb_submission_closed_by_id_account")),
        sa.ForeignKeyConstraint(["entry_id"], ["kb_entry.id"], name=op.f("fk_kb_submission_entry_id_kb_entry")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_kb_submission_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_kb_submission_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_submission")),
        sa.UniqueConstraint("ticket_id", "round", name=op.f("uq_kb_submission_ticket_id_round")),
    )
    with op.batch_alter_table("kb_submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kb_submission_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "kb_urgent_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("status", _enum("noticestatus", "RAISED", "LIVE", "REFUSED", "REVIEWED"), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("raised_by_id", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.DateTime(), nullable=False),
        sa.Column("signed_by_id", sa.Integer(), nullable=True),
        sa.Column("signed_at", sa.DateTime(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(), nullable=True),
        sa.Column("review_text", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status NOT IN ('LIVE', 'REVIEWED') OR signed_at IS NOT NULL", name=op.f("ck_kb_urgent_notice_signed_off")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["kb_entry.id"], name=op.f("fk_kb_urgent_notice_entry_id_kb_entry")),
        sa.ForeignKeyConstraint(
            ["raised_by_id"], ["account.id"], name=op.f("fk_kb_urgent_notice_raised_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["signed_by_id"], ["account.id"], name=op.f("fk_kb_urgent_notice_signed_by_id_account")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_kb_urgent_notice_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_urgent_notice")),
    )
    with op.batch_alter_table("kb_urgent_notice", schema=None) as batch_op:
        batch_op.create_index("ix_kb_urgent_notice_status_ends_at", ["status", "ends_at"], unique=False)

    op.create_table(
        "kb_search_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("top_entry_id", sa.Integer(), nullable=True),
        sa.Column("chosen_entry_id", sa.Integer(), nullable=True),
        sa.Column("chosen_version", sa.Integer(), nullable=True),
        sa.Column("gap_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["gap_id"], ["kb_gap.id"], name=op.f("fk_kb_search_log_gap_id_kb_gap")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_search_log")),
    )
    with op.batch_alter_table("kb_search_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kb_search_log_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_kb_search_log_chosen_entry_id"), ["chosen_entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_kb_search_log_gap_id"), ["gap_id"], unique=False)
        batch_op.create_index("ix_kb_search_log_hits_at", ["hits", "at"], unique=False)

    op.create_table(
        "kb_urgent_notice_read",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_kb_urgent_notice_read_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["kb_urgent_notice.id"], name=op.f("fk_kb_urgent_notice_read_notice_id_kb_urgent_notice")
        ),
        sa.PrimaryKeyConstraint("notice_id", "account_id", name=op.f("pk_kb_urgent_notice_read")),
    )
    with op.batch_alter_table("kb_urgent_notice_read", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kb_urgent_notice_read_account_id"), ["account_id"], unique=False)
