"""The faults of scripts/mutate: what is broken, which test files run, and which tests must notice."""

from dataclasses import dataclass

RULES = (
    "tests/unit/test_workflow.py",
    "tests/unit/test_common_guards.py",
    "tests/integration/test_invariants.py",
    "tests/integration/test_avoidance.py",
    "tests/integration/test_total_start.py",
    "tests/journeys/test_loop.py",
    "tests/meta/test_table.py",
)
TIME = (
    "tests/unit/test_escalation.py",
    "tests/integration/test_sweep.py",
    "tests/integration/test_sweep_clocks.py",
    "tests/integration/test_rungs.py",
    "tests/journeys/test_loop.py",
)
CATALOGUE = ("tests/unit/test_catalogue.py", "tests/integration/test_catalogue.py")
DOORS = ("tests/api/test_doors.py", "tests/web/test_doors.py", "tests/web/test_overview_pages.py")

LIFECYCLE = "hotline/ticket/lifecycle.py"
INVARIANTS, RUNGS = "integration/test_invariants::", "integration/test_rungs::"
SWEEP, TABLE, LOOP = "integration/test_sweep::", "meta/test_table::", "journeys/test_loop::"
AGREED = f"{TABLE}test_who_may_do_what_is_as_it_was_agreed"


@dataclass(frozen=True)
class Fault:
    """`old`, which stands in `file` exactly once, becomes `new`. `tests`: files that run. `fails`: the tests that must
    fail, as "folder/file::test". `is_short`: small enough for the suite."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    fails: tuple[str, ...]
    is_short: bool = False

    def put_into(self, text: str) -> str:
        """The file's text with the fault. Raises ValueError when its place is gone, or not the only one."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.file} has the place {text.count(self.old)} times, not once")
        return text.replace(self.old, self.new)


FAULTS = (
    Fault(
        "an objection starts no clock",
        LIFECYCLE,
        "\n         starts=(C.OBJECTION,), stops=SENT)",
        "\n         stops=SENT)",
        ("tests/unit/test_workflow.py", "tests/integration/test_invariants.py", "tests/journeys/test_loop.py"),
        (f"{INVARIANTS}test_every_stage_keeps_the_promises",),
        is_short=True,
    ),
    Fault(
        "a unit may overrule its own objection",
        LIFECYCLE,
        'rows("overrule", "驳回退单", S.OBJECTED, S.AWAITING_SIGN, DISPATCHER,',
        'rows("overrule", "驳回退单", S.OBJECTED, S.AWAITING_SIGN, DISPATCHER | UNIT,',
        ("tests/unit/test_workflow.py", "tests/meta/test_table.py"),
        (AGREED,),
        is_short=True,
    ),
    Fault(
        "an objection is possible after the reply",
        LIFECYCLE,
        'rows("object", "退单", AT_UNIT,',
        'rows("object", "退单", (*AT_UNIT, S.UNDER_REVIEW),',
        RULES,
        (AGREED,),
    ),
    Fault(
        "nobody has to be impartial",
        LIFECYCLE,
        "(g.own_ticket, g.impartial, g.discreet, *guards)",
        "(g.own_ticket, g.discreet, *guards)",
        RULES,
        ("unit/test_common_guards::test_whom_a_complaint_is_about_may_take_no_step_of_it",),
    ),
    Fault(
        "objections have no end",
        LIFECYCLE,
        "g.for_lead, g.may_object, g.running",
        "g.for_lead, g.running",
        RULES,
        (AGREED,),
    ),
    Fault(
        "a rung fires a minute early",
        "hotline/deadlines/subjects.py",
        "    return rung_at(calendar, ladder[rung], clock.ladder_from, clock.due_at, unit_of(clock))",
        "    from datetime import timedelta\n\n"
        "    at = rung_at(calendar, ladder[rung], clock.ladder_from, clock.due_at, unit_of(clock))\n"
        "    return at - timedelta(minutes=1)",
        TIME,
        (
            f"{RUNGS}test_a_fortnight_down_loses_no_rung_and_keeps_their_times",
            f"{RUNGS}test_a_pause_ends_by_itself_and_the_total_clock_goes_on_with_the_time_it_had",
            f"{RUNGS}test_an_emergency_climbs_by_the_hour_through_the_night",
            f"{RUNGS}test_no_rung_is_early",
            f"{RUNGS}test_the_whole_ladder_is_climbed_once_in_order_at_its_true_times",
            f"{RUNGS}test_what_is_not_signed_in_time_counts_as_signed",
            f"{SWEEP}test_a_clock_that_keeps_failing_becomes_an_alarm_and_still_counts_in_health",
            f"{SWEEP}test_a_rung_fires_at_its_time_with_its_ledger_row_and_who_was_told",
            f"{SWEEP}test_after_days_of_darkness_each_rung_fires_once_in_order_with_its_own_due_time",
            f"{SWEEP}test_health_is_the_age_of_the_oldest_overdue_rung",
            f"{SWEEP}test_nothing_fires_before_its_time",
            "integration/test_sweep_clocks::test_a_resumed_clock_is_later_by_the_pause_and_its_rungs_keep_their_share",
            f"{LOOP}test_a_rung_is_not_lost_when_a_person_is_faster_than_the_sweep",
        ),
    ),
    Fault(
        "a rung leaves no ledger row",
        "hotline/supervision/rungs.py",
        "        rows.append(row)",
        '        rows += [row] if row["label"] != "黄牌" else []',
        TIME,
        (
            f"{RUNGS}test_a_fortnight_down_loses_no_rung_and_keeps_their_times",
            f"{RUNGS}test_an_emergency_climbs_by_the_hour_through_the_night",
            f"{RUNGS}test_an_extension_moves_the_rungs_that_have_not_fired",
            f"{RUNGS}test_no_rung_is_early",
            f"{RUNGS}test_the_whole_ladder_is_climbed_once_in_order_at_its_true_times",
            f"{LOOP}test_a_rung_is_not_lost_when_a_person_is_faster_than_the_sweep",
        ),
    ),
    Fault(
        "a route of the API asks for no token",
        "hotline/api/directory.py",
        '@pages.get("/categories")\n@bearer\n',
        '@pages.get("/categories")\n',
        DOORS,
        ("api/test_doors::test_every_route_of_the_api_but_these_asks_who_calls",),
    ),
    Fault(
        "a page asks for a log-in no longer",
        "hotline/web/ticket.py",
        "    with door():\n        return redirect(",
        "    if True:\n        return redirect(",
        DOORS,
        ("web/test_doors::test_every_page_but_the_open_ones_asks_who_looks",),
    ),
    Fault(
        "the overview opens to everybody who logs in",
        "hotline/web/overview.py",
        "        demand(d, WATCHERS)\n        loads",
        "        loads",
        DOORS,
        ("web/test_overview_pages::test_units_and_agents_have_no_overview",),
    ),
    Fault(
        "a redispatch moves the start of the total time",
        "hotline/dispatch/operations.py",
        '"dispatched_at": ticket.dispatched_at or now',
        '"dispatched_at": now',
        RULES,
        (
            "integration/test_total_start::test_sending_a_ticket_on_wins_no_time",
            f"{INVARIANTS}test_dispatch_split_and_dispatch_again_goes_on_with_the_first_total_clock",
        ),
    ),
    Fault(
        "a functional zone no longer answers for itself",
        "routing/catalogue.py",
        "        if zone and own is None:\n",
        "        if False:\n",
        CATALOGUE,
        (
            "unit/test_catalogue::test_a_gap_for_some_types_names_them",
            "unit/test_catalogue::test_a_zone_answers_for_itself_unless_a_row_names_the_zone",
            "unit/test_catalogue::test_the_explanation_names_the_row_it_stands_on",
            "unit/test_catalogue::test_the_supporting_units_come_with_the_row_but_never_the_lead_among_them",
        ),
    ),
    Fault(
        "an objection that was denied counts against the dispatch",
        "hotline/dispatch/load.py",
        "_objected(Objection.ruling == Ruling.GRANTED)",
        "_objected()",
        CATALOGUE,
        (
            "integration/test_catalogue::"
            "test_dispatch_accuracy_counts_each_dispatch_once_and_only_upheld_objections_against_it",
        ),
    ),
    Fault(
        "the catalogue's past can be rewritten",
        "hotline/directory/catalogue.py",
        "    if entry.effective_from < today:\n",
        "    if False:\n",
        CATALOGUE,
        (
            "integration/test_catalogue::test_several_changes_stand_or_fall_together",
            "integration/test_catalogue::test_what_the_catalogue_must_not_say_is_refused",
        ),
    ),
)
