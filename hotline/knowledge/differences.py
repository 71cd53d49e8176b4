"""What changed from one version to the next: sentences first, then the characters within a changed passage."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

from hotline.knowledge.models import KbEntryVersion

MAX_PASSAGE = 600
"""Characters; longer passages are shown as a whole, once gone and once new: comparing costs their product."""
MAX_SENTENCES = 2000
MIN_SAME = 2
"""A single character in common between two passages is chance, and reads like confetti."""
_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；\n]*|[。！？；\n]+")
Kind = Literal["same", "gone", "new"]

COMPARED = {
    "title": "标题",
    "phone_answer": "电话答复口径",
    "full_text": "正文",
    "doc_number": "文号",
    "place": "条款位置",
    "source_title": "出处",
    "beneficiaries": "惠及对象",
    "conditions": "申报条件",
    "payout_limit": "兑现时限",
    "address": "受理地址",
    "enquiry_phone": "咨询电话",
    "contact_phone": "联系电话",
    "contact_hours": "服务时间",
    "effective_from": "生效日期",
    "expires_at": "有效期至",
}


@dataclass(frozen=True)
class Piece:
    """A run of text that stayed, went or came."""

    kind: Kind
    text: str


def compared(old: KbEntryVersion, new: KbEntryVersion) -> list[tuple[str, list[Piece]]]:
    """(label, pieces) of each field in which the two differ, in reading order."""
    pairs = [(label, _said(old, name), _said(new, name)) for name, label in COMPARED.items()]
    return [(label, differences(before, after)) for label, before, after in pairs if before != after]


def differences(old: str, new: str) -> list[Piece]:
    """Old and new woven together: without "new" pieces it reads as the old text, without "gone" ones as the new."""
    before, after = _SENTENCE.findall(old), _SENTENCE.findall(new)
    if max(len(before), len(after)) > MAX_SENTENCES:
        return _joined([Piece("gone", old), Piece("new", new)])
    pieces: list[Piece] = []
    for is_same, left, right in _blocks(before, after):
        gone, came = "".join(left), "".join(right)
        pieces += [Piece("same", gone)] if is_same else _within(gone, came)
    return _joined(pieces)


def _within(old: str, new: str) -> Iterator[Piece]:
    """A changed passage, character by character."""
    blocks = _blocks(old, new) if max(len(old), len(new)) <= MAX_PASSAGE else [(False, old, new)]
    for is_same, left, right in blocks:
        if is_same and len(left) >= MIN_SAME:
            yield Piece("same", "".join(left))
        else:
            yield from (Piece("gone", "".join(left)), Piece("new", "".join(right)))


def _blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, Sequence[str], Sequence[str]]]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        yield tag == "equal", old[i:j], new[k:m]


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours between two unchanged runs put together: first all that went, then all that came."""
    joined: list[Piece] = []
    for is_same, run in groupby((piece for piece in pieces if piece.text), lambda piece: piece.kind == "same"):
        kept = list(run)
        kinds: tuple[Kind, ...] = ("same",) if is_same else ("gone", "new")
        for kind in kinds:
            text = "".join(piece.text for piece in kept if piece.kind == kind)
            joined += [Piece(kind, text)] if text else []
    return joined


def _said(version: KbEntryVersion, name: str) -> str:
    value = getattr(version, name)
    return "" if value is None else str(value)
