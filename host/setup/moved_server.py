"""A server whose datastore knows it by another address: a machine that was recreated.

An etcd member is its address. k3s never becomes ready where its own is not the one in the member
list (k3s pkg/etcd/etcd.go, `Test`), and has no flag that changes it.

Always true:
  * the only server keeps what it holds: k3s makes it a cluster of one under its new address
    (`--cluster-reset` without a snapshot; pkg/etcd/etcd.go, `Reset`);
  * with several, the datastore here is given up only after another server, which holds the same,
    took the old member out. That needs a quorum without this one, or it fails and nothing is lost.
    It is asked by its own name: that of all servers may lead back to this one;
  * where several belong together and none answers, nothing is touched: a reset would make a second
    cluster beside the others. A person may say that they are lost (`datastore.py`);
  * the new address is remembered last, so that what was interrupted is begun again.
"""

import logging
import re

from host.bundle.site_document import SiteDocument
from host.kubernetes.kubectl import Kubectl
from host.machine.command import command
from host.machine.machine import Machine
from host.machine.paths import ADDRESS, ETCD, K3S, K3S_DATA
from host.setup.k3s_config import PORT

_ETCD_CONFIG = f"{ETCD}/config"
"""What k3s last started etcd with; it is rewritten at each start, also by one that fails."""
_PEER_URLS = re.compile(r"^(?:listen|initial-advertise)-peer-urls:.*$", re.MULTILINE)
_OWN_URL = re.compile(r"https://(?!127\.)([0-9.]+):2380")
"""k3s lists the loopback's first, and after a reset it listens there alone (pkg/etcd/etcd.go,
`listenPeerURLs`)."""
_RESET_FLAG = f"{K3S_DATA}/server/db/reset-flag"
"""Left by a reset until the next start; with it k3s refuses another (pkg/cluster/managed.go)."""
_RESET_SECONDS = 300
_REMOVAL_SECONDS = 120
"""k3s gives the removal of a member a minute (pkg/etcd/etcd.go, `memberRemovalTimeout`)."""
_TLS = f"{K3S_DATA}/server/tls"
_log = logging.getLogger(__name__)


def former_address(machine: Machine) -> str | None:
    """The address that the datastore here knows this server by, where it is not its own."""
    files = machine.files
    if files.exists(ADDRESS):
        known = files.read(ADDRESS).decode()
    elif files.exists(_ETCD_CONFIG):
        lines = _PEER_URLS.findall(files.read(_ETCD_CONFIG).decode(errors="replace"))
        known = "".join(_OWN_URL.findall("\n".join(lines))[-1:])
    else:
        return None
    return known if known and known != machine.imds.identity().private_ip else None


def remember_address(machine: Machine) -> None:
    """From now on the datastore knows this server by the address that it has."""
    machine.files.write(ADDRESS, machine.imds.identity().private_ip.encode())


def reset(machine: Machine) -> None:
    """Let the only server's datastore know it by its new address; all that it holds stays.

    Raises:
        Failed: when k3s does not manage that; it may be tried again.
    """
    _log.warning("the datastore knows this server as %s: resetting it", former_address(machine))
    machine.files.remove(_RESET_FLAG)
    k3s = str(machine.files.path(K3S))
    command(machine.shell, k3s, "server", "--cluster-reset", timeout_seconds=_RESET_SECONDS)


def leave(machine: Machine, document: SiteDocument, node: str, other: str, datastore: str) -> None:
    """Have another server take the old member out, then give up the datastore folder here.

    Deleting the Node does it: k3s holds the deletion until the member is gone (pkg/etcd,
    `managed-etcd-controller`). The credentials are the server's own, from its data volume.

    Raises:
        KubectlFailed: when the others did not do it; the datastore is as it was.
    """
    _log.warning("the datastore knows this server as %s: joining again", former_address(machine))
    Kubectl(machine.shell, machine.clock).done(
        "delete",
        "node",
        node,
        "--ignore-not-found",
        f"--timeout={_REMOVAL_SECONDS}s",
        f"--server=https://{other}:{PORT}",
        # k3s' certificates name the address of all servers, not that of one.
        f"--tls-server-name={document.api_host}",
        f"--certificate-authority={_TLS}/server-ca.crt",
        f"--client-certificate={_TLS}/client-admin.crt",
        f"--client-key={_TLS}/client-admin.key",
        timeout_seconds=_REMOVAL_SECONDS + 30,
    )
    machine.files.remove(datastore)
