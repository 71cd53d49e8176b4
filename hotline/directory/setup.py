"""What every house has before its first ticket: time rules, working days and sources."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from hotline.directory.holidays import KNOWN, import_year
from hotline.directory.models import SlaProfile, Source, WorkingHours
from hotline.directory.time import WEEKLY
from routing.profiles import BUILT_IN

PROFILE_NAMES = {"124": "珠海“124”（咨询 2、其他 4 个工作日）", "guangdong": "广东省 2/10/15 个工作日"}
DEFAULT_PROFILE = "124"

PLATFORM = {"is_platform": True, "must_report_back": True}
SOURCES: dict[str, dict[str, Any]] = {
    "PHONE": {"name": "电话"},
    "WEBSITE": {"name": "网站"},
    "WECHAT": {"name": "微信"},
    "YUESHANGTONG": {"name": "粤商通", **PLATFORM},
    "PROVINCE_PLATFORM": {"name": "省企业诉求平台", **PLATFORM},
    "VIDEO": {"name": "视频办"},
    "COUNTER": {"name": "专窗"},
    "EMAIL": {"name": "邮件"},
    "STATION": {"name": "驿站"},
    "OFFICER": {"name": "企业专员"},
    "SUPERIOR": {"name": "上级交办", **PLATFORM},
    "MEDIA": {"name": "媒体", "must_report_back": True},
    "OTHER_CITY_12345": {"name": "外地12345", **PLATFORM},
}
"""Where appeals come from, until an administrator says otherwise."""


def set_up(session: Session, now: datetime) -> None:
    """Store the profiles, the office hours, the sources and the years that come with the system."""
    for code, name in PROFILE_NAMES.items():
        rules = BUILT_IN[code].to_dict()
        session.add(SlaProfile(code=code, name=name, rules=rules, is_default=code == DEFAULT_PROFILE))
    session.add_all(Source(code=code, **facts) for code, facts in SOURCES.items())
    session.add(WorkingHours(weekly=WEEKLY, created_at=now))
    for notice in KNOWN:
        import_year(session, notice, now)
    session.flush()
