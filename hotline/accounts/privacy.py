"""Names and telephone numbers: normalised for look-up, masked for display."""

import re
import unicodedata

from hotline.database import EncryptedText

_NOT_DIGIT = re.compile(r"\D")


def normalise_phone(text: str) -> str:
    """Digits as dialled in China: +86, separators and the long-distance 0 before a mobile number fall away."""
    digits = _NOT_DIGIT.sub("", unicodedata.normalize("NFKC", text))
    if digits.startswith("0086"):
        digits = digits[4:]
    elif digits.startswith("86") and len(digits) > 11:
        digits = digits[2:]
    if len(digits) == 12 and digits.startswith("01"):
        digits = digits[1:]
    return digits


def mask_phone(phone: str | None) -> str:
    """ "13800001234" → "138****1234"; short numbers keep their last two digits."""
    if not phone:
        return ""
    digits = normalise_phone(phone)
    if len(digits) >= 11:
        return f"{digits[:3]}****{digits[-4:]}"
    return "*" * max(len(digits) - 2, 0) + digits[-2:]


def mask_name(name: str | None) -> str:
    """ "李晓梅" → "李**": the family name stays, as an agent needs it to speak to the caller."""
    return name[0] + "*" * (len(name) - 1) if name else ""


def phone_lookup(phone: str) -> str:
    """The keyed hash under which a number is found again."""
    return EncryptedText.secrets.lookup(normalise_phone(phone))
