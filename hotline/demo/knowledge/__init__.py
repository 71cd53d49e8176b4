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
