"""What can happen to the files of a search index, each done to a real one; and a disk small enough to be filled."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from knowledge_base.index import build_path, read_pointer

ROOM = "192m"


def build_of(folder: Path) -> Path:
    return build_path(folder, read_pointer(folder).build)


def truncate_toc(folder: Path) -> None:
    (toc,) = build_of(folder).glob("*.toc")
    os.truncate(toc, toc.stat().st_size // 2)


def delete_segment(folder: Path) -> None:
    largest = max(build_of(folder).glob("MAIN_*.*"), key=lambda path: path.stat().st_size)
    for path in build_of(folder).glob(f"{largest.stem.split('.')[0]}.*"):
        path.unlink()


def truncate_packed(folder: Path) -> None:
    """As a power cut or a bad copy leaves it; whoever has the old file mapped keeps that."""
    path = max(build_of(folder).glob("packed-*/docs"), key=lambda path: path.stat().st_size)
    short = path.with_name("short")
    short.write_bytes(path.read_bytes()[: path.stat().st_size // 8 * 4])
    short.replace(path)


def truncate_pointer(folder: Path) -> None:
    os.truncate(folder / "current", 10)


def garble_pointer(folder: Path) -> None:
    (folder / "current").write_bytes(b"\x00\xff" * 30)


def delete_build(folder: Path) -> None:
    shutil.rmtree(build_of(folder))


def delete_everything(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


FAULTS = {
    "truncated TOC": truncate_toc,
    "deleted segment": delete_segment,
    "truncated postings": truncate_packed,
    "truncated pointer": truncate_pointer,
    "garbled pointer": garble_pointer,
    "deleted build": delete_build,
    "deleted folder": delete_everything,
}


def fill_up(folder: Path) -> Path:
    """Take all the room there is on the disk of `folder`; the file to delete when that is over."""
    ballast = folder / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
    return ballast


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount a small file system where the index lies; False when that is not allowed here."""
    folder.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=0700", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
