from hypothesis import given
from hypothesis import strategies as st

from hotline.ticket.numbering import check_digit, is_number

DIGITS = st.text("0123456789", min_size=14, max_size=14)


@given(DIGITS, st.integers(0, 13), st.integers(1, 9))
def test_every_mistyped_digit_is_noticed(digits: str, place: int, shift: int) -> None:
    number = f"QY{digits}{check_digit(digits)}"
    wrong = str((int(digits[place]) + shift) % 10)
    assert is_number(number)
    assert not is_number(f"QY{digits[:place]}{wrong}{digits[place + 1 :]}{number[-1]}")


def test_nine_of_ten_swapped_neighbours_are_noticed() -> None:
    pairs = [(a, b) for a in range(10) for b in range(10) if a != b]
    missed = 0
    for a, b in pairs:
        digits = f"2026031800{a}{b}01"
        missed += is_number(f"QY2026031800{b}{a}01{check_digit(digits)}")
    assert missed <= len(pairs) / 10


def test_what_is_no_number_is_told_without_a_database() -> None:
    for text in ("", "QY", "QY2026", "XX202603180000011", "QY" + "٢" * 15, "QY2026031800000\x00", "qy202603180000011"):
        assert not is_number(text), text
