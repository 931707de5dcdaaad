"""What `charts.manifests.synthesize` promises, whatever the charts hold."""

import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charts.manifests import Impure, refuse_foreign, synthesize
from drill.kubernetes.k3s.helm_job import CONTROL_PLANE, may_run
from topology.site import SITES, SiteName
from topology.topology import Topology

ROOT = Path(__file__).parents[2]
EXPECTED = (
    "10-cert-manager",
    "11-cloudnative-pg",
    "12-plugin-barman-cloud",
    "20-namespace",
    "21-storage-class",
    "30-network-policies",
    "40-object-stores",
    "50-cluster",
    "60-scheduled-backup",
    "61-dump",
    "62-dump-restore",
    "90-monitoring",
)
SYNTH_SECONDS = 5.0
"""Of one core, the start of Python and Node included: about 1.3 s."""
Configuration = Callable[..., Topology]


@pytest.mark.parametrize("site", SITES)
def test_a_site_has_its_files_in_the_order_in_which_they_are_applied(
    manifests: Any, site: SiteName
) -> None:
    assert tuple(manifests(site)) == EXPECTED


def test_a_pooler_has_a_file_only_where_it_was_asked_for(
    make: Any, configuration: Configuration
) -> None:
    topology = configuration("default", database={"pooler_instances": 2})

    assert "70-pooler" in make(topology, "primary")


@pytest.mark.parametrize("config", ["default", "ha", "lab"])
@pytest.mark.parametrize("site", SITES)
def test_the_same_topology_gives_the_same_bytes(
    tmp_path: Path, configuration: Configuration, config: str, site: SiteName
) -> None:
    first = synthesize(configuration(config), site, tmp_path / "first")
    second = synthesize(configuration(config), site, tmp_path / "second")

    assert [(p.name, p.read_bytes()) for p in first] == [(p.name, p.read_bytes()) for p in second]


def test_files_of_an_earlier_run_do_not_stay(tmp_path: Path, configuration: Configuration) -> None:
    pooled = configuration("default", database={"pooler_instances": 1})
    synthesize(pooled, "primary", tmp_path)

    paths = synthesize(configuration("default"), "primary", tmp_path)

    assert set(tmp_path.iterdir()) == set(paths)
    assert "70-pooler.yaml" not in {path.name for path in paths}


@pytest.mark.parametrize("config", ["default", "ha", "lab"])
@pytest.mark.parametrize("site", SITES)
def test_nothing_is_left_that_only_the_cdk_could_resolve(
    tmp_path: Path, configuration: Configuration, config: str, site: SiteName
) -> None:
    for path in synthesize(configuration(config), site, tmp_path):
        text = path.read_text()
        assert "${Token" not in text
        assert set(re.findall(r"__[A-Z][A-Z0-9_]*__", text)) <= {"__ACCOUNT_ID__"}


@pytest.mark.parametrize("left", ["${Token[AWS.AccountId.4]}", "__REGION__"])
def test_refuses_a_manifest_with_a_token_or_an_unknown_placeholder(left: str) -> None:
    with pytest.raises(Impure, match=r"50-cluster\.yaml, line 2: .* is left"):
        refuse_foreign("50-cluster.yaml", f"kind: Cluster\nname: x-{left}\n")


def test_a_token_in_the_topology_stops_the_synthesis(
    tmp_path: Path, configuration: Configuration
) -> None:
    tainted = configuration("default").model_copy(update={"name": "${Token[TOKEN.7]}"})

    with pytest.raises(Impure, match="Token"):
        synthesize(tainted, "primary", tmp_path)


def test_the_account_placeholder_passes() -> None:
    refuse_foreign("40-object-stores.yaml", "bucket-__ACCOUNT_ID__")


def test_operators_are_in_files_of_their_own_because_k3s_applies_those(manifests: Any) -> None:
    for site in SITES:
        for documents in manifests(site).values():
            kinds = {document["kind"] for document in documents}
            assert kinds == {"HelmChart"} or "HelmChart" not in kinds


@pytest.mark.parametrize("config", ["default", "ha", "lab"])
@pytest.mark.parametrize("site", SITES)
def test_no_agent_runs_a_job_that_installs_an_operator_as_the_clusters_administrator(
    make: Any, configuration: Configuration, config: str, site: SiteName
) -> None:
    topology = configuration(config)
    documents = [each for file in make(topology, site).values() for each in file]
    charts = [each for each in documents if each["kind"] == "HelmChart"]
    nodes = [_node(name) for name in topology.nodes(site)]

    assert len(charts) == 3
    for chart in charts:
        able = {node["metadata"]["name"] for node in nodes if may_run(chart, node)}
        assert able == {name for name in topology.nodes(site) if name.startswith("server")}


def _node(name: str) -> dict[str, Any]:
    """A machine of a site, with the taint that servers have where there are agents."""
    server = name.startswith("server")
    return {
        "metadata": {"name": name, "labels": {CONTROL_PLANE: "true"} if server else {}},
        "spec": {"taints": [{"key": CONTROL_PLANE, "effect": "NoSchedule"}] if server else []},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }


def test_the_command_writes_both_sites_and_refuses_a_bad_configuration(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: pgtwin\n")
    command = [sys.executable, "-m", "charts", "--out", str(tmp_path / "out"), "--config"]

    made = _run([*command, "config/lab.yaml"])
    refused = _run([*command, str(bad)])

    assert made.returncode == 0, made.stderr
    for site in SITES:
        assert (tmp_path / "out" / site / "50-cluster.yaml").is_file()
    assert refused.returncode == 2
    assert "database: required" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_both_sites_take_little_processor_time_to_make(tmp_path: Path) -> None:
    """Processor time, because a machine that is busy with other work says nothing about charts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    made = _run([sys.executable, "-m", "charts", "--out", str(tmp_path)])

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert made.returncode == 0, made.stderr
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used < SYNTH_SECONDS


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
