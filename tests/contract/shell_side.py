"""The tests' kubectl without a process, as a side's."""

from collections.abc import Sequence

from drill.kubernetes.cluster_api import ClusterApi
from tests.contract.side import Run, Said
from tests.kubectl.shell import KubectlShell


def shell_on(api: ClusterApi) -> Run:
    """It, on one API of the drill."""
    kubectl = KubectlShell(api)

    def run(arguments: Sequence[str], stdin: str) -> Said:
        result = kubectl.run(["kubectl", *arguments], stdin=stdin)
        return Said(exit_code=result.exit_code, stdout=result.stdout, stderr=result.stderr)

    return run
