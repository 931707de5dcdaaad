import io
import tarfile
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import yaml

from charts.manifests import synthesize
from drill.rig.chart_index import index
from drill.rig.dns_message import answer, question
from drill.rig.internet import repositories
from topology.load import load

KNOWN = {"charts.example.org": IPv4Address("198.18.2.2")}


def ask(name: str, kind: int) -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return b"\x12\x34\x01\x00\x00\x01\0\0\0\0\0\0" + labels + b"\0" + bytes([0, kind, 0, 1])


def test_a_known_name_has_its_address_in_any_case() -> None:
    said = answer(ask("Charts.Example.org", 1), KNOWN)

    assert said[:2] == b"\x12\x34"
    assert said[3] & 0x0F == 0
    assert said.endswith(IPv4Address("198.18.2.2").packed)


def test_a_known_name_has_no_address_of_another_kind() -> None:
    said = answer(ask("charts.example.org", 28), KNOWN)

    assert said[3] & 0x0F == 0
    assert said[6:8] == b"\0\0"


def test_any_other_name_does_not_exist() -> None:
    assert answer(ask("example.com", 1), KNOWN)[3] & 0x0F == 3


@pytest.mark.parametrize("message", [b"", b"\0" * 12, ask("charts.example.org", 1)[:-2]])
def test_what_is_no_question_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match="DNS question"):
        question(message)


def test_every_chart_of_a_site_has_its_repository_among_the_hosts(tmp_path: Path) -> None:
    topology = load(Path(__file__).parents[3] / "config/default.yaml")
    synthesize(topology, "primary", tmp_path)

    assert repositories(tmp_path) == ["charts.jetstack.io", "cloudnative-pg.github.io"]


def test_the_index_lists_each_chart_with_its_own_description(tmp_path: Path) -> None:
    text = b"name: some\nversion: 1.2.3\napiVersion: v2\n"
    with tarfile.open(tmp_path / "some-1.2.3.tgz", "w:gz") as archive:
        member = tarfile.TarInfo("some/Chart.yaml")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))

    entries = yaml.safe_load(index(tmp_path))["entries"]

    assert entries["some"][0]["version"] == "1.2.3"
    assert entries["some"][0]["urls"] == ["some-1.2.3.tgz"]
