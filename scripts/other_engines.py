"""Other search engines in one shape: a list of tokenised documents → a function from tokens to the best places."""

import sqlite3
from collections.abc import Callable, Sequence

import bm25s
import tantivy

from knowledge_base.evaluate import DEPTH

Tokens = Sequence[str]
Engine = Callable[[Tokens], list[int]]


def bm25s_engine(corpus: list[Tokens]) -> Engine:
    engine = bm25s.BM25(method="lucene")
    engine.index([list(tokens) for tokens in corpus], show_progress=False)

    def ask(tokens: Tokens) -> list[int]:
        found, _ = engine.retrieve([list(tokens)], k=DEPTH, show_progress=False)
        return [int(at) for at in found[0]]

    return ask


def tantivy_engine(corpus: list[Tokens]) -> Engine:
    schema = (
        tantivy.SchemaBuilder().add_text_field("t", tokenizer_name="whitespace").add_integer_field("n", stored=True)
    )
    index = tantivy.Index(schema.build())
    writer = index.writer(100_000_000, 1)
    for at, tokens in enumerate(corpus):
        writer.add_document(tantivy.Document(t=" ".join(tokens), n=at))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def ask(tokens: Tokens) -> list[int]:
        terms = [(tantivy.Occur.Should, tantivy.Query.term_query(index.schema, "t", token)) for token in tokens]
        hits = searcher.search(tantivy.Query.boolean_query(terms), DEPTH).hits
        return [searcher.doc(address)["n"][0] for _, address in hits]

    return ask


def fts5_engine(corpus: list[Tokens]) -> Engine:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE docs USING fts5(t, tokenize = 'unicode61')")
    database.executemany("INSERT INTO docs (rowid, t) VALUES (?, ?)", ((i, " ".join(t)) for i, t in enumerate(corpus)))

    def ask(tokens: Tokens) -> list[int]:
        wanted = " OR ".join(f'"{token}"' for token in dict.fromkeys(tokens))
        query = "SELECT rowid FROM docs WHERE docs MATCH ? ORDER BY rank LIMIT ?"
        return [at for (at,) in database.execute(query, (wanted, DEPTH))] if wanted else []

    return ask


OTHERS: dict[str, Callable[[list[Tokens]], Engine]] = {
    "bm25s": bm25s_engine,
    "tantivy": tantivy_engine,
    "SQLite FTS5": fts5_engine,
}
