"""A ticket as the model knows it, and the people and units around it. It imports nothing of the house."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

UNITS = {"SZF": "", "WD": "SZF", "WD-HT": "WD", "WD-GXJ": "WD", "JRJ": "SZF", "SWJ": "SZF"}
"""Unit → the unit above it."""
LEVELS = {"SZF": 2, "SWJ": 2}
"""How often a unit's reply is signed off inside; once where nothing is said."""
JOBS = {
    "agent1": ("desk", ""),
    "lead1": ("team", ""),
    "dispatch1": ("dispatcher", ""),
    "review1": ("reviewer", ""),
    "callback1": ("caller", ""),
    "super1": ("supervisor", ""),
    "expert.market": ("expert", ""),
    "expert.labour": ("expert", ""),
    **{f"{unit.lower().replace('-', '.')}.handler": ("handler", unit) for unit in UNITS},
    **{
        f"{unit.lower()}.{who}": ("leader", unit) for unit in ("SZF", "WD", "JRJ", "SWJ") for who in ("leader", "chief")
    },
}
MOST_PAUSES = 2
LONELY = {"wd.ht.handler", "wd.gxj.handler"}
"""Who has nobody to hand over to."""
ENDS = {"CLOSED", "REFUSED", "WITHDRAWN", "TRANSFERRED"}
AT_UNIT = {"AWAITING_SIGN", "HANDLING"}
TO_DO = AT_UNIT | {"OBJECTED"}
UNSENT = {"AWAITING_DISPATCH", "AWAITING_SUPPLEMENT"}
HANDLERS = (*(login for login, (job, _) in JOBS.items() if job == "handler"), "wd.handler2")
EXPERTS = tuple(login for login, (job, _) in JOBS.items() if job == "expert")
DESK = ("agent1", "agent2")
SURE_OPEN, SURE_SHUT = timedelta(hours=2), timedelta(days=21)
"""Before the one every window of hours or days is open, after the other it is shut; in between the model is mute."""


def is_below(unit: str, above: str) -> bool:
    """Whether a unit lies below another one, at any depth."""
    while unit := UNITS.get(unit, ""):
        if unit == above:
            return True
    return False


@dataclass
class State:
    """One ticket. `total`: none, running, paused or stopped; `owed`: the units from which an opinion is awaited."""

    status: str = "AWAITING_DISPATCH"
    lead: str = ""
    handler: str = ""
    follower: str = "agent1"
    total: str = "none"
    total_start: datetime | None = None
    due: datetime | None = None
    keeps_due: bool = False
    """A merge has interrupted the total clock: dispatched again, it goes on to the same due time."""
    round: int = 0
    objections: int = 0
    extensions: int = 0
    asked: set[str] = field(default_factory=set)
    paused: bool = False
    pauses: int = 0
    """How often the total clock was stopped in this ticket's life."""
    supports: set[str] = field(default_factory=set)
    delegates: dict[str, str] = field(default_factory=dict)
    owed: set[str] = field(default_factory=set)
    unsigned: int = 0
    signers: set[str] = field(default_factory=set)
    tries: int = 0
    heard: str = ""
    reviews: int = 0
    reviewing: bool = False
    sent_at: datetime | None = None
    closed_at: datetime | None = None
    force: bool = False
    """Whether a task force stands, with these units in it; `decisions`: whom each of its open ones binds."""
    members: set[str] = field(default_factory=set)
    decisions: list[str] = field(default_factory=list)
    disputed: str = ""
    """What the enterprise objects to: "pause", "extension", or "past" for a pause that has ended since."""
    pause_heard: bool = False
    extension_heard: bool = False
    """Whether it has objected to this one already: once each."""
    questions: set[str] = field(default_factory=set)
    """The experts who still owe a written answer."""
    supervised: bool = False
    master: "State | None" = None
    children: list["State"] = field(default_factory=list)

    # -- who may -----------------------------------------------------------------------------------------------------

    def job(self, login: str) -> str:
        return JOBS[login][0]

    def leads(self, login: str) -> bool:
        """Handler or leader of the lead unit, the named handler, or a leader of a unit above."""
        job, unit = JOBS[login]
        if not self.lead or job not in ("handler", "leader"):
            return False
        return unit == self.lead or login == self.handler or (job == "leader" and is_below(self.lead, unit))

    def is_free(self) -> bool:
        """The lead may take a step of its own: not paused, nothing asked, no reply on its way through the unit."""
        return not self.paused and not self.asked and not self.unsigned

    def _desk(self, login: str) -> bool:
        return self.job(login) in ("desk", "team")

    def _dispatcher(self, login: str) -> bool:
        return self.job(login) in ("dispatcher", "supervisor")

    def _caller(self, login: str) -> bool:
        return self.job(login) in ("caller", "supervisor")

    def _window(self, since: datetime | None, now: datetime) -> bool | None:
        assert since is not None  # windows open with a dispatch or an answer
        return True if now - since <= SURE_OPEN else False if now - since > SURE_SHUT else None

    def sees(self, login: str) -> bool:
        """The hotline; a unit with a part or a seat in the task force, and leaders above a part; who was asked."""
        job, unit = JOBS[login]
        if job not in ("handler", "leader"):
            return job != "expert" or login in self.questions
        parts = {self.lead, *self.supports, *self.delegates} - {""}
        above = job == "leader" and any(is_below(part, unit) for part in parts)
        return unit in parts or login == self.handler or above or (self.force and unit in self.members)

    def owner(self) -> str:
        """Who answers for the time: the lead unit's handler, else the hotline's follower; a merged one's master."""
        if self.master is not None:
            return self.master.owner()
        return self.handler if self.lead else self.follower
