"""What the machine is told before k3s may start."""

import json
import socket
import threading
from pathlib import Path

import pytest

from charts.cloudnative_pg import UNACKNOWLEDGED_RETRIES
from host.errors import Failed
from host.machine.http_web import HttpWeb
from host.machine.machine import Result
from host.machine.paths import K3S_DATA
from host.machine.rooted_files import RootedFiles
from host.machine.subprocess_shell import SubprocessShell
from host.setup.machine_settings import apply_shutdown_settings, write_kubelet_settings
from tests.host.boot.metadata_server import MetadataServer
from tests.host.boot.world import World

RESTART = ["systemctl", "restart", "systemd-logind.service"]


def test_logind_waits_as_long_as_the_kubelet_asks_and_ubuntu_s_cap_is_gone(world: World) -> None:
    server = world.machine("server-1")
    server.disk.folder.mkdir(exist_ok=True)

    apply_shutdown_settings(server.machine)

    drop_ins = server.root / "etc/systemd/logind.conf.d"
    assert "InhibitDelayMaxSec=120\n" in (drop_ins / "99-pgtwin.conf").read_text()
    cap = drop_ins / "unattended-upgrades-logind-maxdelay.conf"
    assert cap.readlink() == Path("/dev/null")
    assert RESTART in server.shell.ran


def test_logind_is_left_alone_where_it_waits_long_enough(world: World) -> None:
    server = world.machine("server-1")
    server.shell.broken["busctl"] = Result(exit_code=0, stdout="t 120000000\n", stderr="")

    apply_shutdown_settings(server.machine)

    assert RESTART not in server.shell.ran


def test_the_kubelet_lets_the_operator_s_pod_set_what_its_chart_asks_for(world: World) -> None:
    server = world.machine("server-1")

    write_kubelet_settings(server.machine)

    (file,) = (server.root / f"{K3S_DATA}/agent/etc/kubelet.conf.d".lstrip("/")).iterdir()
    settings = json.loads(file.read_text(encoding="utf-8"))
    assert UNACKNOWLEDGED_RETRIES["name"] in settings["allowedUnsafeSysctls"]


def test_a_file_is_replaced_as_a_whole_with_its_mode(tmp_path: Path) -> None:
    files = RootedFiles(str(tmp_path))
    files.write("/etc/token", b"one", mode=0o600)
    before = files.path("/etc/token").stat().st_ino

    files.write("/etc/token", b"two", mode=0o600)

    assert files.read("/etc/token") == b"two"
    assert files.path("/etc/token").stat().st_mode & 0o777 == 0o600
    assert files.path("/etc/token").stat().st_ino != before
    assert files.names("/etc") == ("token",)


def test_a_missing_program_is_exit_code_127_and_no_traceback() -> None:
    assert SubprocessShell().run(["no-such-program"]).exit_code == 127


def test_what_is_no_text_goes_in_and_out_of_a_command_unchanged() -> None:
    odd = b"gr\xf6\xdfe \xe2\x82\xac\n".decode("utf-8", "surrogateescape")

    assert SubprocessShell().run(["cat"], stdin=odd).stdout == odd


def test_a_download_cut_short_is_a_failure(tmp_path: Path) -> None:
    with MetadataServer({}, "eu-west-1", short_by=10) as server:
        web = HttpWeb(RootedFiles(str(tmp_path)))
        with pytest.raises(Failed, match="the last 10 bytes are missing"):
            web.download(f"{server.url}/k3s", "/k3s")


def test_a_download_in_chunks_that_is_cut_short_is_a_failure_too(tmp_path: Path) -> None:
    """It may pass: no mistake of the program, which would fail a deployment at once."""

    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.sendall(head + b"64\r\nhalf of it")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, args=(listener,), daemon=True).start()
        web = HttpWeb(RootedFiles(str(tmp_path)))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/k3s"
        with pytest.raises(Failed, match="could not download"):
            web.download(url, "/k3s")


def test_a_signal_is_put_as_it_is(tmp_path: Path) -> None:
    with MetadataServer({}, "eu-west-1") as server:
        web = HttpWeb(RootedFiles(str(tmp_path)))

        status = web.put(f"{server.url}/signal", json.dumps({"Status": "SUCCESS"}).encode())

    assert status == 200
    assert server.signals == [{"Status": "SUCCESS"}]
