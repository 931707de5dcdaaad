"""A kubectl for the drill: `python -m drill.kubernetes.kubectl --server=URL VERB ...`.

The verbs and options that docs/interfaces.md lists, with kubectl's messages and exit codes. It
speaks Kubernetes' REST API, so it also works against a real API server behind `kubectl proxy`,
except for `exec`. The server is `--server`, or `$PGTWIN_KUBE_API`. Imports stay few: it is started
many times.
"""

import sys

from drill.kubernetes.kubectl_arguments import parse
from drill.kubernetes.kubectl_client import ApiRefused, ApiUnreachable, KubectlClient
from drill.kubernetes.kubectl_verbs import VERBS


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    options = parse(arguments)
    client = KubectlClient(options.server)
    try:
        return VERBS[options.verb](client, options)
    except ApiRefused as refused:
        print(refused, file=sys.stderr)  # noqa: T201
    except ApiUnreachable:
        host = client.host
        print(  # noqa: T201
            f"The connection to the server {host} was refused - did you specify the right host "
            "or port?",
            file=sys.stderr,
        )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
