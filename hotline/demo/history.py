"""A year of the demo city: which appeal has which story, and when each step of it happens."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle

from hotline.demo import chain_stories as chain
from hotline.demo import desk_stories as desk
from hotline.demo import stories as s
from hotline.demo.appeals import Appeal, appeals
from hotline.demo.cast import Cast, cast, is_about_the_desk
from hotline.demo.categories import CATEGORY_BY_CODE
from hotline.demo.enterprises import enterprises
from hotline.demo.steps import Step
from routing.calendar import WorkingCalendar

YEAR = timedelta(days=365)
DIRECT_SHARE = {"CONSULTATION": 0.97, "SUGGESTION": 0.8, "HELP": 0.55}
"""Answered at once: about 72 % of all (cities report 53 to 86 %). Complaints and tip-offs always go to a unit."""
RESTING_SHARE = 0.26
"""Of the dispatched ones: they are on somebody's desk at the end."""
WEEKEND_WEIGHT = 0.1
GROWTH = 0.8
"""The last day brings so much more than the first."""
HOUR_WEIGHTS = (1, 1, 0, 0, 0, 0, 1, 4, 18, 34, 34, 26, 10, 8, 20, 32, 32, 22, 9, 6, 5, 4, 3, 2)

STORIES: dict[s.Story, int] = {
    s.plain: 44,
    s.reported: 6,
    s.supported: 6,
    s.dissatisfied: 6,
    s.unsigned: 5,
    s.redispatched: 5,
    s.reassigned: 5,
    s.unresolved: 4,
    s.extended: 4,
    s.returned: 4,
    s.unreached: 4,
    s.urged: 4,
    s.consulted: 4,
    s.overruled: 3,
    s.delegated: 3,
    s.paused: 3,
    s.supplemented: 3,
    s.sign_off_rejected: 2,
    s.not_extended: 2,
    s.supervised: 2,
    s.withdrawn: 2,
    desk.declined: 2,
    s.merged: 2,
    s.paused_too_long: 1,
    chain.task_force: 1,
    chain.disputed: 1,
}
"""What becomes of an appeal that goes to a unit, with its weight."""


@dataclass(frozen=True)
class Rest:
    """A desk where tickets rest at the end: the story stops after the last `action`, some working hours ago."""

    cards: int
    story: s.Story
    action: str
    least: float
    most: float


RESTS = (
    Rest(5, s.plain, "submit", 0.02, 0.7),
    Rest(2, s.supplemented, "return_for_supplement", 1, 9),
    Rest(5, s.plain, "dispatch", 0.05, 1.9),
    Rest(2, s.overruled, "object", 0.1, 2.6),
    Rest(11, s.plain, "contact", 0.5, 12),
    Rest(4, s.plain, "contact", 16, 52),
    Rest(2, s.reported, "interim", 1, 8),
    Rest(2, s.supported, "add_support", 0.5, 6),
    Rest(1, s.extended, "request_extension", 0.2, 3),
    Rest(1, s.paused, "grant_pause", 2, 40),
    Rest(1, s.consulted, "ask_expert", 0.5, 5),
    Rest(1, s.plain, "reply", 0.1, 3),
    Rest(4, s.plain, "sign_off", 0.1, 4.5),
    Rest(5, s.plain, "approve", 0.2, 9),
    Rest(1, s.dissatisfied, "rework", 0.5, 7),
    Rest(1, s.merged, "merge", 0.5, 6),
    Rest(1, desk.external, "transfer_external", 2, 30),
    Rest(2, chain.task_force, "decide", 0.5, 8),
    Rest(1, chain.disputed, "dispute", 0.2, 3),
    Rest(4, chain.task_force, "tell_by_phone", 0.1, 1.5),
)


@dataclass(frozen=True)
class Event:
    """One step of story number `story`, at its time."""

    at: datetime
    story: int
    step: Step


def history(rng: random.Random, city_seed: int, calendar: WorkingCalendar, now: datetime, count: int) -> list[Event]:
    """Everything that happened to `count` tickets in the year before `now`, in order of time.

    `city_seed` is the one of `fill_directory`, so that the callers are the enterprises of the directory.
    """
    known = enterprises(random.Random(city_seed))
    raised = appeals(rng, CATEGORY_BY_CODE, known, 2 * count)
    casts = (cast(rng, appeal) for appeal in raised if not is_about_the_desk(appeal))
    desks, received = cycle(_deck()), _arrivals(rng, calendar, now)
    events: list[Event] = []
    tickets = story = 0
    while tickets < count:
        steps, rest = _plot(next(casts), desks, is_last=tickets == count - 1)
        start = next(received) if rest is None else _start(calendar, now, steps, rest)
        done = [Event(at, story, step) for at, step in _timed(calendar, start, steps) if at <= now]
        events += done
        tickets, story = tickets + len({event.step.ticket for event in done}), story + 1
    return sorted(events, key=lambda event: event.at)


def _deck() -> list[Rest]:
    """Every desk's first card, then the others, evenly mixed."""
    cards = [(nth / rest.cards, place, rest) for place, rest in enumerate(RESTS) for nth in range(rest.cards)]
    return [rest for _, _, rest in sorted(cards, key=lambda card: card[:2])]


def _plot(c: Cast, desks: Iterator[Rest], *, is_last: bool) -> tuple[list[Step], float | None]:
    """The steps of one appeal's story, and for how many working hours it has rested when the year is over."""
    if story := _at_once(c):
        return list(story(c)), None
    if c.rng.random() < RESTING_SHARE:
        rest = next(desks)
        return _until(rest, c, is_last), c.rng.uniform(rest.least, rest.most)
    story = c.rng.choices(list(STORIES), list(STORIES.values()))[0]
    return list((s.plain if is_last and story is s.merged else story)(c)), None


def _at_once(c: Cast) -> s.Story | None:
    """The story of an appeal that goes to no unit."""
    appeal: Appeal = c.appeal
    outside = {
        desk.refused: appeal.refusal_reason,
        desk.transferred: appeal.emergency_line,
        desk.external: appeal.external_place,
    }
    if found := next((story for story, mark in outside.items() if mark), None):
        return found
    if appeal.appeal_type == "PRAISE":
        return desk.praised
    return desk.direct if c.rng.random() < DIRECT_SHARE.get(appeal.appeal_type, 0) else None


def _until(rest: Rest, c: Cast, is_last: bool) -> list[Step]:
    """The story up to its last such action; where it has none for this appeal, up to the unit's first contact."""
    steps = list((s.plain if is_last and rest.story is s.merged else rest.story)(c))
    found = [place for place, step in enumerate(steps) if step.action == rest.action]
    found = found or [place for place, step in enumerate(steps) if step.action == "contact"]
    return steps[: found[-1] + 1]


def _start(calendar: WorkingCalendar, now: datetime, steps: Sequence[Step], rest: float) -> datetime:
    """When a story began that has come to its end `rest` working hours before `now`."""
    return calendar.subtract(now, round(3600 * (rest + sum(step.after for step in steps))))


def _timed(calendar: WorkingCalendar, start: datetime, steps: Sequence[Step]) -> Iterator[tuple[datetime, Step]]:
    at = start
    for step in steps:
        at = calendar.add(at, round(3600 * step.after)) if step.after else at
        yield at, step


def _arrivals(rng: random.Random, calendar: WorkingCalendar, now: datetime) -> Iterator[datetime]:
    """Instants before `now` at which somebody calls: mostly in office hours, some at night and at weekends."""
    last = calendar.local_date(now)
    days = [last - YEAR + timedelta(days=nth) for nth in range(YEAR.days + 1)]
    busy = [1.0 if calendar.is_workday(day) else WEEKEND_WEIGHT for day in days]
    weights = [weight * (1 + GROWTH * nth / YEAR.days) for nth, weight in enumerate(busy)]
    while True:
        day, hour = rng.choices(days, weights)[0], rng.choices(range(24), HOUR_WEIGHTS)[0]
        at = calendar.at(day, hour * 3600 + rng.randrange(3600))
        if at < now:
            yield at
