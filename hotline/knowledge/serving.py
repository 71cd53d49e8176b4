"""What this process searches with, and a question as every door takes it in."""

from flask import current_app

from hotline.knowledge.indexing import IndexHolder
from knowledge_base.search import MAX_QUESTION

MIN_QUESTION = 2
"""Characters; less is not searched."""


def index() -> IndexHolder:
    """This process's search index."""
    found: IndexHolder = current_app.extensions["knowledge"]
    return found


def cleaned(typed: str) -> str:
    """A question as it may be searched: one that is longer than the engine reads is cut, not refused."""
    return typed.replace("\x00", "").strip()[:MAX_QUESTION]
