"""The program's own place on the machine: a command, and the units that run it."""

from host.bundle.site_document import Role
from host.machine.command import command
from host.machine.machine import Machine
from host.machine.paths import PROGRAM

_UNITS = "/etc/systemd/system"
_TIMERS = ("pgtwin-report.timer", "pgtwin-apply.timer", "pgtwin-verify.timer")
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


def installed_files() -> dict[str, tuple[str, int]]:
    """Every file of the installation with its content and mode."""
    units = {
        "pgtwin-boot.service": _BOOT,
        "pgtwin-report.service": _service("report", "heartbeat and metrics"),
        "pgtwin-report.timer": _timer("report", "OnCalendar=minutely\nAccuracySec=1s"),
        "pgtwin-apply.service": _service("apply", "heal what drifted"),
        "pgtwin-apply.timer": _timer("apply", "OnCalendar=hourly\nRandomizedDelaySec=10min"),
        "pgtwin-verify.service": _service("verify --weekly", "prove that the backups can be used"),
        # It looks daily, so that a failed or missed week is made up for on the next day; after the
        # dump of the shipped configurations, and not on all servers at once.
        "pgtwin-verify.timer": _timer(
            "verify", "OnCalendar=*-*-* 06:00:00 UTC\nRandomizedDelaySec=1h\nPersistent=true"
        ),
    }
    return {
        PROGRAM: (_WRAPPER, 0o755),
        **{f"{_UNITS}/{name}": (text, 0o644) for name, text in units.items()},
    }


def install(machine: Machine) -> None:
    """Make `pgtwin-host` a command, and boot a part of every start."""
    for path, (text, mode) in installed_files().items():
        machine.files.write(path, text.encode(), mode=mode)
    command(machine.shell, "systemctl", "daemon-reload")
    command(machine.shell, "systemctl", "enable", "pgtwin-boot.service")


def start_timers(machine: Machine, role: Role) -> None:
    """Report and apply from now on; agents have nothing to report about."""
    if role == "server":
        for timer in _TIMERS:
            command(machine.shell, "systemctl", "enable", "--now", timer)
