"""kubectl without a process, for tests that call it thousands of times.

It is a double: `tests/contract` runs every behaviour on it too, and compares what it prints, and
how it ends, with the real kubectl.
"""

from argparse import Namespace
from collections.abc import Sequence

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.pod_exec import ExecRequest
from drill.kubernetes.status_error import StatusError
from host.machine.machine import Result
from tests.kubectl.client import ApiAwayError, Client, NotServedError
from tests.kubectl.command_line import parse
from tests.kubectl.refusal import printed
from tests.kubectl.verbs import VERBS


class KubectlShell:
    """Runs `kubectl ...` and nothing else on the drill's API; remembers what was run."""

    def __init__(self, api: ClusterApi) -> None:
        self._api = api
        self.calls: list[tuple[str, ...]] = []

    def run(
        self, argv: Sequence[str], *, stdin: str | None = None, timeout_seconds: float = 120
    ) -> Result:
        """One call."""
        self.calls.append(tuple(argv))
        assert argv[0] == "kubectl", argv
        options = parse(list(argv[1:]))
        try:
            if options.verb == "exec":
                return self._exec(options, stdin or "")
            client = Client(self._api, options.verb)
            stdout = VERBS[options.verb](client, options, stdin or "")
            return Result(exit_code=0, stdout=stdout, stderr="")
        except StatusError as refused:
            return _failed(printed(refused, options.verb))
        except NotServedError as unknown:
            return _failed(str(unknown))
        except ApiAwayError:
            host = self._api.url.removeprefix("http://")
            return _failed(
                f"The connection to the server {host} was refused - did you specify the right host "
                "or port?"
            )

    def _exec(self, options: Namespace, stdin: str) -> Result:
        namespace, pod = options.namespace or "default", options.names[0]
        Client(self._api, "exec").request("GET", f"/api/v1/namespaces/{namespace}/pods/{pod}")
        ran = self._api.run_in_pod(
            ExecRequest(
                namespace=namespace,
                pod=pod,
                container=options.container,
                argv=tuple(options.command),
                stdin=stdin.encode(),
            )
        )
        told = f"command terminated with exit code {ran.exit_code}\n" if ran.exit_code else ""
        return Result(exit_code=ran.exit_code, stdout=ran.stdout, stderr=ran.stderr + told)


def _failed(stderr: str) -> Result:
    return Result(exit_code=1, stdout="", stderr=f"{stderr}\n")
