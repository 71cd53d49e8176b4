"""The unified social credit code, against the standard's own example and codes in public use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.directory import uscc

VALID = [
    "91350100M000100Y43",  # the example printed in GB 32100-2015
    "91440300708461136T",
    "91330100799655058B",
    "91440300192317458F",
    "914403001922038216",
    "91110000802100433B",
]

first_seventeen = st.builds(
    "".join,
    st.tuples(
        st.text(uscc.ALPHABET, min_size=2, max_size=2),
        st.text("0123456789", min_size=6, max_size=6),
        st.text(uscc.ALPHABET, min_size=9, max_size=9),
    ),
)


@pytest.mark.parametrize("code", VALID)
def test_codes_in_public_use_are_valid(code):
    assert uscc.is_valid(code)
    assert uscc.explain(code) is None


def test_a_remainder_of_zero_gives_the_check_character_zero():
    assert uscc.check_digit("91440400MA4000015") == "0"
    assert uscc.is_valid("91440400MA40000150")


def test_the_weights_are_those_the_standard_prints():
    assert uscc.WEIGHTS == (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def test_full_width_lower_case_and_spaces_are_read_as_the_code_they_mean():
    typed = " ９１３５０１００ m000\u200b100y43\u3000"
    assert uscc.normalise(typed) == "91350100M000100Y43"
    assert uscc.explain(typed) is None
    assert not uscc.is_valid(typed), "only the normalised form may be stored"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "现在是0位"),
        ("91350100M000100Y4", "应为18位，现在是17位"),
        ("91350100M000100Y433", "应为18位，现在是19位"),
        ("440301234567890", "旧的工商注册号"),
        ("9135O100M000100Y43", "第5位的字母“O”不会出现在统一社会信用代码中，可能是“0”"),
        ("91350100MI00100Y43", "第10位的字母“I”"),
        ("91350100MS00100Y43", "第10位的字母“S”"),
        ("91350100MV00100Y43", "第10位的字母“V”"),
        ("91350100M000100Y4Z", "第18位的字母“Z”"),
        ("91350100M000100-43", "第16位的“-”不能用于统一社会信用代码"),
        ("91350100M000100𠮷43", "第16位的“𠮷”不能用于统一社会信用代码"),
        ("9135A100M000100Y43", "第3至8位"),
        ("91310115MA1H8R7C6D", "第18位应为“7”，现在是“D”"),
    ],
)
def test_a_wrong_code_is_explained_in_chinese(typed, told):
    assert told in uscc.explain(typed)
    assert not uscc.is_valid(typed)


@pytest.mark.parametrize("wrong", ["", "9144", "91440400MA400001O", "91440400MA40000150"])
def test_a_check_character_needs_seventeen_lawful_characters(wrong):
    with pytest.raises(ValueError):
        uscc.check_digit(wrong)


@given(first_seventeen, st.integers(0, 16), st.data())
def test_one_wrong_character_never_passes_unseen(first17, position, data):
    code = first17 + uscc.check_digit(first17)
    other = data.draw(st.sampled_from([char for char in uscc.ALPHABET if char != code[position]]))
    assert uscc.is_valid(code)
    assert not uscc.is_valid(code[:position] + other + code[position + 1 :])


@given(st.text(max_size=40))
def test_whatever_is_typed_gets_a_sentence_or_is_valid_once_normalised(typed):
    told = uscc.explain(typed)
    assert (told is None) == uscc.is_valid(uscc.normalise(typed))
