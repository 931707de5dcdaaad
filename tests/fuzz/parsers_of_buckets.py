"""What reads the record, the lock, buckets and answers of machines."""

from datetime import UTC, datetime

from host.archive.archive import BaseBackup, segment_of
from host.archive.dumps import parse_snapshot
from host.archive.object_moment import named_moment, written_moment
from host.evidence.evidence_store import _passed_at
from host.writer.record import Record as HostRecord
from pgtwin.aws.base_backups import _is_moment, fields
from pgtwin.aws.host_runner import host_answer
from pgtwin.commands.file_journal import _line
from pgtwin.errors import SiteError
from pgtwin.lock import Lock
from pgtwin.record import Record
from tests.fuzz.parser import Parser

RECORD = (
    '{"epoch": 3, "writer": "dr", "server_names": {"primary": "p", "dr": "d-g2"}, "since": "",'
    ' "by": "failover x", "token": "e30="}'
)
LOCK = (
    '{"owner": "ann@laptop", "run": "1", "what": "failover", "since": "2026-01-01T00:00:00Z",'
    ' "lasts_seconds": 900.0}'
)
WRITTEN = datetime(2026, 1, 1, 3, tzinfo=UTC)
INFO = "status=DONE\nend_time=2026-01-01T02:00:00+00:00\ntimeline=1\n"


def _record_again(text: str) -> None:
    record = Record.parse(text)
    assert Record.parse(record.text()) == record
    record.next_server_name("primary")


def _lock_held(text: str) -> None:
    lock = Lock.parse(text)
    lock.after(1.0)
    lock.holds_after(1.0)


def _evidence(name: str) -> object:
    return _passed_at({"Key": name, "LastModified": written_moment("2026-01-01")})


PARSERS = (
    Parser(
        name="record on a machine", read=HostRecord.parse, seeds=(RECORD,), refusals=(ValueError,)
    ),
    Parser(
        name="record of an operator", read=_record_again, seeds=(RECORD,), refusals=(ValueError,)
    ),
    Parser(name="lock", read=_lock_held, seeds=(LOCK,), refusals=(ValueError,)),
    Parser(
        name="backup.info on a machine",
        read=lambda text: BaseBackup.parse("20260101T020000", text, WRITTEN),
        seeds=(INFO,),
        refusals=(ValueError,),
    ),
    Parser(
        name="id of a base backup",
        read=lambda text: BaseBackup.parse(text, INFO, WRITTEN),
        seeds=("20260101T020000",),
        refusals=(ValueError,),
    ),
    Parser(name="backup.info of an operator", read=fields, seeds=(INFO,)),
    Parser(name="end of a base backup", read=_is_moment, seeds=("2026-01-01T02:00:00+00:00",)),
    Parser(
        name="moment of a dump",
        read=parse_snapshot,
        seeds=('{"lsn": "0/3000148", "still": true, "not_held": {"kind": ["name"]}}',),
    ),
    Parser(name="name of a dump", read=named_moment, seeds=("20260101T040000Z",)),
    Parser(name="name of evidence", read=_evidence, seeds=("20260101T040000Z-passed.json",)),
    Parser(
        name="position in the WAL", read=segment_of, seeds=("0/3000148",), refusals=(ValueError,)
    ),
    Parser(
        name="answer of a verb",
        read=lambda text: host_answer("status", 0, text),
        seeds=('{"site": "dr"}',),
        refusals=(SiteError,),
    ),
    Parser(
        name="failure of a verb",
        read=lambda text: host_answer("status", 3, text, text),
        seeds=('{"error": "no"}',),
        refusals=(SiteError,),
    ),
    Parser(name="line of a journal", read=_line, seeds=('{"event": "ended"}',)),
)
