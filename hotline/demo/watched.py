"""The ticket a newcomer watches: soon after the start its unit gets a yellow card, because it rang nobody up."""

from datetime import datetime, timedelta
from typing import Any

from hotline.database import Database
from hotline.demo.cast import with_role, worker_of
from hotline.demo.history import Event
from hotline.demo.player import player_for
from hotline.demo.steps import Step

AHEAD = timedelta(seconds=40)
FIRST_CONTACT = timedelta(hours=1)
"""What the "124" profile gives for an emergency; by the clock, so that it shows at night too."""
UNIT = "GDJ"

APPEAL: dict[str, Any] = {
    "appeal_type": "HELP",
    "title": "【演示】冷库突然停电，海鲜原料两小时内就会变质",
    "body": "我厂冷库今天突然停电，供电热线排队打不进，库内存放出口订单的海鲜原料约四十吨，温度正在上升，"
    "请立即协调抢修或调派应急发电车。",
    "wish": "一小时内有人联系并到场抢修",
    "category_code": "080102",
    "region_code": "449903",
    "place": "湾西区临江工业园三号冷库",
    "urgency": "EMERGENCY",
    "enterprise_name": "临海湾市渔港鲜食品有限公司",
    "contact_name": "简望渔",
    "contact_phone": "15400123456",
    "source_code": "PHONE",
}


def showcase(database: Database, now: datetime) -> str:
    """Register, send and sign it an hour before `now + AHEAD`, and let nobody call; its number.

    At `now + AHEAD` the first contact is due, and the clock shows the yellow card.
    """
    sent = now + AHEAD - FIRST_CONTACT
    minutes = {"submit": -6, "dispatch": 0, "sign": 8}
    steps = (
        Step(with_role("AGENT")[0], "submit", 0, APPEAL),
        Step(with_role("DISPATCHER")[0], "dispatch", 0, {"unit_code": UNIT, "text": "特急，请立即联系企业"}),
        Step(worker_of(UNIT), "sign", 0, {}),
    )
    performer = player_for(database)
    performer.play([Event(sent + timedelta(minutes=minutes[step.action]), 0, step) for step in steps], now)
    return performer.tickets[0, 0][0]
