"""upload.py against S3: every bucket gets the dump or the run fails, and half a dump shows."""

import importlib.util
import json
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

SCRIPT = Path(__file__).parents[3] / "charts" / "dump" / "upload.py"
BOTH = "backup-ew1=eu-west-1 backup-ew2=eu-west-2"


@pytest.fixture
def script() -> ModuleType:
    """upload.py as a module; it is a file for a pod, not a part of the package."""
    spec = importlib.util.spec_from_file_location("upload", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _keys(s3: Any, bucket: str) -> list[str]:
    return [found["Key"] for found in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def _download(s3: Any, bucket: str, directory: Path) -> None:
    for key in _keys(s3, bucket):
        s3.download_file(bucket, key, str(directory / key.rsplit("/", 1)[1]))


def test_a_dump_is_restorable_from_either_bucket(
    scripts: Any, buckets: dict[str, Any], postgres: Any, tmp_path: Path
) -> None:
    name = scripts.dump().stdout.strip()

    done = scripts.upload(buckets=BOTH)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"dump": name, "uploaded": list(buckets), "failed": {}}
    for bucket, s3 in buckets.items():
        directory = tmp_path / bucket
        directory.mkdir()
        _download(s3, bucket, directory)
        assert {key.rsplit("/", 1)[0] for key in _keys(s3, bucket)} == {f"dumps/app_db/{name}"}
        subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=directory, check=True)
        (directory / "COMPLETE").unlink()
        (directory / "SHA256SUMS").unlink()
        assert _restored_sum(scripts, postgres, directory, bucket) == _account_sum(
            postgres, "app_db"
        )


def test_the_marker_counts_what_it_stands_for(scripts: Any, buckets: dict[str, Any]) -> None:
    scripts.dump()
    scripts.upload(buckets=BOTH)

    s3 = buckets["backup-ew1"]
    objects = s3.list_objects_v2(Bucket="backup-ew1")["Contents"]
    (marker,) = [o["Key"] for o in objects if o["Key"].endswith("/COMPLETE")]
    others = [o for o in objects if o["Key"] != marker]
    told = json.loads(s3.get_object(Bucket="backup-ew1", Key=marker)["Body"].read())
    assert "app_user" in told.pop("not_held")["roles, passwords and memberships"]
    assert told == {"files": len(others), "bytes": sum(o["Size"] for o in others)}


def test_the_scratch_space_is_free_again_once_every_bucket_has_the_dump(
    scripts: Any, buckets: dict[str, Any]
) -> None:
    scripts.dump()

    scripts.upload(buckets=BOTH)

    assert scripts.left() == []


def test_a_bucket_that_refuses_fails_the_run_but_not_the_other_bucket(
    scripts: Any, buckets: dict[str, Any]
) -> None:
    name = scripts.dump().stdout.strip()

    done = scripts.upload(buckets="no-such-bucket=eu-west-1 backup-ew2=eu-west-2")

    result = json.loads(done.stdout)
    assert done.returncode == 3
    assert result["uploaded"] == ["backup-ew2"]
    assert "NoSuchBucket" in result["failed"]["no-such-bucket"]
    assert f"dumps/app_db/{name}/COMPLETE" in _keys(buckets["backup-ew2"], "backup-ew2")
    assert scripts.left() == [name], "kept, so that a repeat need not dump again"


def test_a_repeat_after_a_failure_brings_the_same_dump_everywhere(
    scripts: Any, buckets: dict[str, Any]
) -> None:
    name = scripts.dump().stdout.strip()
    scripts.upload(buckets="no-such-bucket=eu-west-1 backup-ew2=eu-west-2")

    done = scripts.upload(buckets=BOTH)

    assert done.returncode == 0, done.stderr
    for bucket, s3 in buckets.items():
        assert f"dumps/app_db/{name}/COMPLETE" in _keys(s3, bucket)


def test_an_upload_cut_off_half_way_has_no_marker(
    script: ModuleType, scripts: Any, buckets: dict[str, Any]
) -> None:
    scripts.dump()
    (dump,) = scripts.directory.iterdir()
    files = list(script.checked_files(dump))
    s3 = _CutOff(buckets["backup-ew1"], after=len(files) - 1)

    with pytest.raises(EndpointConnectionError):
        script.upload(s3, "backup-ew1", "dumps/app_db/half", files)

    keys = _keys(buckets["backup-ew1"], "backup-ew1")
    assert len(keys) == len(files) - 1
    assert not [key for key in keys if key.endswith("COMPLETE")]


def test_the_marker_is_the_last_object_of_a_dump(
    script: ModuleType, scripts: Any, buckets: dict[str, Any]
) -> None:
    scripts.dump()
    (dump,) = scripts.directory.iterdir()
    s3 = _CutOff(buckets["backup-ew1"], after=1000)

    script.upload(s3, "backup-ew1", "dumps/app_db/whole", list(script.checked_files(dump)))

    assert s3.written[-1].endswith("/COMPLETE")
    assert s3.written[-2].endswith("/SHA256SUMS")


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_a_dump_that_differs_from_its_checksums_is_uploaded_nowhere(
    scripts: Any, buckets: dict[str, Any], harm: str
) -> None:
    name = scripts.dump().stdout.strip()
    victim = scripts.directory / name / "toc.dat"
    victim.unlink()
    if harm == "changed":
        victim.write_bytes(b"not a table of contents")

    done = scripts.upload(buckets=BOTH)

    assert done.returncode == 2
    assert "toc.dat" in done.stderr
    assert not [key for bucket, s3 in buckets.items() for key in _keys(s3, bucket)]


def test_half_a_dump_is_not_found_at_all(scripts: Any, buckets: dict[str, Any]) -> None:
    (scripts.directory / "20261122T040000Z.partial").mkdir()
    (scripts.directory / "20261122T040000Z").mkdir()

    done = scripts.upload(buckets=BOTH)

    assert done.returncode == 2
    assert "0 finished dumps" in done.stderr


class _CutOff:
    """A client whose connection is lost after so many writes."""

    def __init__(self, client: Any, *, after: int) -> None:
        self._client = client
        self._after = after
        self.written: list[str] = []

    def upload_file(self, path: str, bucket: str, key: str, **options: Any) -> None:
        self._count(key)
        self._client.upload_file(path, bucket, key, **options)

    def put_object(self, **request: Any) -> None:
        self._count(request["Key"])
        self._client.put_object(**request)

    def _count(self, key: str) -> None:
        if len(self.written) == self._after:
            raise EndpointConnectionError(endpoint_url="https://s3.eu-west-1.amazonaws.com")
        self.written.append(key)


def _restored_sum(scripts: Any, postgres: Any, directory: Path, name: str) -> Any:
    database = name.replace("-", "_")
    with postgres.connect("postgres") as connection:
        connection.execute(f"create database {database}")
    superuser = {"PGUSER": "postgres", "PGPASSWORD": "of-the-superuser"}
    subprocess.run(
        ["pg_restore", "--jobs=2", "--exit-on-error", f"--dbname={database}", str(directory)],
        env={**scripts.environment, **superuser},
        check=True,
        capture_output=True,
    )
    found = _account_sum(postgres, database)
    with postgres.connect("postgres") as connection:
        connection.execute(f"drop database {database}")
    return found


def _account_sum(postgres: Any, database: str) -> Any:
    with postgres.connect(database) as connection:
        return connection.execute(
            "select count(*), sum(balance), md5(string_agg(owner, ',' order by id)) from account"
        ).fetchone()
