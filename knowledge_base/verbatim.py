"""Whether one text repeats another word for word."""

import re

from knowledge_base.normalise import normalise

LONG = 10
"""Characters of a sentence that two writers do not find by themselves."""
_END = re.compile(r"[。！？!?；;\n]")


def repeated(text: str, source: str) -> str | None:
    """The first sentence of `source` (of LONG characters or more) that stands in `text`, however spaced or printed."""
    said = _bare(text)
    sentences = (part.strip() for part in _END.split(source))
    return next((one for one in sentences if len(_bare(one)) >= LONG and _bare(one) in said), None)


def _bare(text: str) -> str:
    return "".join(char for char in normalise(text) if char.isalnum())
