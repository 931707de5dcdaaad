"""One machine at a time is recreated: the decision, and the commands against the embedded AWS.

Real: the command line as a process. Emulated: EC2; the host program, which only remembers.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from drill.failures.deployed import Deployed
from pgtwin.errors import PlanRefused
from pgtwin.replacement import RunningMachine, next_generation
from pgtwin.replacement import interrupted as all_interrupted
from tests.pgtwin.conftest import Pgtwin
from topology.load import load, parse
from topology.site import Site

OLD, NEW = "ami-0123456789abcdef0", "ami-0fedcba9876543210"
TYPE = "m7i.large"
ZONES = {
    "server-1": "eu-west-1a",
    "agent-1": "eu-west-1a",
    "agent-2": "eu-west-1b",
    "agent-3": "eu-west-1c",
}
NODES = tuple(ZONES)


def configured(**machines: dict[str, Any]) -> Site:
    document = yaml.safe_load(Path("config/default.yaml").read_text())
    names = {name.replace("_", "-"): remade for name, remade in machines.items()}
    document["primary"] |= {"ami": OLD, "machines": names}
    return parse(document).primary


def running(**generations: int) -> dict[str, RunningMachine]:
    """Every machine of the site; those that are named of another generation, 0 for none."""
    asked = {name.replace("_", "-"): number for name, number in generations.items()}
    return {
        node: RunningMachine(
            instance=f"i-{node}",
            generation=asked.get(node, 1),
            image=OLD,
            instance_type=TYPE,
            zone=ZONES[node],
            works=True,
        )
        for node in NODES
        if asked.get(node, 1)
    }


def interrupted(site: Site, machines: dict[str, RunningMachine]) -> tuple[str, ...]:
    return all_interrupted(site, ZONES, machines)


def test_a_machine_that_is_not_what_the_configuration_says_is_interrupted() -> None:
    assert interrupted(configured(), running()) == ()
    assert interrupted(configured(agent_2={"generation": 2}), running()) == ("agent-2",)
    assert interrupted(configured(agent_2={"generation": 2}), running(agent_2=2)) == ()
    for changed in ({"ami": NEW}, {"instance_type": "m7i.xlarge"}):
        other = configured().model_copy(update=changed)
        assert set(interrupted(other, running())) == set(NODES)
    moved = {**ZONES, "agent-1": "eu-west-1c"}
    assert all_interrupted(configured(), moved, running()) == ("agent-1",)


def test_the_same_machine_may_be_asked_for_again_until_it_is_deployed() -> None:
    assert next_generation(configured(), ZONES, running(), "agent-1") == 2
    waiting = configured(agent_1={"generation": 2})
    assert next_generation(waiting, ZONES, running(), "agent-1") == 2
    assert next_generation(waiting, ZONES, running(agent_1=2), "agent-1") == 3


def test_a_machine_that_is_gone_gets_a_generation_of_its_own() -> None:
    assert next_generation(configured(), ZONES, running(agent_1=0), "agent-1") == 2


def test_two_machines_that_are_gone_do_not_wait_for_each_other_once_both_are_named() -> None:
    left = running(server_1=0, agent_1=0)

    for node, other in (("server-1", "agent-1"), ("agent-1", "server-1")):
        with pytest.raises(PlanRefused, match=f"--lost --also-lost {other}$"):
            next_generation(configured(), ZONES, left, node)
        assert next_generation(configured(), ZONES, left, node, also_lost=(other,)) == 2


def test_a_machine_that_is_named_as_dead_is_not_replaced_at_once_with_another() -> None:
    waiting = configured(agent_1={"generation": 2})

    with pytest.raises(PlanRefused, match="replaces or stops agent-1 already"):
        next_generation(waiting, ZONES, running(), "server-1", also_lost=("agent-1",))


@given(
    st.dictionaries(st.sampled_from(NODES), st.integers(0, 3)),
    st.dictionaries(st.sampled_from(NODES), st.integers(2, 3)),
    st.sampled_from(NODES),
)
def test_two_machines_are_never_made_anew_by_one_deployment(
    found: dict[str, int], asked: dict[str, int], node: str
) -> None:
    site = configured(**{name: {"generation": number} for name, number in asked.items()})
    machines = running(**found)
    try:
        generation = next_generation(site, ZONES, machines, node)
    except PlanRefused:
        return
    remade = {**asked, node: generation}
    after = configured(**{name: {"generation": number} for name, number in remade.items()})

    assert set(interrupted(after, machines)) <= {node}
    assert set(NODES) - {node} <= machines.keys(), "another one is missing"


def instances(deployed: Deployed) -> dict[str, str]:
    """An instance for each machine of the primary, as the stacks make them."""
    ec2, made = deployed.client("ec2", "primary"), {}
    there = ec2.describe_instances(
        Filters=[{"Name": "tag:pgtwin:system", "Values": [deployed.topology.name]}]
    )["Reservations"]
    ec2.terminate_instances(
        InstanceIds=[each["InstanceId"] for group in there for each in group["Instances"]]
    )
    for node in NODES:
        tags = {"system": deployed.topology.name, "site": "primary", "node": node}
        listed = [{"Key": f"pgtwin:{key}", "Value": value} for key, value in tags.items()]
        launched = ec2.run_instances(
            ImageId=OLD,
            InstanceType=TYPE,
            MinCount=1,
            MaxCount=1,
            Placement={"AvailabilityZone": ZONES[node]},
            TagSpecifications=[{"ResourceType": "instance", "Tags": listed}],
        )
        made[node] = str(launched["Instances"][0]["InstanceId"])
        ec2.modify_instance_attribute(InstanceId=made[node], DisableApiTermination={"Value": True})
    return made


def refuses_termination(deployed: Deployed, instance: str) -> bool:
    said = deployed.client("ec2", "primary").describe_instance_attribute(
        InstanceId=instance, Attribute="disableApiTermination"
    )
    return bool(said["DisableApiTermination"]["Value"])


@pytest.mark.slow
def test_the_command_vacates_allows_and_marks_one_machine(
    pgtwin: Pgtwin, deployed: Deployed, config: Path
) -> None:
    made = instances(deployed)

    options = ("--image", NEW, "--instance-type", "m7i.xlarge")
    done = pgtwin("replace", "--site", "primary", "--machine", "agent-2", *options)

    assert done.returncode == 0, done.stderr
    assert "make deploy" in done.stderr
    assert "vacate_at" in deployed.state("primary")
    assert [node for node, id in made.items() if not refuses_termination(deployed, id)] == [
        "agent-2"
    ]
    remade = load(config).primary.machines
    assert remade.keys() == {"agent-2"}
    asked = remade["agent-2"]
    assert (asked.generation, asked.ami, asked.instance_type) == (2, NEW, "m7i.xlarge")

    second = pgtwin("replace", "--site", "primary", "--machine", "agent-1")

    assert second.returncode == 2
    assert "replaces or stops agent-2" in second.stderr
    assert refuses_termination(deployed, made["agent-1"])
    assert "agent-1" not in load(config).primary.machines


@pytest.mark.slow
def test_a_site_that_cannot_do_without_a_machine_keeps_it(
    pgtwin: Pgtwin, deployed: Deployed, config: Path
) -> None:
    made = instances(deployed)
    deployed.set_state("primary", vacate_fails="the Cluster is not healthy")

    stopped = pgtwin("replace", "--site", "primary", "--machine", "agent-2")

    assert stopped.returncode == 3
    assert "the Cluster is not healthy" in stopped.stderr
    assert refuses_termination(deployed, made["agent-2"])
    assert not load(config).primary.machines


@pytest.mark.slow
def test_the_only_server_that_is_dead_needs_nobody_to_ask(
    pgtwin: Pgtwin, deployed: Deployed, config: Path
) -> None:
    instances(deployed)
    state = deployed.states / "primary.json"
    state.rename(state.with_suffix(".lost"))

    lost = ("--image", NEW, "--lost", "--also-lost", "agent-2")
    agent = pgtwin("replace", "--site", "primary", "--machine", "agent-1", *lost)
    server = pgtwin("replace", "--site", "primary", "--machine", "server-1", "--lost")

    assert agent.returncode == 3, "the server might know more"
    assert f"--machine agent-1 {' '.join(lost)}" in agent.stderr, "the repeat asks for the same"
    assert server.returncode == 0, server.stderr
    assert set(load(config).primary.machines) == {"server-1"}


@pytest.mark.slow
def test_of_two_dead_machines_one_is_replaced_once_the_other_is_named(
    pgtwin: Pgtwin, deployed: Deployed, config: Path
) -> None:
    made = instances(deployed)
    ec2 = deployed.client("ec2", "primary")
    for node in ("agent-1", "agent-2"):
        free = {"Value": False}
        ec2.modify_instance_attribute(InstanceId=made[node], DisableApiTermination=free)
        ec2.terminate_instances(InstanceIds=[made[node]])
    asked = ("replace", "--site", "primary", "--machine", "agent-1")

    alone = pgtwin(*asked, "--lost")
    unsaid = pgtwin(*asked, "--also-lost", "agent-2")
    both = pgtwin(*asked, "--lost", "--also-lost", "agent-2")

    assert (alone.returncode, unsaid.returncode) == (2, 2)
    assert "--lost --also-lost agent-2" in alone.stderr
    assert "only with --lost" in unsaid.stderr
    assert both.returncode == 0, both.stderr
    asked_for = (deployed.states / "primary.vacate").read_text()
    assert asked_for == "--machine agent-1 --lost --also-lost agent-2"
    assert set(load(config).primary.machines) == {"agent-1"}


@pytest.mark.slow
def test_doctor_finds_an_image_that_would_replace_a_whole_site_at_once(
    pgtwin: Pgtwin, deployed: Deployed, config: Path
) -> None:
    instances(deployed)
    config.write_text(config.read_text().replace("cidr: 10.0", f"ami: {NEW}\n  cidr: 10.0"))

    found = json.loads(pgtwin("doctor", "--json").stdout)
    pinned = pgtwin("pin-ami")

    (machines,) = [each for each in found if each["what"] == "deployment of primary"]
    assert machines["verdict"] == "missing"
    assert all(node in machines["found"] for node in NODES)
    assert pinned.returncode == 2
    assert "pgtwin roll --site primary" in pinned.stderr
    assert load(config).primary.ami == NEW


DEPLOYMENT = """
from pathlib import Path
import boto3
from topology.load import load
topology = load(Path({config!r}))
ec2 = boto3.client("ec2", region_name="eu-west-1", endpoint_url={endpoint!r})
found = ec2.describe_instances(Filters=[
    {{"Name": "tag:pgtwin:system", "Values": [topology.name]}},
    {{"Name": "tag-key", "Values": ["pgtwin:node"]}},
    {{"Name": "instance-state-name", "Values": ["running"]}},
])["Reservations"]
for instance in (each for group in found for each in group["Instances"]):
    tags = {{tag["Key"]: tag["Value"] for tag in instance["Tags"]}}
    generation = topology.primary.generation(tags["pgtwin:node"])
    if int(tags.get("pgtwin:generation", 1)) == generation:
        continue
    print("recreated:", tags["pgtwin:node"])
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    tags["pgtwin:generation"] = str(generation)
    ec2.run_instances(
        ImageId=topology.primary.image(tags["pgtwin:node"]), InstanceType=instance["InstanceType"],
        MinCount=1, MaxCount=1, Placement=instance["Placement"],
        TagSpecifications=[{{"ResourceType": "instance",
        "Tags": [{{"Key": key, "Value": value}} for key, value in tags.items()]}}],
    )
"""
"""What CloudFormation makes of the machines of a configuration."""


@pytest.mark.slow
def test_a_roll_makes_one_machine_after_the_other_anew_and_can_be_repeated(
    pgtwin: Pgtwin, deployed: Deployed, config: Path, tmp_path: Path
) -> None:
    instances(deployed)
    endpoint = deployed.aws.endpoint("eu-west-1")
    program = tmp_path / "deployment.py"
    program.write_text(DEPLOYMENT.format(config=str(config), endpoint=endpoint))
    options = ("--image", NEW, "--deploy", f"{sys.executable} {program}")

    failed = pgtwin("roll", "--site", "primary", *options[:-1], "false")
    rolled = pgtwin("roll", "--site", "primary", *options)
    again = pgtwin("roll", "--site", "primary", "--image", NEW, "--deploy", "false")

    assert failed.returncode == 3
    assert "false ended with exit code 1" in failed.stderr
    assert rolled.returncode == 0, rolled.stderr
    made = [line.split()[-1] for line in rolled.stderr.splitlines() if "recreated:" in line]
    assert made == list(NODES)
    assert again.returncode == 0, again.stderr
    assert "has that already" in again.stderr


BESIDE = """
import os, subprocess, sys
def run(*arguments, **environment):
    command = [sys.executable, "-m", "pgtwin", *arguments, "--config", {config!r}]
    return subprocess.run(command, env={{**os.environ, **environment}}).returncode
mine = run("doctor", "--before-deploy", "PrimaryStack")
theirs = run("doctor", "--before-deploy", "PrimaryStack", PGTWIN_RUN="")
upgrade = run("upgrade", PGTWIN_RUN="")
print("ended with:", mine, theirs, upgrade)
sys.exit(1)
"""
"""What its own deployment, another one and an upgrade meet while a roll deploys."""


@pytest.mark.slow
def test_a_roll_keeps_its_lock_until_the_deployment_has_ended(
    pgtwin: Pgtwin, deployed: Deployed, config: Path, tmp_path: Path
) -> None:
    instances(deployed)
    program = tmp_path / "beside.py"
    program.write_text(BESIDE.format(config=str(config)))
    options = ("--image", NEW, "--deploy", f"{sys.executable} {program}")

    rolled = pgtwin("roll", "--site", "primary", *options)

    assert "ended with: 0 3 5" in rolled.stderr
    assert "primary is locked by" in rolled.stderr
    assert f"then: pgtwin roll --site primary --image {NEW}" in rolled.stderr
    assert pgtwin("doctor", "--before-deploy", "PrimaryStack").returncode == 0, "given up"
