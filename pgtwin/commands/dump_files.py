"""The names inside a dump, which are paths to pg_restore.

`toc.dat` names the file of each table's rows, and each `blobs_<number>.toc` those of large objects.
pg_restore joins them to the dump's folder as they are, and so would read any file of this computer
into the database. A dump comes from a bucket: what names a file in another way than pg_dump does is
refused before pg_restore is started. The pod that verifies dumps gets this same file, by a symbolic
link in `charts/dump/`. Read here is what pg_dump 17 and 18 write, byte for byte, or the dump is
refused (PostgreSQL src/bin/pg_dump/pg_backup_archiver.c, WriteHead and WriteToc, and
pg_backup_directory.c).
"""

import re
from collections.abc import Iterator
from pathlib import Path

_HEAD = b"PGDMP\x01\x10\x00\x04\x08\x03"
"""Version 1.16, integers of 4 and offsets of 8 bytes, the format's code."""
_COMPRESSED = rb"(\.(gz|lz4|zst))?"
_NAME = re.compile(
    rb"toc\.dat|SNAPSHOT|SHA256SUMS|COMPLETE|blobs_\d+\.toc|(blob_)?\d+\.dat" + _COMPRESSED
)
_LARGE_OBJECTS = re.compile(rb"(\d{1,10} blob_\d{1,10}\.dat" + _COMPRESSED + rb"\n)*")
_FILE_OF = {True: re.compile(rb"blobs_\d{1,10}\.toc"), False: re.compile(rb"(\d{1,10}\.dat)?")}
"""By whether an entry is of large objects, whose file is a list of further names."""
_LARGEST = 2**31 - 1


class Strange(Exception):  # noqa: N818 (an adjective that reads well where it is raised)
    """Nothing that pg_dump writes; the message says what."""


def check_files(folder: Path) -> None:
    """Look at all names of the dump in `folder`.

    Raises:
        Strange: where one may lead out of it.
        OSError: where it has no contents.
    """
    for path in folder.iterdir():
        if not _NAME.fullmatch(path.name.encode()) or path.is_symlink() or not path.is_file():
            raise Strange(f"it has {path.name!r}")
    for large_objects, name in _named((folder / "toc.dat").read_bytes()):
        if not _FILE_OF[large_objects].fullmatch(name):
            raise Strange(f"toc.dat names the file {name.decode(errors='replace')!r}")
    for path in folder.glob("blobs_*.toc"):
        if not _LARGE_OBJECTS.fullmatch(path.read_bytes()):
            raise Strange(f"{path.name} names other files than its own")


def _named(contents: bytes) -> Iterator[tuple[bool, bytes]]:
    """Of each entry: whether it is of large objects, and the file that it names, "" for none."""
    if not contents.startswith(_HEAD):
        raise Strange("toc.dat has another version")
    reader = _Reader(contents, at=len(_HEAD) + 1)  # after the kind of compression
    reader.integers(7)  # when
    reader.strings(3)  # of which database, server and pg_dump
    for _ in range(reader.integer()):
        yield _entry(reader)
    if not reader.at_end:
        raise Strange("toc.dat goes on after its last entry")


def _entry(reader: "_Reader") -> tuple[bool, bytes]:
    reader.integers(2)  # its number, and whether it has rows
    reader.strings(3)  # its object's, and its name
    kind = reader.string()
    reader.integers(1)  # its section
    reader.strings(6)  # from its definition to its access method
    reader.integers(1)  # a table's kind
    reader.strings(2)  # its owner, and what has ended with OIDs
    while reader.string() is not None:  # what it depends on
        continue
    name = reader.string()
    if name is None:
        raise Strange("toc.dat has an entry without an end")
    return kind == b"BLOBS", name


class _Reader:
    """Integers as a sign and four bytes; strings as their length and bytes, none as -1."""

    def __init__(self, contents: bytes, *, at: int) -> None:
        self._contents = contents
        self._at = at

    @property
    def at_end(self) -> bool:
        """Whether everything was read."""
        return self._at == len(self._contents)

    def integer(self) -> int:
        sign, *_ = rest = self._take(5)
        value = int.from_bytes(rest[1:], "little")
        if sign > 1 or value > _LARGEST:
            raise Strange("toc.dat has a number that is none")
        return -value if sign else value

    def string(self) -> bytes | None:
        length = self.integer()
        if length < 0:
            return None
        text = self._take(length)
        if b"\0" in text:  # which would end it for pg_restore
            raise Strange("toc.dat has a text that ends early")
        return text

    def integers(self, count: int) -> None:
        for _ in range(count):
            self.integer()

    def strings(self, count: int) -> None:
        for _ in range(count):
            self.string()

    def _take(self, count: int) -> bytes:
        taken = self._contents[self._at : self._at + count]
        if len(taken) != count:
            raise Strange("toc.dat ends early")
        self._at += count
        return taken
