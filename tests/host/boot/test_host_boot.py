"""One machine, and a site of machines, from blank to booted."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from host.__main__ import _parser
from host.deadlines import PASSING_FAULT_SECONDS
from host.errors import Failed, Locked, Refused, TimedOut
from host.machine.lock import lock
from host.machine.paths import ETCD, GATE_UNIT, K3S, PROGRAM, STATE
from host.setup.installation import installed_files
from host.verbs.boot import run
from tests.host.boot.scripted_shell import TOKEN, failed
from tests.host.boot.world import BOOT, TOKENS, Booted, World

WorldMaker = Callable[..., World]
PORT = 30432


def boot(booted: Booted) -> dict[str, object]:
    return run(booted.machine, BOOT)


def tried_for_long(booted: Booted) -> None:
    """As if the first try had failed a quarter of an hour ago."""
    since = booted.machine.clock.now() - timedelta(seconds=PASSING_FAULT_SECONDS)
    booted.machine.files.write(f"{STATE}/boot-failing-since", since.isoformat().encode())


def text(booted: Booted, path: str) -> str:
    return booted.machine.files.read(path).decode()


def config(booted: Booted) -> dict[str, object]:
    found: dict[str, object] = json.loads(text(booted, "/etc/rancher/k3s/config.yaml"))
    return found


def test_boots_a_blank_server_and_signals_success(world: World) -> None:
    server = world.machine("server-1")

    result = boot(server)

    assert result["node"] == "server-1"
    assert server.shell.mounted
    assert server.shell.enabled >= {"data.mount", "k3s.service", "pgtwin-boot.service"}
    assert server.shell.enabled >= {
        f"pgtwin-{verb}.timer" for verb in ("report", "apply", "verify")
    }
    assert "pgtwin-hold.service" in server.shell.enabled
    assert text(server, f"{ETCD}/origin") == "new"
    assert [signal["Status"] for signal in server.web.signals] == ["SUCCESS"]


def test_a_long_boot_applies_what_was_deployed_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[str] = []
    newer = world.bundle(host_pyz=b"newer program")
    monkeypatch.setattr(
        "host.verbs.boot.wait_for_nodes", lambda *_: published.append(world.publish(newer))
    )
    server = world.machine("server-1")

    boot(server)

    assert [text(server, "/var/lib/pgtwin/applied")] == published


def test_boots_an_agent_up_to_joining_and_signals_nothing(world: World) -> None:
    agent = world.machine("agent-2")

    boot(agent)

    assert config(agent)["server"] == "https://k3s.pgtwin.internal:6443"
    assert "k3s-agent.service" in agent.shell.enabled
    assert not agent.web.signals
    assert not agent.machine.files.exists("/var/lib/pgtwin/applied")
    assert not any(unit.endswith(".timer") for unit in agent.shell.enabled)
    assert "pgtwin-hold.service" not in agent.shell.enabled


def test_all_machines_of_both_default_sites_boot(make_world: WorldMaker) -> None:
    for site, agents in (("primary", 3), ("dr", 0)):
        world = make_world(site=site)
        machines = [world.machine(f"agent-{index + 1}") for index in range(agents)]
        for machine in [*machines, world.machine("server-1")]:
            boot(machine)
        assert len(world.cluster.nodes) == agents + 1


def test_gives_agents_the_agent_token_only(world: World) -> None:
    server, agent = world.machine("server-1"), world.machine("agent-1")
    boot(server)
    boot(agent)

    assert text(server, "/etc/rancher/k3s/token") == TOKENS["server"]
    assert TOKENS["server"].encode() not in b"".join(
        path.read_bytes() for path in agent.root.rglob("*") if path.is_file()
    )
    for path in server.root.glob("etc/rancher/k3s/*"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_keeps_datastore_images_and_node_password_on_the_data_volume(world: World) -> None:
    server = world.machine("server-1")
    boot(server)

    server.machine.files.write("/etc/rancher/node/password", b"first")

    assert (server.disk.folder / "node" / "password").read_bytes() == b"first"
    assert (server.disk.folder / "k3s" / "server" / "db" / "etcd").is_dir()
    assert config(server)["data-dir"] == "/data/k3s"


def test_a_second_boot_changes_nothing_and_signals_nothing(world: World) -> None:
    server = world.machine("server-1")
    boot(server)
    started = list(server.shell.ran)

    boot(server)

    again = server.shell.ran[len(started) :]
    assert ["systemctl", "--no-block", "start", "k3s.service"] in again
    assert not any("restart" in argv and "k3s.service" in argv for argv in again)
    assert server.disk.formatted == 1
    assert len(server.web.downloads) == 1
    assert len(server.web.signals) == 1


def test_a_new_machine_runs_none_of_the_programs_that_another_left_on_the_data_volume(
    world: World,
) -> None:
    program = "/data/k3s/data/0a1b2c/bin/containerd"
    first = world.machine("agent-1")
    boot(first)
    first.machine.files.write(program, b"unpacked by k3s, or by whoever was root")
    boot(first)
    assert first.machine.files.exists(program), "of a machine that restarts they are its own"
    world.detach("agent-1")
    second = world.machine("agent-1", generation=2)

    boot(second)

    assert not second.machine.files.exists(program)


def test_a_replaced_server_finds_its_volume_and_keeps_the_datastore(world: World) -> None:
    first = world.machine("server-1")
    boot(first)
    world.detach("server-1")

    second = world.machine("server-1", generation=2)
    boot(second)

    assert second.disk.formatted == 1
    assert text(second, f"{ETCD}/origin") == "new"
    assert not any("--cluster-reset" in argv for argv in second.shell.ran)


def snapshot(world: World, name: str, size: int = 10) -> None:
    key = f"etcd/{name}"
    world.aws.client("s3").put_object(Bucket=world.bucket, Key=key, Body=b"x" * size)


def test_a_restore_that_ends_well_but_left_nothing_starts_nothing(world: World) -> None:
    snapshot(world, "etcd-snapshot-server-1-1000", size=5000)
    server = world.machine("server-1")
    server.shell.restored_bytes = 30

    with pytest.raises(Failed, match="of its 5000 bytes 30 are there"):
        boot(server)

    assert "k3s.service" not in server.shell.started
    assert not server.machine.files.exists(ETCD), "so that k3s' unit does not start by itself"


def test_a_server_that_lost_its_datastore_restores_the_newest_whole_snapshot(world: World) -> None:
    snapshot(world, "etcd-snapshot-server-1-1000")
    snapshot(world, "etcd-snapshot-server-1-2000")
    snapshot(world, "etcd-snapshot-server-1-3000", size=0)
    snapshot(world, ".metadata/etcd-snapshot-server-1-4000")
    server = world.machine("server-1")

    boot(server)

    assert text(server, f"{ETCD}/origin") == "restored from etcd-snapshot-server-1-2000"
    assert not server.machine.files.exists("/data/k3s/restoring")


def test_a_blank_volume_has_the_servers_token_before_a_snapshot_is_restored_on_it(
    world: World,
) -> None:
    snapshot(world, "etcd-snapshot-server-1-1000")
    server = world.machine("server-1")
    server.shell.broken[f"{K3S} server"] = failed("etcd did not come up")

    with pytest.raises(Failed, match="etcd did not come up"):
        boot(server)

    assert text(server, TOKEN) == text(server, "/etc/rancher/k3s/token")
    assert server.machine.files.path(TOKEN).stat().st_mode & 0o777 == 0o600


def test_a_server_reports_and_repairs_while_its_site_does_not_become_ready(world: World) -> None:
    server = world.machine("server-1")
    world.cluster.nodes.clear()

    with pytest.raises(TimedOut, match=r"agent-1.* did not become Ready"):
        boot(server)

    assert {"pgtwin-report.timer", "pgtwin-apply.timer", "pgtwin-verify.timer"} <= (
        server.shell.enabled
    )


def test_a_failed_restore_stops_the_boot_and_starts_nothing(world: World) -> None:
    snapshot(world, "etcd-snapshot-server-1-1000")
    server = world.machine("server-1")
    server.shell.broken[f"{K3S} server"] = failed("bootstrap data encrypted with another token")

    tried_for_long(server)

    for _ in range(2):
        with pytest.raises(Failed, match=r"could not restore .*token .* move s3://"):
            boot(server)

    assert not server.shell.started
    assert not server.machine.files.exists("/run/pgtwin/may-start-without-datastore")
    assert server.web.signals[0]["Status"] == "FAILURE"


def test_does_not_start_an_empty_cluster_while_the_bucket_cannot_be_read(world: World) -> None:
    world.aws.client("s3").delete_bucket(Bucket=world.bucket)
    server = world.machine("server-1")
    tried_for_long(server)

    with pytest.raises(Exception, match="NoSuchBucket"):
        boot(server)

    assert not server.shell.started
    assert "NoSuchBucket" in server.web.signals[0]["Reason"]


def test_the_first_of_three_servers_joins_the_others_when_it_was_lost(
    make_world: WorldMaker,
) -> None:
    world = make_world("ha")
    world.cluster.nodes |= {node["name"] for node in world.document["nodes"]}
    snapshot(world, "etcd-snapshot-server-1-1000")
    server = world.machine("server-1")
    server.web.listening = world.others("server-1")

    boot(server)

    assert text(server, f"{ETCD}/origin") == "joined"
    assert "cluster-init" not in config(server)


def test_other_servers_join_and_do_not_apply(make_world: WorldMaker) -> None:
    world = make_world("ha")
    server = world.machine("server-2")
    server.web.listening = world.others("server-2")

    boot(server)

    assert config(server)["server"] == "https://k3s.pgtwin.internal:6443"
    assert not server.web.signals


def test_names_the_machines_that_never_become_ready(world: World) -> None:
    world.cluster.nodes -= {"agent-2"}
    server = world.machine("server-1")
    tried_for_long(server)

    with pytest.raises(TimedOut, match="agent-2 did not become Ready"):
        boot(server)

    assert [signal["Status"] for signal in server.web.signals] == ["FAILURE"]


def test_a_signal_url_that_has_expired_is_no_error(world: World) -> None:
    server = world.machine("server-1")
    server.web.status = 403

    boot(server)


def test_a_failure_after_a_success_is_not_signalled_to_the_same_deployment(world: World) -> None:
    server = world.machine("server-1")
    boot(server)
    server.shell.broken["xfs_growfs"] = failed("no space")

    with pytest.raises(Failed):
        boot(server)

    assert [signal["Status"] for signal in server.web.signals] == ["SUCCESS"]


def test_the_signal_of_a_failure_carries_the_reason_and_fits(world: World) -> None:
    server = world.machine("server-1")
    server.shell.broken["udevadm"] = failed("x" * 5000)
    tried_for_long(server)

    with pytest.raises(Failed):
        boot(server)

    (signal,) = server.web.signals
    assert signal["Reason"].startswith("server-1: `udevadm settle` ended with exit code 1")
    assert len(signal["Reason"]) <= 1000
    assert signal["UniqueId"] == "server-1"


def test_two_boots_at_once_are_one_boot(world: World) -> None:
    server = world.machine("server-1")

    with lock(server.machine.files, "boot"), pytest.raises(Locked):
        boot(server)

    assert not server.shell.ran
    assert not server.web.signals


def test_keeps_the_k3s_that_runs_and_points_to_the_upgrade(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    server = world.machine("server-1")
    boot(server)
    world.document["k3s"] |= {"version": "v1.36.5+k3s1", "sha256": {"amd64": "0" * 64}}
    world.publish(world.bundle())

    boot(server)

    assert len(server.web.downloads) == 1
    assert "run: pgtwin-host upgrade" in caplog.text


def test_asks_github_for_the_plus_sign_in_its_written_form(world: World) -> None:
    server = world.machine("server-1")
    boot(server)

    assert server.web.downloads == [
        "https://github.com/k3s-io/k3s/releases/download/v1.36.4%2Bk3s1/k3s"
    ]


def test_takes_k3s_from_the_mirror_where_one_is_named(world: World) -> None:
    world.document["k3s"]["mirror"] = "s3://assets-primary/mirror/k3s"
    world.publish(world.bundle())
    key = "mirror/k3s/k3s"
    world.aws.client("s3").put_object(Bucket=world.assets, Key=key, Body=b"#!/bin/sh\n: k3s\n")
    server = world.machine("server-1")

    boot(server)

    assert not server.web.downloads
    assert server.machine.files.path(K3S).stat().st_mode & 0o777 == 0o755


def test_refuses_a_node_that_the_site_does_not_have(world: World) -> None:
    server = world.machine("server-1")
    imds = world.machine("agent-1").machine.imds
    world.document["nodes"] = world.document["nodes"][:1]
    world.publish(world.bundle())

    with pytest.raises(Refused, match="no node 'agent-1'"):
        run(replace(server.machine, imds=imds), BOOT)


def test_clients_are_kept_out_of_a_machine_before_k3s_starts_on_it(world: World) -> None:
    agent = world.machine("agent-1")

    boot(agent)

    ran = [" ".join(argv) for argv in agent.shell.ran]
    assert agent.shell.packet_filter.closes(PORT)
    assert ran.index(f"systemctl enable --now {GATE_UNIT}") < ran.index(
        "systemctl --no-block restart k3s-agent.service"
    )
    assert "systemctl enable --now pgtwin-admit.service" in ran


def test_a_boot_that_runs_again_on_a_machine_that_serves_leaves_its_clients_in(
    world: World,
) -> None:
    agent = world.machine("agent-1")
    boot(agent)
    agent.shell.packet_filter.forget()  # the record was read, and the gate opened

    boot(agent)

    assert not agent.shell.packet_filter.closes(PORT)


def test_nothing_of_k3s_starts_where_the_gate_cannot_be_closed(world: World) -> None:
    agent = world.machine("agent-1")
    agent.shell.broken = {"systemctl enable --now pgtwin-gate": failed("Operation not permitted")}

    with pytest.raises(Failed, match="Operation not permitted"):
        boot(agent)

    assert "k3s-agent.service" not in agent.shell.started


def test_every_unit_runs_a_verb_that_exists() -> None:
    for path, (text, _) in installed_files(PORT).items():
        if path.endswith(".service") and not path.endswith(GATE_UNIT):
            (line,) = [each for each in text.splitlines() if each.startswith("ExecStart=")]
            program, *words = line.removeprefix("ExecStart=").split()
            assert program == PROGRAM
            assert _parser().parse_args(words).verb == words[0]


def test_the_guard_of_the_other_region_restarts_by_itself_and_never_by_the_hour() -> None:
    """What it saw of a silent region ends with it, and a promise may be an hour long."""
    unit = installed_files(PORT)["/etc/systemd/system/pgtwin-hold.service"][0]

    assert "ExecStart=/usr/local/bin/pgtwin-host hold --watch\n" in unit
    assert "Restart=always\n" in unit
    assert "RuntimeMaxSec" not in unit


def test_every_timer_has_a_service_and_the_proof_is_looked_for_daily() -> None:
    files = {path.rpartition("/")[2]: text for path, (text, _) in installed_files(PORT).items()}

    for name in files:
        assert not name.endswith(".timer") or name.replace(".timer", ".service") in files
    assert "ExecStart=/usr/local/bin/pgtwin-host verify --weekly" in files["pgtwin-verify.service"]
    assert "OnCalendar=*-*-* 06:00:00 UTC" in files["pgtwin-verify.timer"]
    assert "Persistent=true" in files["pgtwin-verify.timer"], "a missed day is made up for"
