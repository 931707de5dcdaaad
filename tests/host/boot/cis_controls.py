"""The CIS Kubernetes Benchmark 2.1 for k3s, as far as a file of this project can show it.

Numbers and questions are those of k3s' own self-assessment for v1.36 and v1.37
(https://docs.k3s.io/security/self-assessment-2.1). Left out is what k3s alone decides on a machine,
such as the modes of its files, and what has no place in it, such as pods of the control plane.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.host.boot.cis_given import (
    NAMESPACES,
    Given,
    denied,
    hardened,
    kubelet_untouched,
    levels,
    passwords_by_variable,
    untouched,
)

Result = Literal["met", "met by k3s", "in part", "not met"]


@dataclass(frozen=True, kw_only=True)
class Control:
    """One row; `holds` shows its result, also where that is "not met"."""

    numbers: str
    asks: str
    result: Result
    why: str
    holds: Callable[[Given], bool]


API, CONTROLLERS, SCHEDULER = "kube-apiserver", "kube-controller-manager", "kube-scheduler"

CONTROLS = (
    Control(
        numbers="1.1.13",
        asks="the administrator's credentials are for root alone",
        result="met",
        why='`write-kubeconfig-mode: "0600"`',
        holds=lambda given: given.config["write-kubeconfig-mode"] == "0600",
    ),
    Control(
        numbers="1.2.1, 1.2.2",
        asks="no anonymous requests to the API, no static tokens",
        result="met by k3s",
        why="nothing replaces its flags",
        holds=untouched(API, "anonymous-auth", "token-auth-file"),
    ),
    Control(
        numbers="1.2.3, 1.2.9, 1.2.11",
        asks="DenyServiceExternalIPs, EventRateLimit, AlwaysPullImages",
        result="not met",
        why="only administrators make Services and pods; images go by digest and have to start "
        "without their registry",
        holds=untouched(API, "enable-admission-plugins"),
    ),
    Control(
        numbers="1.2.6-1.2.8, 1.2.10, 1.2.12-1.2.14",
        asks="Node and RBAC authorize; ServiceAccount, NamespaceLifecycle, NodeRestriction admit",
        result="met by k3s",
        why="nothing replaces its flags",
        holds=untouched(
            API, "authorization-mode", "enable-admission-plugins", "disable-admission-plugins"
        ),
    ),
    Control(
        numbers="1.2.15, 1.3.2, 1.4.1",
        asks="no profiling",
        result="met by k3s",
        why="nothing replaces its flags",
        holds=lambda given: all(
            untouched(part, "profiling")(given) for part in (API, CONTROLLERS, SCHEDULER)
        ),
    ),
    Control(
        numbers="1.2.16-1.2.19, 3.2.1, 3.2.2",
        asks="an audit log of the API",
        result="not met",
        why="it would lie on the server, whose root is who uses the API, and nothing carries it to "
        "another account yet",
        holds=untouched(API, "audit-log-path", "audit-policy-file"),
    ),
    Control(
        numbers="1.2.27, 1.2.28",
        asks="secrets are encrypted in etcd",
        result="met",
        why="`secrets-encryption: true`",
        holds=lambda given: given.config["secrets-encryption"] is True,
    ),
    Control(
        numbers="1.2.29",
        asks="the API uses strong ciphers",
        result="met by k3s",
        why="nothing replaces its flags",
        holds=untouched(API, "tls-cipher-suites", "tls-min-version"),
    ),
    Control(
        numbers="1.2.30",
        asks="tokens of service accounts are not extended",
        result="not met",
        why="Kubernetes' default, a year; pods that need none get none",
        holds=untouched(API, "service-account-extend-token-expiration"),
    ),
    Control(
        numbers="1.3.1",
        asks="finished pods are removed early",
        result="not met",
        why="Kubernetes' default; schedules of pgtwin keep four Jobs",
        holds=untouched(CONTROLLERS, "terminated-pod-gc-threshold"),
    ),
    Control(
        numbers="1.3.3-1.3.7, 1.4.2",
        asks="controllers have rights of their own and listen on loopback",
        result="met by k3s",
        why="nothing replaces its flags",
        holds=lambda given: all(
            untouched(part, "use-service-account-credentials", "bind-address", "root-ca-file")(
                given
            )
            for part in (CONTROLLERS, SCHEDULER)
        ),
    ),
    Control(
        numbers="2.1-2.7",
        asks="etcd and its peers use TLS with an authority of their own",
        result="met by k3s",
        why="etcd is k3s' own, without flags of ours",
        holds=lambda given: not given.flags("etcd") and "datastore-endpoint" not in given.config,
    ),
    Control(
        numbers="hardening guide",
        asks="the kernel panics as the kubelet wants it to",
        result="met",
        why="`protect-kernel-defaults: true`, with the kernel's settings written before k3s starts",
        holds=lambda given: (
            given.config["protect-kernel-defaults"] is True
            and given.sysctls
            == {
                "vm.panic_on_oom": 0,
                "vm.overcommit_memory": 1,
                "kernel.panic": 10,
                "kernel.panic_on_oops": 1,
            }
        ),
    ),
    Control(
        numbers="4.2.1-4.2.11",
        asks="the kubelet lets nobody in without a certificate or a token, and renews its own",
        result="met by k3s",
        why="neither flags nor its configuration replace that",
        holds=kubelet_untouched(
            "authentication",
            "authorization",
            "readOnlyPort",
            "streamingConnectionIdleTimeout",
            "makeIPTablesUtilChains",
            "rotateCertificates",
            "tlsCertFile",
        ),
    ),
    Control(
        numbers="4.2.12-4.2.14",
        asks="ciphers of the kubelet, a limit of processes per pod, a seccomp profile by default",
        result="in part",
        why="`tlsMinVersion: VersionTLS13` and `seccompDefault: true`; max_connections bounds "
        "PostgreSQL's processes",
        holds=lambda given: (
            given.kubelet["tlsMinVersion"] == "VersionTLS13"
            and given.kubelet["seccompDefault"] is True
            and "podPidsLimit" not in given.kubelet
        ),
    ),
    Control(
        numbers="5.1.5, 5.1.6",
        asks="tokens of service accounts only where they are needed",
        result="met",
        why="Jobs of pgtwin get none; operators and instances need theirs",
        holds=lambda given: all(
            pod["automountServiceAccountToken"] is False for pod in given.pods()
        ),
    ),
    Control(
        numbers="5.2.1-5.2.13",
        asks="pods meet the restricted level",
        result="in part",
        why="`postgres` and `cert-manager` demand it; `cnpg-system` warns, for one sysctl of the "
        "operator; `kube-system` is k3s' own",
        holds=lambda given: (
            levels(given)
            == {"postgres": "restricted", "cert-manager": "restricted", "cnpg-system": "privileged"}
        ),
    ),
    Control(
        numbers="5.3.1",
        asks="network policies are enforced",
        result="met by k3s",
        why="`disable-network-policy` is not set",
        holds=lambda given: (
            "disable-network-policy" not in given.config and "flannel-backend" not in given.config
        ),
    ),
    Control(
        numbers="5.3.2",
        asks="every namespace has network policies",
        result="met",
        why="each denies by default, in both directions",
        holds=lambda given: denied(given) == NAMESPACES,
    ),
    Control(
        numbers="5.4.1",
        asks="secrets as files, not as variables",
        result="not met",
        why="the dump's password is a variable, as libpq takes it; its pod runs nothing else",
        holds=passwords_by_variable,
    ),
    Control(
        numbers="5.4.2",
        asks="secrets have a store outside",
        result="met",
        why="Secrets Manager; k3s reads its tokens from files of mode 0600 that are made from it",
        holds=lambda given: "token" not in given.config and "token-file" in given.config,
    ),
    Control(
        numbers="5.5.1",
        asks="where images come from is verified",
        result="in part",
        why="by digest, which a test holds; no signature is verified",
        holds=untouched(API, "admission-control-config-file"),
    ),
    Control(
        numbers="5.6.2, 5.6.3",
        asks="pods name a seccomp profile and a security context",
        result="met",
        why="every Job of pgtwin; the operator does so for instances",
        holds=lambda given: bool(given.pods()) and all(map(hardened, given.pods())),
    ),
    Control(
        numbers="5.6.4",
        asks="the namespace `default` is not used",
        result="met",
        why="it has nothing but a policy that cuts it off",
        holds=lambda given: (
            [
                each["kind"]
                for each in given.manifests
                if each["metadata"].get("namespace") == "default"
            ]
            == ["NetworkPolicy"]
        ),
    ),
)


def table() -> str:
    """The rows as Markdown."""
    lines = ["| control | asks that | result | by what, or why not |", "| --- | --- | --- | --- |"]
    lines += [f"| {each.numbers} | {each.asks} | {each.result} | {each.why} |" for each in CONTROLS]
    return "\n".join(lines)
