"""Fetch one dump from this site's bucket, checked against its own checksums.

What always holds: after exit code 0 the directory holds every file of the dump and no other, each
as SHA256SUMS says. A key becomes a path only where it is a plain file name: whoever may write to
the bucket must not choose where this writes, nor what pg_restore reads (`dump_files.py`).

Environment, beside botocore's own:
    DUMP_DIRECTORY  where the dump goes, as `<DUMP_NAME>/`; what an earlier run left is replaced
    DUMP_NAME       the dump's UTC timestamp
    DUMP_PREFIX     key prefix in the bucket, such as `dumps/app_db`
    DUMP_BUCKET     `bucket=region`

Exit: 0 it is there; 2 the bucket's dump is not whole; 3 the bucket did not answer as it should, and
it is safe to run again.
"""

import hashlib
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from dump_files import Strange, check_files  # type: ignore[import-not-found]

CHECKSUMS = "SHA256SUMS"
COMPLETE = "COMPLETE"
FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,100}", re.ASCII)
"""The files of a directory dump: toc.dat, <number>.dat.zst, blobs_<number>.toc, and ours."""
SHOWN = 5
"""How many names a message has: whoever wrote the bucket wrote them."""
PATIENCE = Config(
    connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 5}
)


class Damaged(Exception):  # noqa: N818 (an adjective that reads well where it is raised)
    """The bucket does not hold what the dump's checksums say."""


def main() -> int:
    """Fetch and check."""
    bucket, _, region = os.environ["DUMP_BUCKET"].partition("=")
    prefix = f"{os.environ['DUMP_PREFIX']}/{os.environ['DUMP_NAME']}/"
    folder = Path(os.environ["DUMP_DIRECTORY"]) / os.environ["DUMP_NAME"]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        names = fetch(
            boto3.client("s3", region_name=region, config=PATIENCE), bucket, prefix, folder
        )
        check(folder, names)
        check_files(folder)
    except (BotoCoreError, ClientError, Boto3Error, OSError) as error:
        say(f"{bucket}/{prefix}: {error}")
        return 3
    except (Damaged, Strange) as damaged:
        say(f"{bucket}/{prefix}: {damaged}")
        return 2
    say(f"{bucket}/{prefix}: {len(names)} files, every checksum right")
    return 0


def fetch(s3: Any, bucket: str, prefix: str, folder: Path) -> set[str]:
    """Download every file of the dump; their names, without the marker's."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
    names = {key.removeprefix(prefix) for key in keys}
    if COMPLETE not in names:
        raise Damaged(f"there is no {COMPLETE}")
    strange = sorted(name for name in names if not FILE.fullmatch(name))
    if strange:
        raise Damaged(f"no dump has a file called {strange[0]!r}; somebody else wrote there")
    for name in names - {COMPLETE}:
        s3.download_file(bucket, prefix + name, str(folder / name))
    return names - {COMPLETE}


def check(folder: Path, names: set[str]) -> None:
    """Compare every file with its checksum."""
    if CHECKSUMS not in names:
        raise Damaged(f"there is no {CHECKSUMS}")
    sums = {}
    text = (folder / CHECKSUMS).read_text(encoding="utf-8", errors="replace")
    for line in text.splitlines():
        digest, _, name = line.partition("  ")
        sums[name] = digest
    if set(sums) != names - {CHECKSUMS}:
        stray = ", ".join(map(repr, sorted(set(sums) ^ (names - {CHECKSUMS}))[:SHOWN]))
        raise Damaged(f"{stray}: in the bucket or in {CHECKSUMS} only")
    for name, digest in sums.items():
        with (folder / name).open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != digest:
                raise Damaged(f"{name} differs from its checksum")


def say(line: str) -> None:
    """Tell the person who reads the pod's log."""
    print(f"fetch: {line}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
