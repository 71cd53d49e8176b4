"""Codes that carry what people call them."""

from enum import StrEnum


class Labelled(StrEnum):
    """A code written as `NAME = "CODE", "中文"`."""

    label: str

    def __new__(cls, code: str, label: str = "") -> "Labelled":  # a member is looked up by its code alone
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member
