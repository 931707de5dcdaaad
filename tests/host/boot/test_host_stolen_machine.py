"""What docs/rotate.md says of an agent that was stolen, as far as a machine's boot does it."""

from tests.host.boot.test_host_boot import boot, text
from tests.host.boot.world import TOKENS, Booted, World

AGENT_TOKEN = "/etc/rancher/k3s/agent-token"
ANOTHER = "n" * 48


def put_another_token(world: World) -> None:
    name = world.document["secrets"]["agent_token"]
    world.aws.client("secretsmanager").put_secret_value(SecretId=name, SecretString=ANOTHER)


def restarted_k3s(booted: Booted) -> bool:
    return any("restart" in argv and "k3s.service" in argv for argv in booted.shell.ran)


def test_a_machine_takes_another_agent_token_at_its_next_boot_and_a_server_has_to_restart_k3s(
    world: World,
) -> None:
    server, agent = world.machine("server-1"), world.machine("agent-1")
    boot(server)
    boot(agent)
    put_another_token(world)
    assert text(server, AGENT_TOKEN) == TOKENS["agent"]
    server.shell.ran.clear()

    boot(server)
    boot(agent)

    assert text(server, AGENT_TOKEN) == text(agent, AGENT_TOKEN) == ANOTHER
    assert text(server, "/etc/rancher/k3s/token") == TOKENS["server"]
    assert not restarted_k3s(server), "docs/rotate.md has a person do it"


def test_the_machine_after_a_stolen_agent_has_its_name_and_nothing_that_was_on_its_volume(
    world: World,
) -> None:
    server, stolen = world.machine("server-1"), world.machine("agent-1")
    boot(server)
    boot(stolen)
    left = "/data/k3s/agent/images/left-by-the-attacker.tar"
    stolen.machine.files.write(left, b"started by k3s as it lies there")
    world.blank("agent-1")
    world.cluster.delete("agent-1")
    put_another_token(world)

    new = world.machine("agent-1", generation=2)
    boot(new)

    assert "agent-1" in world.cluster.nodes
    assert not new.machine.files.exists(left)
    assert text(new, AGENT_TOKEN) == ANOTHER
    assert new.disk.formatted == 1
