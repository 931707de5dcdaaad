"""What the kernel, systemd-logind and the kubelet are told before k3s may start."""

import json

from host.machine.command import command
from host.machine.machine import Machine
from host.machine.paths import K3S_DATA

SHUTDOWN_SECONDS = 120
"""How long pods get when the machine is told to stop; PostgreSQL's fast shutdown fits well, and EC2
waits longer before it pulls the plug."""
_CRITICAL_SECONDS = 20
LEASE_SECONDS = 8
"""The kubelet renews its lease in a quarter of this (kubernetes v1.36.4 pkg/kubelet/kubelet.go,
nodeLeaseRenewIntervalFraction); how many may be missing is said in `k3s_config.py`."""
POD_SYSCTLS = ("net.ipv4.tcp_retries2",)
"""What a pod may set for its own network; the operator's does (`charts/cloudnative_pg.py`)."""
KUBELET_FILE = f"{K3S_DATA}/agent/etc/kubelet.conf.d/10-shutdown.conf"
_SYSCTL = "/etc/sysctl.d/90-kubelet.conf"
_LOGIND = "/etc/systemd/logind.conf.d"

SYSCTLS = {
    "vm.panic_on_oom": 0,
    "vm.overcommit_memory": 1,
    "kernel.panic": 10,
    "kernel.panic_on_oops": 1,
}
"""What protect-kernel-defaults insists on: with other values the kubelet exits (CIS 4.2.6)."""


def apply_kernel_settings(machine: Machine) -> None:
    """Set the kernel now and for every start."""
    lines = "".join(f"{key}={value}\n" for key, value in SYSCTLS.items())
    machine.files.write(_SYSCTL, lines.encode())
    command(machine.shell, "sysctl", f"--load={_SYSCTL}")


def apply_shutdown_settings(machine: Machine) -> None:
    """Let the kubelet delay a shutdown until the database has stopped.

    Ubuntu's unattended-upgrades caps the delay at 30 s in a drop-in that sorts last, and the
    kubelet gives up entirely when it gets less than it asked for (kubernetes issue 107043).
    """
    files = machine.files
    files.link(f"{_LOGIND}/unattended-upgrades-logind-maxdelay.conf", "/dev/null")
    delay = f"[Login]\nInhibitDelayMaxSec={SHUTDOWN_SECONDS}\n"
    files.write(f"{_LOGIND}/99-pgtwin.conf", delay.encode())
    if _logind_delay(machine) != SHUTDOWN_SECONDS * 1_000_000:
        command(machine.shell, "systemctl", "restart", "systemd-logind.service")


def _logind_delay(machine: Machine) -> int:
    # Asked, since a restart of logind beside a running kubelet is better avoided.
    bus = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
    answer = machine.shell.run(["busctl", "get-property", *bus, "InhibitDelayMaxUSec"]).stdout
    value = answer.rpartition(" ")[2].strip()
    return int(value) if value.isdigit() else 0


def write_kubelet_settings(machine: Machine) -> None:
    """The kubelet's half, in the folder that k3s hands it; lies on the data volume."""
    settings = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "shutdownGracePeriod": f"{SHUTDOWN_SECONDS}s",
        "shutdownGracePeriodCriticalPods": f"{_CRITICAL_SECONDS}s",
        "nodeLeaseDurationSeconds": LEASE_SECONDS,
        "allowedUnsafeSysctls": list(POD_SYSCTLS),
        # CIS 4.2.12 and 4.2.14. TLS 1.3 has no weak cipher, and the API server speaks it.
        "tlsMinVersion": "VersionTLS13",
        "seccompDefault": True,
    }
    machine.files.write(KUBELET_FILE, json.dumps(settings, indent=2).encode())
