"""The systemd units of k3s: pure text, in place of the ones that its install script would write."""

from host.bundle.site_document import Role
from host.machine.paths import DATA, ETCD_WAL, GATE_UNIT, K3S, MAY_START_EMPTY, RESTORING

NAMES: dict[Role, str] = {"server": "k3s.service", "agent": "k3s-agent.service"}
_TYPES: dict[Role, str] = {"server": "notify", "agent": "exec"}
_ASSERTS: dict[Role, str] = {
    "server": f"AssertPathExists=|{ETCD_WAL}\nAssertPathExists=|{MAY_START_EMPTY}\n"
    f"AssertPathExists=!{RESTORING}\n",
    "agent": "",
}
"""One of the first two must exist: a server that lost its datastore must not begin an empty one.
The last must not: half of a restore has a write-ahead log too."""


def k3s_unit(role: Role) -> str:
    """The unit of a role. It starts nothing while the data volume is not mounted.

    Nor does it before clients are kept out: what the kubelet then starts may be a former writer.

    Stopping it leaves the containers running (KillMode=process), so that the program can be
    exchanged under a running database.
    """
    return f"""\
[Unit]
Description=k3s {role} of pgtwin
Wants=network-online.target
After=network-online.target {GATE_UNIT}
Requires={GATE_UNIT}
RequiresMountsFor={DATA}
AssertPathIsMountPoint={DATA}
{_ASSERTS[role]}
[Service]
Type={_TYPES[role]}
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart={K3S} {role}
Restart=always
RestartSec=5s
TimeoutStartSec=0
KillMode=process
Delegate=yes
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity

[Install]
WantedBy=multi-user.target
"""
