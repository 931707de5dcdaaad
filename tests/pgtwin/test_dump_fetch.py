"""What a bucket says is not trusted: a dump's keys never choose where this computer writes."""

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pgtwin.aws.dumps import Dumps
from pgtwin.errors import SiteFailed, SiteRefused
from topology.site import SiteName

DUMP = "20261122T040000Z"
PREFIX = "dumps/app_db/"
NAME_BYTES = 255
"""The longest name of a file."""


class Bucket:
    """The two calls of Buckets that a dump needs, over a dictionary of keys."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects
        self.downloaded: list[str] = []

    def keys(self, _: SiteName, prefix: str) -> tuple[str, ...]:
        return tuple(sorted(key for key in self.objects if key.startswith(prefix)))

    def download(self, _: SiteName, key: str, path: Path) -> None:
        self.downloaded.append(key)
        path.write_bytes(self.objects[key])


def _dump(**extra: bytes) -> dict[str, bytes]:
    files = {"toc.dat": b"contents", "3041.dat.zst": b"rows", **extra}
    sums = "".join(
        f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in sorted(files.items())
    )
    whole = {**files, "SHA256SUMS": sums.encode(), "COMPLETE": b"{}"}
    return {f"{PREFIX}{DUMP}/{name}": body for name, body in whole.items()}


def _dumps(bucket: Bucket) -> Dumps:
    buckets: Any = bucket
    return Dumps(buckets=buckets, site="primary", database="app_db")


def test_a_whole_dump_arrives_readable_by_its_owner_alone(tmp_path: Path) -> None:
    files = _dumps(Bucket(_dump())).fetch(DUMP, tmp_path / "dump")

    assert files == ("3041.dat.zst", "toc.dat")
    assert {path.name for path in (tmp_path / "dump").iterdir()} == {
        *files,
        "SHA256SUMS",
        "COMPLETE",
    }
    for path in (tmp_path / "dump", *(tmp_path / "dump").iterdir()):
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


@settings(max_examples=300, deadline=None)
@given(name=st.text(st.sampled_from("./\\ab\0\n~$ é"), min_size=1, max_size=12))
@example(name="/etc/cron.d/x")
@example(name="../../x")
@example(name="a/../../../x")
@example(name="..")
def test_a_key_that_is_no_plain_file_name_ends_the_fetch_before_a_byte_is_written(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("fetch")
    if name.replace(".", "").isalnum() and name.isascii() and not name.startswith("."):
        return
    bucket = Bucket(_dump(**{name: b"evil"}))

    with pytest.raises(SiteFailed, match="unexpected files"):
        _dumps(bucket).fetch(DUMP, folder / "dump")

    assert not bucket.downloaded
    assert not list(folder.iterdir())


@pytest.mark.parametrize("id", ["..", "../../x", "/x", "99991231T235959Z\n", "newest"])
def test_what_is_no_dump_is_not_listed_and_not_fetched(id: str, tmp_path: Path) -> None:
    bucket = Bucket({f"{PREFIX}{id}/COMPLETE": b"{}", **_dump()})

    assert _dumps(bucket).complete() == (DUMP,)
    with pytest.raises(SiteRefused):
        _dumps(bucket).fetch(id, tmp_path / "dump")


def test_a_damaged_dump_leaves_nothing_behind(tmp_path: Path) -> None:
    bucket = Bucket({**_dump(), f"{PREFIX}{DUMP}/toc.dat": b"damaged"})

    with pytest.raises(SiteFailed, match=r"toc\.dat is damaged"):
        _dumps(bucket).fetch(DUMP, tmp_path / "dump")

    assert not list(tmp_path.iterdir())


def test_a_folder_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(SiteRefused, match="does not exist yet"):
        _dumps(Bucket(_dump())).fetch(DUMP, tmp_path)


def test_a_link_that_leads_nowhere_is_taken_too(tmp_path: Path) -> None:
    (tmp_path / "dump").symlink_to(tmp_path / "nothing")

    with pytest.raises(SiteRefused, match=r"does not exist yet, not .*nothing was downloaded"):
        _dumps(Bucket(_dump())).fetch(DUMP, tmp_path / "dump")


@pytest.mark.parametrize("name", ["a-file/below/dump", "d" * 255, "without-rights/dump"])
def test_a_folder_that_cannot_be_made_is_refused_by_its_option_before_a_byte_is_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a-file").touch()
    (tmp_path / "without-rights").mkdir(mode=0o500)
    if os.geteuid() == 0:  # whom no mode stops
        monkeypatch.setattr("tempfile.mkdtemp", _refused_as_to_others)
    bucket = Bucket(_dump())

    with pytest.raises(SiteRefused, match=r"--to: .*cannot be made: .*nothing was downloaded"):
        _dumps(bucket).fetch(DUMP, tmp_path / name)

    assert not bucket.downloaded


def _refused_as_to_others(*, prefix: str, **where: Path) -> str:
    if len(prefix) > NAME_BYTES:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(where))


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    bucket = FullDisk(_dump())

    with pytest.raises(SiteFailed, match=r"No space left.*nothing was kept"):
        _dumps(bucket).fetch(DUMP, tmp_path / "dump")

    assert not list(tmp_path.iterdir())


class FullDisk(Bucket):
    def download(self, site: SiteName, key: str, path: Path) -> None:
        super().download(site, key, path)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
