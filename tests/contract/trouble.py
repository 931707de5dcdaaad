"""Ways in which a side's API server cannot be reached, made on purpose."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from drill.kubernetes.api.faults import Faults
from tests.contract.side import Object, Side

_LONG_SECONDS = 60
"""Longer than kubectl is given; ended when it has given up."""
_GROUP = "absent.example.com"


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What makes one side's kubectl meet it."""

    nobody_listens: Sequence[str]
    """Options of kubectl; likewise below."""
    untrusted: Sequence[str]
    unknown: Callable[[], AbstractContextManager[Sequence[str]]]
    """While it is entered its options make a stranger of kubectl."""
    silence: Callable[[], AbstractContextManager[None]]
    """While it is entered connections are accepted and nothing is answered."""
    unavailable: Callable[[Side], AbstractContextManager[str]]
    """While it is entered the path that it gives is answered with 503."""


def of_double(faults: Faults, *, tls_url: str) -> Trouble:
    """Of the drill's API, before which `tls_url` stands with a certificate of its own."""

    @contextmanager
    def silence() -> Iterator[None]:
        faults.api_silent(_LONG_SECONDS)
        try:
            yield
        finally:
            faults.clear()

    @contextmanager
    def unknown() -> Iterator[Sequence[str]]:
        faults.api_unauthorized(_LONG_SECONDS)
        try:
            yield ()
        finally:
            faults.clear()

    @contextmanager
    def unavailable(_: Side) -> Iterator[str]:
        faults.api_unavailable(_LONG_SECONDS)
        try:
            yield "/api/v1/nodes"
        finally:
            faults.clear()

    return Trouble(
        nobody_listens=("--server=http://127.0.0.1:1",),
        untrusted=(f"--server={tls_url}", "--token=none"),
        unknown=unknown,
        silence=silence,
        unavailable=unavailable,
    )


def of_real(send: Callable[[signal.Signals], Any], *, url: str) -> Trouble:
    """Of the real API server; `send` signals its process.

    503 is what it says where a part of it is served by another that is not there.
    """

    @contextmanager
    def silence() -> Iterator[None]:
        send(signal.SIGSTOP)
        try:
            yield
        finally:
            send(signal.SIGCONT)

    @contextmanager
    def unavailable(side: Side) -> Iterator[str]:
        created = side.create(_service_of_nobody(side))
        assert created.exit_code == 0, created.stderr
        try:
            yield f"/apis/{_GROUP}/v1/x"
        finally:
            side.kubectl("delete", "apiservice", f"v1.{_GROUP}")

    return Trouble(
        nobody_listens=("--server=https://127.0.0.1:1",),
        untrusted=("--kubeconfig=/dev/null", f"--server={url}", "--token=none"),
        unknown=lambda: nullcontext(("--token=wrong",)),
        silence=silence,
        unavailable=unavailable,
    )


def _service_of_nobody(side: Side) -> Object:
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"v1.{_GROUP}"},
        "spec": {
            "group": _GROUP,
            "version": "v1",
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "insecureSkipTLSVerify": True,
            "service": {"name": "nobody", "namespace": side.namespace},
        },
    }
