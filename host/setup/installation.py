"""The program's own place on the machine: a command, and the units that run it.

What always holds: at every start of the machine the gate for clients is closed before k3s may
start. Its unit needs nothing but nftables and a file; k3s' unit requires it (`k3s_unit.py`), so k3s
does not start where the gate could not be closed.
"""

import hashlib

from host.bundle.site_document import Role
from host.gate.packet_filter import CLOSED, rules
from host.machine.command import command
from host.machine.machine import Machine
from host.machine.paths import GATE_UNIT, PROGRAM

_UNITS = "/etc/systemd/system"
TIMERS = ("pgtwin-report.timer", "pgtwin-apply.timer", "pgtwin-verify.timer")
_WRAPPER = """\
#!/bin/sh
exec /usr/bin/python3 /var/lib/pgtwin/bundles/current/host.pyz "$@"
"""
_BOOT = f"""\
[Unit]
Description=pgtwin: make this machine a member of its site
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={PROGRAM} boot
Restart=on-failure
RestartSec=60s

[Install]
WantedBy=multi-user.target
"""

_GATE = f"""\
[Unit]
Description=pgtwin: clients stay out until the record names this site
DefaultDependencies=no
After=local-fs.target
Before=network-pre.target k3s.service k3s-agent.service
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f {CLOSED}

[Install]
WantedBy=multi-user.target
"""
ADMIT = "pgtwin-admit.service"
_WATCH = f"""\
[Unit]
Description=pgtwin: clients in or out, as the record says
Wants=network-online.target
After=network-online.target {GATE_UNIT}

[Service]
Type=exec
ExecStart={PROGRAM} admit --watch
Restart=always
RestartSec=2s
RuntimeMaxSec=1h

[Install]
WantedBy=multi-user.target
"""
"""It ends once an hour, to come back as the program of the bundle that is current then."""
HOLD = "pgtwin-hold.service"
_GUARD = f"""\
[Unit]
Description=pgtwin: commits wait for the other region, as promised
After=pgtwin-boot.service

[Service]
Type=exec
ExecStart={PROGRAM} hold --watch
Restart=always
RestartSec=5s

[Install]
WantedBy=multi-user.target
"""
"""On servers, whatever the mode: it reads that again at each round. It ends when another bundle is
current, to come back as the program of that, and never by the hour: what it saw of a silent region
is forgotten then, and the longest promise is an hour."""


def _service(verb: str, what: str) -> str:
    return f"""\
[Unit]
Description=pgtwin: {what}
After=pgtwin-boot.service

[Service]
Type=oneshot
ExecStart={PROGRAM} {verb}
"""


def _timer(verb: str, when: str) -> str:
    return f"""\
[Unit]
Description=pgtwin: when to {verb}

[Timer]
{when}

[Install]
WantedBy=timers.target
"""


def installed_files(port: int) -> dict[str, tuple[str, int]]:
    """Every file of the installation with its content and mode; `port` is where clients come in."""
    units = {
        GATE_UNIT: _GATE,
        ADMIT: _WATCH,
        HOLD: _GUARD,
        "pgtwin-boot.service": _BOOT,
        "pgtwin-report.service": _service("report", "heartbeat and metrics"),
        "pgtwin-report.timer": _timer("report", "OnCalendar=minutely\nAccuracySec=1s"),
        "pgtwin-apply.service": _service("apply", "repair drift"),
        "pgtwin-apply.timer": _timer("apply", "OnCalendar=hourly\nRandomizedDelaySec=10min"),
        "pgtwin-verify.service": _service(
            "verify --weekly", "verify that the backups can be restored"
        ),
        # It looks daily, so that a failed or missed week is made up for on the next day; after the
        # dump of the shipped configurations, and not on all servers at once.
        "pgtwin-verify.timer": _timer(
            "verify", "OnCalendar=*-*-* 06:00:00 UTC\nRandomizedDelaySec=1h\nPersistent=true"
        ),
    }
    return {
        PROGRAM: (_WRAPPER, 0o755),
        **{path: (text, 0o644) for path, text in rules(port).items()},
        **{f"{_UNITS}/{name}": (text, 0o644) for name, text in units.items()},
    }


def install(machine: Machine, port: int) -> tuple[str, ...]:
    """Make `pgtwin-host` a command, close the gate, and make both a part of every start.

    The gate's unit stays active: on a machine that serves, this leaves an open gate open. Says
    which files are others than before.
    """
    shell, files = machine.shell, machine.files
    wanted = installed_files(port)
    changed = tuple(
        path
        for path, (text, _) in wanted.items()
        if files.sha256(path) != hashlib.sha256(text.encode()).hexdigest()
    )
    for path, (text, mode) in wanted.items():
        files.write(path, text.encode(), mode=mode)
    if shell.run(["nft", "--version"]).exit_code != 0:
        command(shell, "apt-get", "install", "--yes", "nftables", timeout_seconds=600)
    command(shell, "systemctl", "daemon-reload")
    command(shell, "systemctl", "enable", "pgtwin-boot.service")
    command(shell, "systemctl", "enable", "--now", GATE_UNIT)
    command(shell, "systemctl", "enable", "--now", ADMIT)
    return changed


def start_timers(machine: Machine, role: Role) -> None:
    """Report, apply and hold from now on; agents have nothing to report about."""
    if role == "server":
        for unit in (*TIMERS, HOLD):
            command(machine.shell, "systemctl", "enable", "--now", unit)
