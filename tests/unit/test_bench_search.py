"""The measurements of the search: the other engines get a fair chance, and nobody measures a different corpus twice."""

import pytest

from knowledge_base.segment import Segmenter
from scripts.bench_search import Judged, Tokenizers, mixed, resident

TEXTS = ["设备购置贷款贴息百分之五十", "招用员工社会保险补贴", "高新技术企业认定奖励二十万元"]
SEGMENTER = Segmenter()


@pytest.mark.parametrize("name", ["bm25s", "tantivy", "SQLite FTS5"])
@pytest.mark.parametrize("tokens", ["words", "all"])
def test_every_engine_finds_the_text_that_answers(name, tokens):
    other_engines = pytest.importorskip("scripts.other_engines", reason="needs the extra bench")
    cut = Tokenizers(SEGMENTER).by_name[tokens]
    ask = other_engines.OTHERS[name]([cut(text) for text in TEXTS] + [cut("无关")] * 9)
    assert [ask(cut(question))[0] for question in ("贷款贴息多少", "社会保险补贴", "认定奖励")] == [0, 1, 2]


def test_the_mixed_documents_are_the_same_in_every_run(tmp_path):
    (tmp_path / "docs.jsonl.gz").write_bytes(b"")
    (tmp_path / "queries.jsonl.gz").write_bytes(b"")
    (tmp_path / "qrels.jsonl.gz").write_bytes(b"")
    judged = Judged(tmp_path)
    judged.docs = [{"id": text, "title": "", "body": text} for text in TEXTS]
    once, again = list(mixed([judged], 20)), list(mixed([judged], 20))
    assert once == again
    assert len({doc.text for doc in once}) > len(TEXTS)


def test_the_memory_told_is_that_of_a_python_process():
    assert 10 < resident("RssAnon") <= resident("VmRSS") < 5000
