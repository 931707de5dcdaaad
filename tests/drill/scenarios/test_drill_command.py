"""What the drill's command refuses, before it touches the last report."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from drill.scenarios import catalogue
from drill.scenarios.scenario import Scenario


@pytest.fixture
def last_report(tmp_path: Path) -> Path:
    report = tmp_path / "drill" / "report.json"
    report.parent.mkdir()
    report.write_text("{}")
    report.with_name("drill.log").touch()
    return report


def drill(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "drill", *arguments], capture_output=True, text=True, check=False
    )


def test_a_bad_configuration_leaves_the_last_report(last_report: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: pgtwin\n")

    refused = drill("--config", str(bad), "--out", str(last_report.parent))

    assert refused.returncode == 2
    assert all(line.startswith(f"{bad}: ") for line in refused.stderr.splitlines())
    assert last_report.exists()


def test_a_replication_that_the_configuration_cannot_have_leaves_the_last_report(
    last_report: Path, tmp_path: Path
) -> None:
    pooled = tmp_path / "pooled.yaml"
    document = yaml.safe_load(Path("config/default.yaml").read_text())
    document["database"]["pooler_instances"] = 2
    pooled.write_text(yaml.safe_dump(document))
    arguments = ("--config", str(pooled), "--replication", "streaming")

    refused = drill(*arguments, "--out", str(last_report.parent))

    assert refused.returncode == 2
    assert "streaming without a pooler" in refused.stderr
    assert last_report.exists()


def test_a_second_drill_in_the_same_folder_is_refused(last_report: Path, tmp_path: Path) -> None:
    with (tmp_path / ".drill.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        refused = drill("--out", str(last_report.parent))

    assert refused.returncode == 2
    assert refused.stderr.startswith("another drill works in")
    assert last_report.exists()


def test_an_argument_that_is_not_known_is_refused_in_words(last_report: Path) -> None:
    refused = drill("--scenario", "no-such", "--out", str(last_report.parent))

    assert refused.returncode == 2
    assert "invalid choice: 'no-such'" in refused.stderr
    assert last_report.exists()


def test_clusters_without_an_address_are_refused_in_words_by_make(tmp_path: Path) -> None:
    kubeconfigs = [tmp_path / "primary.kubeconfig", tmp_path / "dr.kubeconfig"]
    for each in kubeconfigs:
        each.touch()

    refused = subprocess.run(
        [
            *("make", "--silent", "--old-file=.venv/.ready-dev", "drill-real"),
            f"CLUSTERS={','.join(map(str, kubeconfigs))}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 2
    assert refused.stderr.startswith("ADDRESS is not given; allowed: an IP address")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--address", "10.0.0.1"), "CLUSTERS: 0 given; allowed: PRIMARY.kubeconfig,DR.kubeconfig"),
        (("--clusters", "none,b", "--address", "10.0.0.1"), "CLUSTERS: none: no such file"),
        (("--clusters", "a,b", "--address", "here"), "ADDRESS is here; allowed: an IP address"),
    ],
    ids=["no clusters", "no such file", "no address"],
)
def test_clusters_that_cannot_be_used_leave_the_last_report(
    last_report: Path, arguments: tuple[str, ...], line: str
) -> None:
    refused = drill("--ground", "clusters", *arguments, "--out", str(last_report.parent))

    assert refused.returncode == 2
    assert line in refused.stderr
    assert "Traceback" not in refused.stderr
    assert last_report.exists()


def test_losses_can_be_repeated_from_where_the_last_act_ends() -> None:
    stands = _after(catalogue.ALL[-1])

    for scenario in (*catalogue.again(2), *catalogue.again(3)):
        assert scenario.before == stands, scenario.name
        stands = _after(scenario)


def _after(scenario: Scenario) -> str:
    """How a scenario leaves the sites."""
    left_alone = ("region-lost", "machines-lost", "returns-fenced")
    alone = scenario.name in left_alone
    return "DR writes alone" if alone else "the primary writes and DR follows"
