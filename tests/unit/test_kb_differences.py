"""Two texts woven into one: nothing is lost, little changes show as little ones."""

from hypothesis import given
from hypothesis import strategies as st

from hotline.knowledge.differences import MAX_PASSAGE, MAX_SENTENCES, Piece, differences

texts = st.text(alphabet="企业补贴十五元。；\n", max_size=60)


def without(pieces: list[Piece], kind: str) -> str:
    return "".join(piece.text for piece in pieces if piece.kind != kind)


@given(old=texts, new=texts)
def test_without_what_came_it_reads_as_the_old_and_without_what_went_as_the_new(old: str, new: str) -> None:
    pieces = differences(old, new)
    assert without(pieces, "new") == old and without(pieces, "gone") == new
    assert all(piece.text for piece in pieces)


def test_one_figure_is_one_change() -> None:
    pieces = differences("每月补贴十元，最长二年。不重复享受。", "每月补贴十五元，最长二年。不重复享受。")
    assert [(piece.kind, piece.text) for piece in pieces] == [
        ("same", "每月补贴十"),
        ("new", "五"),
        ("same", "元，最长二年。不重复享受。"),
    ]


def test_a_sentence_that_moved_away_takes_no_neighbour_with_it() -> None:
    kinds = {piece.text: piece.kind for piece in differences("第一句。第二句话。第三句。", "第一句。第三句。")}
    assert kinds == {"第一句。": "same", "第二句话。": "gone", "第三句。": "same"}


def test_long_texts_are_compared_in_whole_passages() -> None:
    old, new = "甲" * (MAX_PASSAGE + 1), "甲" * MAX_PASSAGE + "乙乙"
    assert [piece.kind for piece in differences(old, new)] == ["gone", "new"]
    many = "句。" * (MAX_SENTENCES + 1)
    assert [piece.kind for piece in differences(many, many + "尾。")] == ["gone", "new"]
