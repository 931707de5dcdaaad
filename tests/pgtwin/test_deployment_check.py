"""What stops a deployment: the decision, and the look of `make deploy` at an embedded AWS.

Real: the command line as a process. Emulated: EC2, Parameter Store; the host program, which only
remembers.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from drill.failures.deployed import Deployed
from pgtwin.deployment_check import DeploymentCheck
from pgtwin.growth import hanging
from pgtwin.lock import Lock
from pgtwin.machine_obstacles import members, moved, rebuilt, refusing, rewritten, twins
from pgtwin.replacement import RunningMachine
from tests.pgtwin.conftest import Pgtwin
from topology.load import parse
from topology.site import SiteName

TYPE = "m7i.large"
NODES = ("server-1", "server-2", "server-3", "agent-1")
ZONES = {"server-2": "eu-west-1b", "server-3": "eu-west-1c"}
STACKS = "PrimaryStack DrStack"


def machine(node: str, **other: Any) -> RunningMachine:
    made = RunningMachine(
        instance=f"i-{node}",
        generation=1,
        image="ami-1",
        instance_type=TYPE,
        zone=ZONES.get(node, "eu-west-1a"),
        works=True,
    )
    return replace(made, **other)


def checked(machines: dict[str, Any] | None = None, **running: Any) -> DeploymentCheck:
    """The primary with `machines:` as configured, and with those that are not like the rest."""
    document = yaml.safe_load(Path("config/default.yaml").read_text())
    document["primary"] |= {"servers": 3, "agents": 1, "machines": machines or {}}
    document["primary"] |= {"instances": 1}
    there = {node: machine(node) for node in NODES}
    for name, other in running.items():
        node = name.replace("_", "-")
        if other is None:
            del there[node]
        else:
            there[node] = machine(node, **other)
    return DeploymentCheck(
        topology=parse(document), site="primary", running=there, config=Path("c.yaml")
    )


def said(check: DeploymentCheck) -> list[str]:
    return [f"{each.found} - {each.remedy}" for each in check.obstacles()]


def made(generation: int) -> dict[str, int]:
    return {"generation": generation}


STOPPED = {"works": False}


def test_nothing_stops_a_deployment_that_changes_no_machine() -> None:
    assert said(checked()) == []


def test_nothing_stops_the_first_deployment() -> None:
    assert said(replace(checked(), running={})) == []


def test_one_machine_may_be_replaced_while_all_others_work() -> None:
    assert said(checked({"agent-1": made(2)})) == []


def test_two_at_once_are_refused() -> None:
    (told,) = said(checked({"agent-1": made(2), "server-2": made(2)}))

    assert "replaces or stops server-2, agent-1 at once" in told
    assert "pgtwin roll --site primary" in told


def test_a_configuration_that_is_older_than_what_runs_is_refused_for_one_machine_too() -> None:
    (told,) = said(checked(server_1={"generation": 2}))

    assert "c.yaml is older than what runs: server-1 is of generation 2, 1 here" in told


def test_a_machine_that_leaves_the_site_is_no_sign_of_an_older_configuration() -> None:
    check = checked()
    gone = {**check.running, "agent-7": machine("agent-7", generation=3)}

    assert not any("older" in told for told in said(replace(check, running=gone)))


@pytest.mark.parametrize("away", [None, STOPPED], ids=["terminated", "stopped"])
def test_a_machine_that_works_stays_while_another_one_is_away(away: Any) -> None:
    check = checked({"server-1": made(2)}, agent_1=away)

    (told,) = said(check)

    assert "replaces server-1, which works, while agent-1 is not running" in told


def test_a_machine_that_does_not_work_is_replaced_whatever_else_is_away() -> None:
    check = checked({"server-1": made(2)}, server_1=STOPPED, agent_1=STOPPED)

    assert said(replace(check, same_bundle=True)) == []


def test_a_server_that_is_stopped_is_not_waited_for_with_another_bundle() -> None:
    (told,) = said(checked(server_2=STOPPED))

    assert "server-2 is stopped" in told
    assert "make deploy CONFIG=c.yaml STACKS=DrStack" in told
    assert "pgtwin failback --site primary --stay" in told
    assert said(replace(checked(server_2=STOPPED), same_bundle=True)) == []


def test_an_agent_that_is_stopped_is_waited_for_by_nobody() -> None:
    assert said(checked(agent_1=STOPPED)) == []


def test_a_ready_machine_stays_while_another_node_is_not_ready() -> None:
    check = checked({"server-1": made(2)})
    ready = dict.fromkeys(NODES, True)

    told = check.by_kubernetes({**ready, "agent-1": False})

    assert told is not None
    assert "replaces server-1, which works, while agent-1 is not Ready" in told.found
    assert check.by_kubernetes(ready) is None
    assert check.by_kubernetes({**ready, "server-1": False, "agent-1": False}) != told


def test_a_dead_server_is_terminated_before_it_is_replaced_with_another_bundle() -> None:
    ready = {**dict.fromkeys(NODES, True), "server-1": False}
    running, stopped = (
        checked({"server-1": made(2)}),
        checked({"server-1": made(2)}, server_1=STOPPED),
    )

    told = [running.by_kubernetes(ready), running.by_kubernetes(None), *stopped.obstacles()]

    assert len(told) == 3
    for each in told:
        assert each is not None
        assert "server-1, which the next deployment replaces" in each.found
        assert "aws ec2 terminate-instances --region eu-west-1 --instance-ids i-server-1" in (
            each.remedy
        )
    same = replace(running, same_bundle=True)
    assert (same.by_kubernetes(ready), same.by_kubernetes(None)) == (None, None)
    assert replace(stopped, same_bundle=True).obstacles() == ()


def test_a_dead_agent_is_replaced_together_with_another_bundle() -> None:
    ready = {**dict.fromkeys(NODES, True), "agent-1": False}

    assert checked({"agent-1": made(2)}).by_kubernetes(ready) is None
    assert said(checked({"agent-1": made(2)}, agent_1=STOPPED)) == []


def test_a_replaced_machine_that_refuses_termination_is_set_free_first() -> None:
    check = checked({"agent-1": made(2)})

    told = refusing(check, {"i-agent-1", "i-server-1"})

    assert told is not None
    assert told.found.startswith("agent-1 refuses termination")
    assert told.remedy == (
        "run: aws ec2 modify-instance-attribute --region eu-west-1 --instance-id i-agent-1 "
        "--no-disable-api-termination"
    )
    assert refusing(check, {"i-server-1"}) is None


def test_a_machine_that_gets_another_type_is_stopped_and_may_refuse_termination() -> None:
    check = checked(agent_1={"instance_type": "m7i.xlarge"})

    assert check.replaced == ("agent-1",)
    assert refusing(check, {"i-agent-1"}) is None


def test_an_older_machine_of_a_node_is_named_with_what_ends_it() -> None:
    told = twins(checked({"agent-1": made(2)}, agent_1={"generation": 2, "older": ("i-old",)}))

    assert told is not None
    assert "agent-1 (i-old beside i-agent-1)" in told.found
    assert "--instance-id i-old --no-disable-api-termination" in told.remedy
    assert told.remedy.endswith(
        "aws ec2 terminate-instances --region eu-west-1 --instance-ids i-old"
    )
    assert twins(checked()) is None


def test_a_machine_is_never_taken_to_another_zone_than_its_data_volume() -> None:
    told = moved(checked(server_1={"zone": "eu-west-1b"}))

    assert told is not None
    assert "get a blank one: server-1 is in eu-west-1b, eu-west-1a here" in told.found
    assert "docs/upgrade.md, 'What a site keeps for good'" in told.remedy
    assert moved(checked()) is None


@pytest.mark.parametrize(
    ("key", "deployed", "told"),
    [
        ("cidr", "10.7.0.0/16", "primary.cidr is 10.7.0.0/16, 10.0.0.0/16 here"),
        ("zones", ["eu-west-1a"], "zones is eu-west-1a, eu-west-1a, eu-west-1b, eu-west-1c here"),
        ("bucket", "another", "primary.bucket is another, backup-bucket-ew1 here"),
        ("cluster", "another", "primary.cluster is another, postgres-cluster here"),
    ],
)
def test_a_site_that_stands_keeps_what_it_was_built_with(
    key: str, deployed: Any, told: str
) -> None:
    check = checked()
    as_it_is = check.topology.primary.built_once

    obstacle = rebuilt(check, {**as_it_is, key: deployed})

    assert obstacle is not None
    assert obstacle.found.endswith(told)
    assert rebuilt(check, as_it_is) is None
    assert rebuilt(check, {}) is None, "a stack of an earlier version says nothing of it"
    assert rebuilt(replace(check, running={}), {key: deployed}) is None, "nothing stands"


@pytest.mark.slow
def test_another_network_is_refused_where_the_stack_says_which_one_it_has(
    pgtwin: Pgtwin, deployed: Deployed, config: Path
) -> None:
    name = deployed.topology.names.outputs_parameter("dr")
    ssm = deployed.client("ssm", "dr")
    ssm.put_parameter(
        Name=name, Value=json.dumps({"cidr": deployed.topology.dr.cidr}), Overwrite=True
    )
    document = yaml.safe_load(config.read_text())
    document["dr"]["cidr"] = "10.9.0.0/16"
    config.write_text(yaml.safe_dump(document))

    code, told = before_deploy(pgtwin)

    assert code == 3
    assert "dr.cidr is 10.1.0.0/16, 10.9.0.0/16 here" in told


def test_another_user_data_stops_every_machine_at_once() -> None:
    told = rewritten(checked(), ["server-1", "agent-1"])

    assert told is not None
    assert "stops and starts server-1, agent-1 at once" in told.found
    assert "ANYWAY=yes" in told.remedy
    assert rewritten(checked(), []) is None
    assert rewritten(checked(), ["agent-1"]) is None
    assert rewritten(checked({"server-1": made(2)}), ["agent-1"]) is not None


@pytest.mark.slow
def test_the_user_data_of_the_machines_is_compared_with_what_would_be_deployed(
    pgtwin: Pgtwin, deployed: Deployed, tmp_path: Path
) -> None:
    built = tmp_path / "user-data.sh"
    built.write_text("#!/bin/bash\n")
    asked = ("doctor", "--before-deploy", STACKS, "--bundles", str(tmp_path))

    another = pgtwin(*asked)
    built.write_text("")  # as the machines of this system have
    same = pgtwin(*asked)

    assert another.returncode == 3
    assert "primary: the user-data is another" in another.stdout
    assert "dr: the user-data" not in another.stdout, "one machine alone is stopped by it"
    assert same.returncode == 0, same.stdout


@pytest.mark.parametrize("gone", ["server-4", "agent-2"])
def test_a_machine_leaves_its_site_before_a_deployment_ends_it(gone: str) -> None:
    check = checked()
    check = replace(check, running={**check.running, gone: machine(gone)})

    silent, member = members(check, None), members(check, [*NODES, gone])

    assert check.replaced == ()
    for told in (silent, member):
        assert told is not None
        assert f"has no {gone} any more" in told.found
        assert "Fewer machines" in told.remedy
    assert members(check, NODES) is None, "Kubernetes has it no more"
    assert refusing(check, {f"i-{gone}"}) is not None


@pytest.mark.slow
def test_fewer_servers_are_refused_while_they_are_members(
    pgtwin: Pgtwin, deployed: Deployed, config: Path
) -> None:
    nodes = deployed.topology.nodes("primary")
    listed = [{"name": name, "ready": True} for name in nodes]
    deployed.set_state("primary", parts={"nodes": listed})
    document = yaml.safe_load(config.read_text())
    document["primary"] |= {"agents": 2, "instances": 2}
    config.write_text(yaml.safe_dump(document))

    code, told = before_deploy(pgtwin)
    deployed.set_state("primary", parts={"nodes": listed[:-1]})
    after = before_deploy(pgtwin)

    assert code == 3
    assert f"has no {nodes[-1]} any more" in told
    assert after[0] == 0, after


def growing(wanted: int, **settings: Any) -> DeploymentCheck:
    """The primary with so many instances configured."""
    check = checked()
    document = yaml.safe_load(Path("config/default.yaml").read_text())
    document |= settings
    document["primary"]["instances"] = wanted
    return replace(check, topology=parse(document))


def instances(asked: int, ready: int) -> dict[str, int]:
    """That part of the site's status."""
    return {"instances": asked, "ready_instances": ready}


def test_a_site_of_one_instance_grows_by_one_before_commits_wait_for_a_standby() -> None:
    told = hanging(growing(3), instances(1, 1))

    assert told is not None
    assert "raised from 1 to 3" in told.found
    assert "writes would hang" in told.found
    assert "set `primary.instances: 2` and deploy" in told.remedy
    assert hanging(growing(2), instances(1, 1)) is None, "two wait for nobody"
    copying = hanging(growing(3), instances(2, 1))
    assert copying is not None
    assert copying.remedy == "deploy once `pgtwin status` shows 2 of 2 ready"
    assert hanging(growing(3), instances(2, 2)) is None


def test_where_commits_wait_for_the_other_region_the_mode_is_left_for_the_step_between() -> None:
    told = hanging(growing(3, replication="synchronous", rpo="30s"), instances(1, 1))

    assert told is not None
    assert told.remedy.startswith("set `replication: streaming` without `rpo`, and `primary.inst")
    between = growing(2, replication="streaming")
    assert hanging(between, instances(1, 1)) is None


def test_a_site_that_has_its_list_already_may_be_deployed_whoever_is_away() -> None:
    assert hanging(growing(3), instances(3, 1)) is None
    assert hanging(growing(3), None) is None, "unknown: it may be what is repaired"
    same = replace(growing(3), same_bundle=True)
    assert hanging(same, instances(1, 1)) is None, "nothing is applied"


@pytest.mark.slow
def test_writes_that_would_hang_stop_a_deployment(pgtwin: Pgtwin, deployed: Deployed) -> None:
    deployed.set_state("primary", parts={"cluster": instances(1, 1)})

    code, told = before_deploy(pgtwin)

    assert code == 3
    assert "FAIL  deployment of primary: the instances of primary would be raised from 1" in told


def before_deploy(pgtwin: Pgtwin, stacks: str = STACKS) -> tuple[int, str]:
    ended = pgtwin("doctor", "--before-deploy", stacks)
    return ended.returncode, ended.stdout + ended.stderr


def power(deployed: Deployed, site: SiteName, nodes: set[str]) -> None:
    """Stop these machines."""
    ec2 = deployed.client("ec2", site)
    wanted = [
        {"Name": "tag:pgtwin:system", "Values": [deployed.topology.name]},
        {"Name": "tag:pgtwin:node", "Values": sorted(nodes)},
    ]
    found = ec2.describe_instances(Filters=wanted)["Reservations"]
    ec2.stop_instances(
        InstanceIds=[each["InstanceId"] for group in found for each in group["Instances"]]
    )


@pytest.mark.slow
def test_a_site_that_a_failover_has_stopped_is_named_and_the_other_may_be_deployed(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    fine = before_deploy(pgtwin)
    power(deployed, "primary", {"server-1"})

    code, told = before_deploy(pgtwin)

    assert fine[0] == 0, fine
    assert code == 3
    assert "FAIL  deployment of primary: server-1 is stopped" in told
    assert "STACKS=DrStack" in told
    assert "ANYWAY=yes" in told
    assert before_deploy(pgtwin, "DrStack")[0] == 0


@pytest.mark.slow
def test_a_region_that_is_silent_is_unknown_and_stops_its_own_deployment_alone(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    deployed.lose("primary")

    code, told = before_deploy(pgtwin)

    assert code == 3
    assert "?     deployment of primary: it is unknown" in told
    assert "STACKS=DrStack" in told
    assert "FAIL" not in told
    assert before_deploy(pgtwin, "DrStack")[0] == 0


@pytest.mark.slow
def test_nobody_deploys_while_another_one_operates(pgtwin: Pgtwin, deployed: Deployed) -> None:
    lock = Lock(owner="kim@laptop", run="r1", what="upgrade", since="2026-11-26T10:00:00Z")
    name = deployed.topology.names.lock_parameter()
    deployed.client("ssm", "dr").put_parameter(Name=name, Type="String", Value=lock.text())

    code, told = before_deploy(pgtwin)

    assert code == 3
    assert "dr is locked by kim@laptop since 2026-11-26T10:00:00Z (upgrade)" in told


@pytest.mark.slow
def test_a_node_that_is_not_ready_keeps_a_machine_that_works(
    pgtwin: Pgtwin, deployed: Deployed, config: Path
) -> None:
    document = yaml.safe_load(config.read_text())
    document["primary"]["machines"] = {"agent-1": made(2)}
    config.write_text(yaml.safe_dump(document))
    nodes = {node: node != "server-1" for node in deployed.topology.nodes("primary")}
    listed = [{"name": name, "ready": ready} for name, ready in nodes.items()]
    deployed.set_state("primary", parts={"nodes": listed})

    code, told = before_deploy(pgtwin)

    assert code == 3
    assert "replaces agent-1, which works, while server-1 is not Ready" in told


@pytest.mark.slow
def test_the_deployed_bundle_is_told_from_another_one(
    pgtwin: Pgtwin, deployed: Deployed, tmp_path: Path
) -> None:
    (tmp_path / "bundle-primary.zip").write_bytes(b"a bundle")
    pointer = {"sha256": hashlib.sha256(b"a bundle").hexdigest()}
    name = deployed.topology.names.bundle_parameter("primary")
    ssm = deployed.client("ssm", "primary")
    ssm.put_parameter(Name=name, Type="String", Value=json.dumps(pointer))
    power(deployed, "primary", {"server-1"})
    asked = ("doctor", "--before-deploy", "PrimaryStack", "--bundles", str(tmp_path))

    same = pgtwin(*asked)
    (tmp_path / "bundle-primary.zip").write_bytes(b"another")
    other = pgtwin(*asked)

    assert same.returncode == 0, same.stdout
    assert other.returncode == 3
    assert "server-1 is stopped" in other.stdout


@pytest.mark.parametrize(
    ("target", "first", "then"),
    [
        ("deploy", "pgtwin doctor --before-deploy", "$(CDK) deploy"),
        ("destroy", "pgtwin prepare-destroy", "pgtwin link --remove"),
        ("destroy", "pgtwin link --remove", "$(CDK) destroy"),
    ],
)
def test_make_looks_before_it_changes_anything(target: str, first: str, then: str) -> None:
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.partition(f"\n{target}:")[2].partition("\n\n")[0]

    assert 0 < recipe.index(first) < recipe.index(then)
