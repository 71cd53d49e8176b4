"""The knowledge base's table, its dict of actions, its clocks and its people agree."""

import subprocess
import sys

from hotline.accounts.models import Role
from hotline.knowledge.actions import CREATING_ENTRY, ENTRY_ACTIONS
from hotline.knowledge.applying import TOLD
from hotline.knowledge.clocks import KINDS, LADDER, LIMITS, TURNING, KbClock
from hotline.knowledge.duties import ROWS
from hotline.knowledge.lifecycle import TABLE
from hotline.knowledge.models import OPEN, VersionStatus
from hotline.knowledge.people import DESKS, POSTS
from tests.meta.tree import ROOT


def test_every_row_people_take_has_its_action_and_every_action_its_row() -> None:
    people = {row.action for row in TABLE if row.source and row.who - {Role.SYSTEM}}
    assert people == set(ENTRY_ACTIONS)
    made_elsewhere = {"import"}  # many entries at once, out of a file: `importing.store`
    assert {row.action for row in TABLE if row.source is None} == set(CREATING_ENTRY) | made_elsewhere
    assert set(TOLD) <= {row.action for row in TABLE}


def test_every_open_status_has_a_clock_that_some_row_starts_on_the_way_in() -> None:
    for status in OPEN:
        ways_in = [row for row in TABLE if row.target is status]
        assert ways_in
        assert all(row.starts for row in ways_in), status


def test_every_clock_started_by_the_table_is_stopped_by_it_and_has_a_limit() -> None:
    started = {name for row in TABLE for name in row.starts}
    stopped = {name for row in TABLE for name in row.stops}
    assert started == stopped
    assert set(KbClock) - {KbClock.TURN} == set(LIMITS)


def test_every_rung_reaches_people_the_house_knows_and_every_subject_has_its_rows() -> None:
    words = {word for rung in (*LADDER, *TURNING) for word in rung.whom}
    assert words == {"handler", *POSTS, *DESKS}
    assert set(ROWS) == set(KINDS)


def test_only_the_archive_has_no_way_out_but_notes_about_it() -> None:
    ends = [status for status in VersionStatus if not any(row.source is status and row.target for row in TABLE)]
    assert ends == [VersionStatus.ARCHIVED]


def test_the_printed_tables_are_those_of_the_code() -> None:
    command = [sys.executable, ROOT / "scripts/render_lifecycle", "--check"]
    printed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert printed.returncode == 0, printed.stderr
