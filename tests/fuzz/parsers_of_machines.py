"""What reads the output of programs, answers of APIs, and what people type."""

from datetime import UTC, datetime
from pathlib import Path

from host.certificates.authority import Version, trust
from host.errors import HostError
from host.evidence.status_parts import certificate_statuses, volume_status
from host.kubernetes.credentials import secret
from host.kubernetes.job_reason import last_words
from host.kubernetes.kubectl_failed import KubectlFailed
from host.postgres.control_data import value, why_paused
from host.postgres.damage import damage_of
from host.postgres.unarchived import Unarchived
from host.writer.promotion_token import lsn_bytes, objection
from pgtwin.commands import dump_files
from pgtwin.commands.new_names import refuse_cluster_name, refuse_database_name
from pgtwin.commands.typed_times import moment, seconds
from pgtwin.errors import PlanRefused
from tests.fuzz.parser import Parser
from tests.fuzz.strange_text import as_json
from tests.host.decisions import examples
from topology.load import load, parse
from topology.refused import Refused
from topology.yaml_file import from_text

CONFIG = Path(__file__).parents[2] / "config/default.yaml"
CONTROL = (
    "000000010000000000000004.ready\n"
    "Latest checkpoint's REDO WAL file:    000000010000000000000005\n"
    "max_connections setting:              200\n"
)
TOKEN = examples.token()
TOPOLOGY = load(CONFIG)


def _configuration(text: str) -> None:
    parse(from_text(text))


def _token(text: str) -> object:
    return objection(text, examples.postgres(in_recovery=True))


def _certificate(text: str) -> object:
    item = {"metadata": {"name": "x"}, "status": {"notAfter": text}}
    return certificate_statuses([item], None, datetime.now(UTC))


def _authority(text: str) -> object:
    version = Version.parse(text, "pgtwin/authority")
    return trust(version, version, datetime.now(UTC))


def _dump(text: str) -> object:
    """Each character is a byte of toc.dat."""
    return [*dump_files._named(text.encode("latin-1", errors="replace"))]


def _number(value: int) -> str:
    return "\0" + value.to_bytes(4, "little").decode("latin-1")


TOC = "".join(
    (
        dump_files._HEAD.decode("latin-1"),
        "\1",
        _number(0) * 7,
        _number(0) * 3,
        *(_number(1), _number(1) * 2, _number(0) * 3, _number(5), "BLOBS", _number(2)),
        *(_number(0) * 6, _number(0), _number(0) * 2),
        "\1" + _number(1)[1:],
        *(_number(9), "blobs.toc"),
    )
)
"""One entry."""


def _pod(text: str) -> object:
    state = {"terminated": {"exitCode": 1, "message": text}}
    return last_words({"status": {"containerStatuses": [{"name": "dump", "state": state}]}})


def _whole_document(text: str) -> object:
    return parse(as_json(text))


PARSERS = (
    Parser(
        name="failure of kubectl",
        read=lambda text: KubectlFailed("get", text).failure,
        seeds=("Error from server (NotFound): x", "error: Operation cannot be fulfilled on x"),
    ),
    Parser(
        name="reason of kubectl",
        read=lambda text: KubectlFailed("get", text).reason,
        seeds=("Error from server (AlreadyExists): x",),
    ),
    Parser(name="control file", read=lambda text: value(text, "max_connections"), seeds=(CONTROL,)),
    Parser(
        name="settings in the control file",
        read=lambda text: why_paused(text, {"max_connections": "100"}),
        seeds=(CONTROL,),
    ),
    Parser(
        name="segments that wait", read=Unarchived.parse, seeds=(CONTROL,), refusals=(ValueError,)
    ),
    Parser(name="position as bytes", read=lsn_bytes, seeds=("0/3000028",), refusals=(ValueError,)),
    Parser(name="demotion token", read=_token, seeds=(TOKEN,)),
    Parser(
        name="error of psql",
        read=damage_of,
        seeds=("ERROR:  XX001: invalid page in block 0 of relation base/1/2\n",),
    ),
    Parser(
        name="output of df",
        read=lambda text: volume_status("pod", text),
        seeds=("1B-blocks Used\n100 50\n",),
        refusals=(HostError,),
    ),
    Parser(
        name="end of a certificate",
        read=_certificate,
        seeds=("2026-11-22T00:00:00Z",),
        refusals=(HostError,),
    ),
    Parser(name="contents of a dump", read=_dump, seeds=(TOC,), refusals=(dump_files.Strange,)),
    Parser(name="last words of a pod", read=_pod, seeds=("it failed",)),
    Parser(
        name="password in Secrets Manager",
        read=lambda text: secret("app_user", text, "postgres"),
        seeds=('{"username": "app_user", "password": "x"}',),
        refusals=(HostError,),
    ),
    Parser(
        name="seed of the authority",
        read=_authority,
        seeds=('{"seed": "32 characters or more of any kind", "signs_from": "2026-01-01T00:00Z"}',),
        refusals=(HostError,),
    ),
    Parser(
        name="configuration",
        read=_configuration,
        seeds=(CONFIG.read_text(encoding="utf-8"),),
        refusals=(Refused,),
    ),
    Parser(name="configuration as JSON", read=_whole_document, refusals=(Refused,)),
    Parser(
        name="--at",
        read=lambda text: moment("--at", text),
        seeds=("2026-01-01T09:30:00Z",),
        refusals=(PlanRefused,),
    ),
    Parser(
        name="--within",
        read=lambda text: seconds("--within", text),
        seeds=("90s",),
        refusals=(PlanRefused,),
    ),
    Parser(
        name="--into of a cluster",
        read=lambda text: refuse_cluster_name(TOPOLOGY, text),
        seeds=("as-it-was",),
        refusals=(PlanRefused,),
    ),
    Parser(
        name="--into of a database",
        read=lambda text: refuse_database_name(TOPOLOGY, text),
        seeds=("as_it_was",),
        refusals=(PlanRefused,),
    ),
)
