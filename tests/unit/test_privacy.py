import pytest

from hotline.accounts.privacy import mask_name, mask_phone, normalise_phone


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [
        ("+86 138-0000-1234", "13800001234"),
        ("0086 13800001234", "13800001234"),
        ("013800001234", "13800001234"),
        ("１３８００００１２３４", "13800001234"),
        ("0499-8123456", "04998123456"),
        ("8612345", "8612345"),
        ("12345", "12345"),
    ],
)
def test_a_number_is_the_same_however_it_is_written(typed: str, dialled: str) -> None:
    assert normalise_phone(typed) == dialled


@pytest.mark.parametrize(
    ("phone", "shown"), [("13800001234", "138****1234"), ("8123456", "*****56"), ("110", "*10"), ("", ""), (None, "")]
)
def test_the_middle_of_a_number_is_hidden(phone: str | None, shown: str) -> None:
    assert mask_phone(phone) == shown


@pytest.mark.parametrize(("name", "shown"), [("李晓梅", "李**"), ("李", "李"), ("𠮷田", "𠮷*"), ("", ""), (None, "")])
def test_only_the_family_name_is_shown(name: str | None, shown: str) -> None:
    assert mask_name(name) == shown
