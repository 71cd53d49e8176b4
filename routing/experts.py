"""Which policy expert is asked first: who may be asked at all, in what order, and why.

Plain values in, plain values out. Exclusions are absolute (avoidance above all); the order among those left is a chain
of comparisons, so that each place can be said in one sentence.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import IntEnum

LEVELS = {1: "了解", 2: "熟悉", 3: "精通"}
NEVER = datetime.min.replace(tzinfo=UTC)
EVERY_LANGUAGE = ""
PRIOR = 2
"""Answers that everybody is credited with beforehand, adopted: one unlucky first answer is no record yet."""


class Presence(IntEnum):
    """What the expert's own switch says; smaller is easier to reach."""

    ONLINE = 0
    BUSY = 1
    OFFLINE = 2

    @property
    def label(self) -> str:
        return ("在线", "忙碌", "离线")[self]


class Duty(IntEnum):
    """Whether the roster names the expert now: as the one on duty (A角), as the substitute (B角), or not."""

    ON = 0
    SUBSTITUTE = 1
    OFF = 2

    @property
    def label(self) -> str:
        return ("值班", "值班B角", "未排班")[self]


@dataclass(frozen=True)
class Skill:
    """One field of an expert: a category (and all below it), how well (1 to 3), in one region or, None, everywhere."""

    category: str
    level: int
    region: str | None = None
    label: str = ""


@dataclass(frozen=True)
class Candidate:
    """An expert as the ranking sees one.

    `avoids` are the units about which a complaint is none of this expert's business. `load` is the work in hand, of at
    most `max_parallel`; with `meets` a meeting, on or ahead, is in it. Of `reviewed` answers `adopted` passed without
    being returned.
    """

    key: int
    skills: tuple[Skill, ...]
    avoids: frozenset[int] = frozenset()
    languages: frozenset[str] = frozenset({"zh"})
    valid_from: date = date.min
    valid_to: date | None = None
    presence: Presence = Presence.ONLINE
    duty: Duty = Duty.OFF
    load: int = 0
    max_parallel: int = 1
    meets: bool = False
    reviewed: int = 0
    adopted: int = 0
    last_invited_at: datetime | None = None


@dataclass(frozen=True)
class Wanted:
    """What is asked: `categories` and `regions` from the narrowest outwards (a leaf, its parents). Empty = any.

    `respondent_unit` and `respondent` (an expert's key) are whom the appeal complains of. `tried` have been asked
    already. `live`: somebody waits on the line, so that an expert who is neither present nor on duty is no help.
    `later`: the work is a meeting ahead: its own day has to be in the expert's period, which the roster looks at, and a
    place that is held for meetings already holds one more, since they never overlap.
    """

    day: date
    categories: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    language: str = EVERY_LANGUAGE
    respondent_unit: int | None = None
    respondent: int | None = None
    tried: frozenset[int] = field(default_factory=frozenset)
    live: bool = True
    later: bool = False


@dataclass(frozen=True)
class Ranked:
    """One place in the order, with its sentence."""

    key: int
    why: str


def rank(candidates: Iterable[Candidate], wanted: Wanted) -> list[Ranked]:
    """Who is asked, first to last. Whoever `refusal` keeps out is not in it; the input's order does not matter."""
    fitting = [one for one in candidates if refusal(one, wanted) is None]
    return [Ranked(one.key, sentence(one, wanted)) for one in sorted(fitting, key=lambda one: _order(one, wanted))]


def refusal(one: Candidate, wanted: Wanted) -> str | None:
    """Why this expert is not asked; None when nothing speaks against it. Avoidance is looked at first."""
    if wanted.respondent_unit in one.avoids or one.key == wanted.respondent:
        return "被反映单位或人员，应当回避"
    if not wanted.later and not one.valid_from <= wanted.day <= (one.valid_to or date.max):
        return "不在专家库有效期内"
    if one.key in wanted.tried:
        return "本次咨询已邀请过"
    if _best(one, wanted) is None:
        return "不负责这类事项或这个区域"
    if wanted.language and wanted.language not in one.languages:
        return "不能用来电人的语言交流"
    if one.load >= one.max_parallel and not (wanted.later and one.meets):
        return f"在办已满（{one.load}/{one.max_parallel}）"
    if wanted.live and one.presence is Presence.OFFLINE and one.duty is Duty.OFF:
        return "离线且未值班"
    return None


def sentence(one: Candidate, wanted: Wanted) -> str:
    """Why an expert stands where it stands, in the order in which places are compared."""
    skill = _best(one, wanted)
    parts = [f"{one.duty.label}，{one.presence.label}"] if wanted.live else [one.duty.label]
    if skill is not None:
        parts.append(f"{LEVELS[skill.level]}“{skill.label or skill.category}”{_where(skill)}")
    parts.append(f"在办 {one.load}/{one.max_parallel}")
    parts.append(f"采纳 {one.adopted}/{one.reviewed}" if one.reviewed else "暂无答复记录")
    parts.append("较久未受邀" if one.last_invited_at else "尚未受邀")
    return "；".join(parts)


def _where(skill: Skill) -> str:
    return "，本区域专责" if skill.region else ""


def _order(one: Candidate, wanted: Wanted) -> tuple[object, ...]:
    """Smaller comes first. The last two make turns fair among equals, and the order the same at every run."""
    reach = (one.duty + one.presence, one.duty) if wanted.live else (0, one.duty)
    share = round(4 * one.load / one.max_parallel)
    record = -round(10 * (one.adopted + PRIOR) / (one.reviewed + PRIOR))
    return *reach, *_fit(one, wanted), share, record, one.last_invited_at or NEVER, one.key


def _fit(one: Candidate, wanted: Wanted) -> tuple[int, int, int]:
    skill = _best(one, wanted)
    assert skill is not None  # those without a fitting field were refused
    return _distances(skill, wanted)


def _best(one: Candidate, wanted: Wanted) -> Skill | None:
    """The field that fits best; None when none does."""
    fitting = [skill for skill in one.skills if _is_fitting(skill, wanted)]
    return min(fitting, key=lambda skill: (*_distances(skill, wanted), skill.category), default=None)


def _is_fitting(skill: Skill, wanted: Wanted) -> bool:
    in_field = not wanted.categories or skill.category in wanted.categories
    return in_field and (skill.region is None or not wanted.regions or skill.region in wanted.regions)


def _distances(skill: Skill, wanted: Wanted) -> tuple[int, int, int]:
    """How far the field is (0 = this very matter), how shallow, how far the region (an own region is nearest)."""
    field_ = wanted.categories.index(skill.category) if wanted.categories else 0
    region = wanted.regions.index(skill.region) if skill.region and wanted.regions else len(wanted.regions)
    return field_, -skill.level, region
