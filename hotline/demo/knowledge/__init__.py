"""Policies of the invented city, written for the demo: what the desk finds when it searches."""

from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Policy:
    """A text of this folder and the code of the unit that keeps it; title, number and dates stand in the text."""

    name: str
    unit_code: str

    def read(self) -> str:
        """The whole text."""
        return files(__name__).joinpath(f"{self.name}.txt").read_text(encoding="utf-8")


POLICIES = (
    Policy("equipment_loan_interest", "GXJ"),
    Policy("high_tech_recognition", "KCJ"),
    Policy("hiring_social_insurance", "RSJ"),
    Policy("start_business_one_day", "SJJ"),
    Policy("utility_connection", "ZSJ"),
    Policy("procurement_for_small_firms", "CZJ"),
    Policy("overdue_payments", "GXJ"),
    Policy("lenient_environmental_enforcement", "STJ"),
)

CITED = {
    **dict.fromkeys(("01", "15", "16"), "start_business_one_day"),
    **dict.fromkeys(("02", "10", "11"), "high_tech_recognition"),
    "03": "hiring_social_insurance",
    **dict.fromkeys(("04", "05"), "equipment_loan_interest"),
    **dict.fromkeys(("06", "07", "08"), "utility_connection"),
    **dict.fromkeys(("09", "14"), "lenient_environmental_enforcement"),
    "12": "procurement_for_small_firms",
    "13": "overdue_payments",
}
"""Level-1 category → the policy that units' replies cite, the nearest of the few this city has."""
