"""Upload the dump that dump.sh left to every bucket.

What always holds: `COMPLETE` is written last, so a dump without it is not a dump; a bucket that
fails does not stop the others, but fails the run; a repeated run writes the same objects again.

Environment, beside botocore's own:
    DUMP_DIRECTORY  where dump.sh left `<UTC timestamp>/`; it is removed once every bucket has it
    DUMP_PREFIX     key prefix in the buckets, such as `dumps/app_db`
    DUMP_BUCKETS    `bucket=region`, separated by blanks

Prints {"dump", "uploaded", "failed"} on stdout. Exit: 0 every bucket has it; 2 no whole dump is
there; 3 a bucket failed, and it is safe to run again.
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

CHECKSUMS = "SHA256SUMS"
COMPLETE = "COMPLETE"
SNAPSHOT = "SNAPSHOT"
PATIENCE = Config(
    connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 5}
)
INTEGRITY = {"ChecksumAlgorithm": "SHA256"}
"""S3 compares what arrived with this, part by part, before an object exists."""


class Incomplete(Exception):  # noqa: N818 (an adjective that reads well where it is raised)
    """The directory holds no dump, or one whose files differ from its checksums."""


def main() -> int:
    """Upload to each bucket in turn."""
    try:
        dump = find_dump(Path(os.environ["DUMP_DIRECTORY"]))
        files = list(checked_files(dump))
    except Incomplete as incomplete:
        say(f"{incomplete}; nothing was uploaded")
        return 2
    prefix = f"{os.environ['DUMP_PREFIX']}/{dump.name}"
    uploaded: list[str] = []
    failed: dict[str, str] = {}
    for target in os.environ["DUMP_BUCKETS"].split():
        bucket, _, region = target.partition("=")
        try:
            upload(boto3.client("s3", region_name=region, config=PATIENCE), bucket, prefix, files)
        except (BotoCoreError, ClientError, Boto3Error) as error:
            say(f"{bucket} failed: {error}")
            failed[bucket] = str(error)
        else:
            uploaded.append(bucket)
    json.dump({"dump": dump.name, "uploaded": uploaded, "failed": failed}, sys.stdout)
    if failed:
        return 3
    shutil.rmtree(dump)
    return 0


def find_dump(directory: Path) -> Path:
    """The one finished dump of the directory."""
    found = [path for path in directory.glob("*Z") if (path / CHECKSUMS).is_file()]
    if len(found) != 1:
        raise Incomplete(f"{directory} holds {len(found)} finished dumps, not one")
    return found[0]


def checked_files(dump: Path) -> Iterator[Path]:
    """The dump's files, each as its checksum says, and the checksums themselves."""
    for line in (dump / CHECKSUMS).read_text(encoding="utf-8").splitlines():
        expected, _, name = line.partition("  ")
        path = dump / name
        if not path.is_file():
            raise Incomplete(f"{path} is missing")
        with path.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != expected:
                raise Incomplete(f"{path} differs from its checksum")
        yield path
    yield dump / CHECKSUMS


def upload(s3: Any, bucket: str, prefix: str, files: list[Path]) -> None:
    """Upload every file, then the marker."""
    for path in files:
        s3.upload_file(str(path), bucket, f"{prefix}/{path.name}", ExtraArgs=INTEGRITY)
    size = sum(path.stat().st_size for path in files)
    marker = json.dumps({"files": len(files), "bytes": size, "not_held": not_held(files)})
    s3.put_object(Bucket=bucket, Key=f"{prefix}/{COMPLETE}", Body=marker.encode(), **INTEGRITY)
    say(f"{bucket}/{prefix}: {len(files)} files, {size} bytes")


def not_held(files: list[Path]) -> Any:
    """What no dump of one database holds, by kind, as dump.sh found it."""
    snapshot = next((path for path in files if path.name == SNAPSHOT), None)
    return json.loads(snapshot.read_text(encoding="utf-8")).get("not_held", {}) if snapshot else {}


def say(line: str) -> None:
    """Tell the person who reads the pod's log."""
    print(f"upload: {line}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
