"""The unified social credit code (统一社会信用代码), GB 32100-2015: eighteen characters, the last one a check."""

import unicodedata

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""31 characters; I, O, S, V and Z are left out because they look like digits or like each other."""

LENGTH = 18
WEIGHTS = tuple(pow(3, position, 31) for position in range(LENGTH - 1))
LOOK_ALIKE = {"I": "1", "O": "0", "S": "5", "Z": "2", "V": "U"}
OLD_REGISTRATION_NUMBER_LENGTH = 15
ADMIN_CODE = slice(2, 8)


def normalise(text: str) -> str:
    """The code as the standard writes it: half-width, upper case, without spaces and invisible characters."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(char for char in plain if not char.isspace() and unicodedata.category(char) != "Cf")


def check_digit(first17: str) -> str:
    """The eighteenth character for seventeen normalised ones.

    Raises ValueError when there are not seventeen or one is outside the alphabet.
    """
    if len(first17) != len(WEIGHTS):
        raise ValueError(f"expected {len(WEIGHTS)} characters, got {len(first17)}")
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(first17, WEIGHTS, strict=True))
    # The outer remainder matters: a total divisible by 31 gives "0", not a 32nd character.
    return ALPHABET[(31 - total % 31) % 31]


def is_valid(uscc: str) -> bool:
    """Whether the code, taken as it is (normalise first), keeps length, alphabet, digits of the place and check."""
    return explain(uscc) is None and normalise(uscc) == uscc


def explain(text: str) -> str | None:
    """A Chinese sentence saying what is wrong with what somebody typed; None when it is a valid code."""
    code = normalise(text)
    return _wrong_length(code) or _wrong_character(code) or _wrong_place(code) or _wrong_check(code)


def _wrong_length(code: str) -> str | None:
    if len(code) == LENGTH:
        return None
    sentence = f"统一社会信用代码应为18位，现在是{len(code)}位"
    if len(code) == OLD_REGISTRATION_NUMBER_LENGTH and code.isdigit():
        return sentence + "，看起来是旧的工商注册号，请改填营业执照上的统一社会信用代码"
    return sentence + "，请核对"


def _wrong_character(code: str) -> str | None:
    for position, char in enumerate(code, start=1):
        if char in LOOK_ALIKE:
            return f"第{position}位的字母“{char}”不会出现在统一社会信用代码中，可能是“{LOOK_ALIKE[char]}”"
        if char not in ALPHABET:
            return f"第{position}位的“{char}”不能用于统一社会信用代码，只能是数字或大写字母"
    return None


def _wrong_place(code: str) -> str | None:
    if code[ADMIN_CODE].isdigit():
        return None
    return "第3至8位是登记机关的行政区划代码，只能是数字，请核对"


def _wrong_check(code: str) -> str | None:
    expected = check_digit(code[:-1])
    if code[-1] == expected:
        return None
    return f"校验码不符：按前17位计算，第18位应为“{expected}”，现在是“{code[-1]}”，请逐位核对"
