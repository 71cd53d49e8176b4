"""What units, callback and supervisors of the demo city write (texts: data/replies.toml)."""

import random
from dataclasses import dataclass

from hotline.demo.city import Unit
from hotline.demo.data import read


@dataclass(frozen=True)
class ReplyText:
    """A unit's answer: what the enterprise reads, what stays in the house, and the legal basis."""

    public_text: str
    internal_note: str
    legal_basis: str


@dataclass(frozen=True)
class Phrase:
    """A text with the reason code it belongs to, and the basis an objection cites."""

    code: str
    text: str
    basis: str = ""


def reply(rng: random.Random, category_code: str, unit: Unit) -> ReplyText:
    """An answer that fits the category's first level (`category_code` of any level), in the unit's name."""
    texts = read("replies")["replies"][category_code[:2]]
    slots = {"unit": unit.short_name, "phone": unit.duty_phone, "days": rng.randint(2, 10)}
    return ReplyText(
        rng.choice(texts["public_text"]).format_map(slots),
        rng.choice(texts["internal_note"]),
        rng.choice(texts["legal_basis"]),
    )


def phrase(rng: random.Random, step: str, code: str | None = None) -> Phrase:
    """A reason for a step that needs a code: objection, contact, extension, pause, refusal or unresolved.

    With `code`, one of that code's texts. Raises IndexError when the step has none for it.
    """
    rows = [row for row in read("replies")["phrases"][step] if code in (None, row["code"])]
    return Phrase(**rng.choice(rows))


def remark(rng: random.Random, step: str) -> str:
    """A free remark: interim, review_return, callback_satisfied, callback_dissatisfied, callback_unreached,
    supervise, overrule, rework or withdraw.
    """
    return str(rng.choice(read("replies")["phrases"][step]))
