"""The index folder: built beside the old one, swapped in by one rename, private to its owner.

    <folder>/current         JSON {build, generation, revision, fingerprint}; replaced atomically, read by every process
    <folder>/build-000003/   a Whoosh index and its packed postings; the one before is kept for those still reading it
    <folder>/writer.lock     held by the one process that writes
    <folder>/damaged-7       whoever could not read generation 7 says so to the others; gone with the next build

Whoosh's own headers are pickles: so the folder is 0700 and is not opened when others may write to it. Text goes in
already cut into tokens, so that no class of ours ends up in a pickle.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from whoosh import fields
from whoosh.index import create_in, open_dir

from knowledge_base.doc_numbers import parse_all
from knowledge_base.filters import UNSET
from knowledge_base.packed import leaves_of, pack_all
from knowledge_base.segment import Segmenter, bigrams, characters

CACHE_MB = 256
"""Memory Whoosh may use while sorting postings."""


class IndexDamaged(Exception):
    """The index is absent, unreadable or broken. It is derived: build it again."""


class IndexBusy(Exception):
    """Another process is writing the index now."""


@dataclass(frozen=True)
class Doc:
    """One version of an entry, as it goes into the index. An entry may have several, for different days.

    `effective_from` and `expires_at` are the first and last day on which it is the answer (None = open-ended).
    region_code, unit_id, audience (tags), entry_type and category are what `Filters` narrow down by: whatever codes
    the caller has, compared whole; empty = not told.
    """

    entry_id: int
    version: int
    title: str
    text: str
    effective_from: date = date.min
    expires_at: date | None = None
    is_public: bool = True
    doc_number: str | None = None
    region_code: str = ""
    unit_id: int | None = None
    audience: tuple[str, ...] = ()
    entry_type: str = ""
    category: str = ""


@dataclass(frozen=True)
class Pointer:
    """What `current` says. `generation` rises with every write; `revision` is the caller's own (of its database)."""

    build: int
    generation: int
    revision: int
    fingerprint: str


def read_pointer(folder: Path) -> Pointer:
    """The pointer of the present index. Raises IndexDamaged when there is none or others could have written it."""
    try:
        _refuse_open_folder(folder)
        return Pointer(**json.loads((folder / "current").read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise IndexDamaged(f"no readable index in {folder}: {error}") from error


def mark_damaged(folder: Path, pointer: Pointer) -> None:
    """Tell every process that this generation cannot be read; it is built again. Raises OSError."""
    (folder / f"damaged-{pointer.generation}").touch(mode=0o600)  # empty: there is room for it on a full disk too


def refuse_damaged(folder: Path, pointer: Pointer) -> None:
    """Raises IndexDamaged for a generation that somebody could not read."""
    if (folder / f"damaged-{pointer.generation}").exists():
        raise IndexDamaged(f"generation {pointer.generation} in {folder} was found damaged")


def build(folder: Path, docs: Iterable[Doc], segmenter: Segmenter, *, revision: int = 0) -> Pointer:
    """Build a whole new index from `docs` and swap it in. Raises IndexBusy when somebody else is writing."""
    with writing(folder):
        number, generation = _next_numbers(folder)
        _write_new(build_path(folder, number), docs, segmenter)
        pointer = Pointer(number, generation, revision, segmenter.fingerprint)
        _swap(folder, pointer)
        _remove_builds_before(folder, number - 1)
        for mark in folder.glob("damaged-*"):
            mark.unlink()
    return pointer


def update(
    folder: Path, docs: Iterable[Doc], segmenter: Segmenter, *, revision: int, removed: Iterable[int]
) -> Pointer:
    """Take the `removed` entries out of the present index, then add `docs`: a changed entry stands in both.

    Raises IndexDamaged when there is none to update or it was cut with other words, IndexBusy as `build`, OSError
    when the disk is full; the index then answers as before.
    """
    with writing(folder):
        old = read_pointer(folder)
        if old.revision > revision:
            return old  # another process has written a newer one since the caller looked
        if old.fingerprint != segmenter.fingerprint:
            raise IndexDamaged("the index was made with another dictionary")
        with damage_named(folder, is_written=True):
            present = build_path(folder, old.build)
            _write(open_dir(str(present)), docs, segmenter, removed)
            _pack(present, segmenter)
        pointer = Pointer(old.build, old.generation + 1, revision, old.fingerprint)
        _swap(folder, pointer)
    return pointer


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the folder's writer lock (freed by the system when the process dies). Raises IndexBusy at once if taken."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    with (folder / "writer.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IndexBusy(f"another process is writing {folder}") from None
        yield


def build_path(folder: Path, number: int) -> Path:
    """Where the Whoosh index of one build lies."""
    return folder / f"build-{number:06d}"


@contextmanager
def damage_named(folder: Path, *, is_written: bool = False) -> Iterator[None]:
    """Whatever a broken Whoosh file makes Python raise, callers see one error.

    Not what a full or forbidden disk says to a writer: nothing is broken then, there is only nowhere to write.
    """
    try:
        yield
    except Exception as error:
        if is_written and isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            raise
        raise IndexDamaged(f"index in {folder} is damaged: {error!r}") from error


def _schema() -> fields.Schema:
    return fields.Schema(
        entry=fields.ID(),
        words=fields.KEYWORD(),
        bigrams=fields.KEYWORD(),
        characters=fields.KEYWORD(),
        doc_number=fields.KEYWORD(),
        is_public=fields.KEYWORD(),
        region=fields.KEYWORD(),
        unit=fields.KEYWORD(),
        audience=fields.KEYWORD(),
        type=fields.KEYWORD(),
        category=fields.KEYWORD(),
        starts=fields.NUMERIC(sortable=True),
        ends=fields.NUMERIC(sortable=True),
        shown=fields.STORED(),
    )


def _write_new(target: Path, docs: Iterable[Doc], segmenter: Segmenter) -> None:
    target.mkdir(mode=0o700)
    try:
        _write(create_in(str(target), _schema()), docs, segmenter, in_one_file=False)
        _pack(target, segmenter)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)  # a full disk must not fill up further with every try
        raise


def _write(
    index: Any, docs: Iterable[Doc], segmenter: Segmenter, removed: Iterable[int] = (), *, in_one_file: bool = True
) -> None:
    """Add a segment. In one file, a reader holds it open as a whole; but each reader copies it into its memory."""
    writer = index.writer(limitmb=CACHE_MB, compound=in_one_file)
    try:
        for entry_id in removed:
            writer.delete_by_term("entry", str(entry_id))
        for doc in docs:
            writer.add_document(**_columns(doc, segmenter))
    except BaseException:
        writer.cancel()
        raise
    writer.commit()


def _pack(build: Path, segmenter: Segmenter) -> None:
    with open_dir(str(build)).reader() as reader:  # type: ignore[no-untyped-call]
        pack_all([leaf for leaf, _ in leaves_of(reader)], build, segmenter)


def _columns(doc: Doc, segmenter: Segmenter) -> dict[str, Any]:
    whole = f"{doc.title}\n{doc.text}"
    return {
        "entry": str(doc.entry_id),
        "words": segmenter.once(whole),
        "bigrams": bigrams(whole),
        "characters": characters(whole),
        "doc_number": [number.key for number in parse_all(doc.doc_number or "")],
        "starts": doc.effective_from.toordinal(),
        "ends": (doc.expires_at or date.max).toordinal(),
        "is_public": [str(int(doc.is_public))],
        "region": [doc.region_code or UNSET],
        "unit": [UNSET if doc.unit_id is None else str(doc.unit_id)],
        "audience": list(doc.audience) or [UNSET],
        "type": [doc.entry_type or UNSET],
        "category": [doc.category or UNSET],
        "shown": (doc.entry_id, doc.version, doc.title, doc.text, doc.doc_number),
    }


def _next_numbers(folder: Path) -> tuple[int, int]:
    """(build, generation) for the next build: above everything that was ever there, also after a lost pointer."""
    taken = max((int(path.name[6:]) for path in folder.glob("build-*")), default=0)
    try:
        return taken + 1, read_pointer(folder).generation + 1
    except IndexDamaged:
        return taken + 1, (taken + 1) * 1_000_000


def _swap(folder: Path, pointer: Pointer) -> None:
    fresh = folder / "current.new"
    with fresh.open("w") as file:
        json.dump(pointer.__dict__, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, folder / "current")


def _remove_builds_before(folder: Path, number: int) -> None:
    for path in folder.glob("build-*"):
        if int(path.name[6:]) < number:
            shutil.rmtree(path, ignore_errors=True)


def _refuse_open_folder(folder: Path) -> None:
    status = folder.stat()
    if status.st_mode & 0o022 or status.st_uid != os.geteuid():
        raise IndexDamaged(f"{folder} could have been written by others; it must belong to this user alone (0700)")
