"""What every house has before its first ticket: time rules and working days."""

from datetime import datetime

from sqlalchemy.orm import Session

from hotline.directory.holidays import KNOWN, import_year
from hotline.directory.models import SlaProfile, WorkingHours
from hotline.directory.time import WEEKLY
from routing.profiles import BUILT_IN

PROFILE_NAMES = {"124": "珠海“124”（咨询 2、其他 4 个工作日）", "guangdong": "广东省 2/10/15 个工作日"}
DEFAULT_PROFILE = "124"


def set_up(session: Session, now: datetime) -> None:
    """Store the profiles, the office hours and the years that come with the system."""
    for code, name in PROFILE_NAMES.items():
        rules = BUILT_IN[code].to_dict()
        session.add(SlaProfile(code=code, name=name, rules=rules, is_default=code == DEFAULT_PROFILE))
    session.add(WorkingHours(weekly=WEEKLY, created_at=now))
    for notice in KNOWN:
        import_year(session, notice, now)
    session.flush()
