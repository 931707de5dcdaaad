"""The planner's statistics that `pg_upgrade` did not carry over.

`pg_upgrade` to 18 carries over all but extended statistics (PostgreSQL 18, release notes). Each
database is analyzed by itself, so that one whose code fails does not keep the others from theirs.
"""

from host.deadlines import COPY_SECONDS
from host.errors import Failed
from host.kubernetes.kubectl import Kubectl
from host.machine.machine import Result
from host.major.blockers import DATABASES
from host.postgres.psql import Psql

_WORDS = ("vacuumdb", "--analyze-in-stages", "--missing-stats-only", "--no-password")
_SHOWN = 500


def analyze(kubectl: Kubectl, *, namespace: str, pod: str) -> None:
    """Make what is missing in every database, in stages, the roughest first; safe to repeat.

    Raises:
        PsqlFailed: where the databases cannot be listed.
        Failed: where one could not be analyzed to its end, with the reason of each.
    """

    def psql(database: str) -> Psql:
        return Psql(kubectl, namespace=namespace, pod=pod, database=database)

    def vacuumdb(where: str) -> Result:
        return kubectl.run(
            *("exec", "-n", namespace, pod, "-c", "postgres", "--", *_WORDS, f"--dbname={where}"),
            timeout_seconds=COPY_SECONDS,
        )

    failed: list[str] = []
    for name in psql("postgres").query(f"{DATABASES};", read_only=True):
        result = psql(name).asked(vacuumdb, read_only=False)
        if result.exit_code != 0:
            failed.append(f"{name}: {result.stderr.strip()[-_SHOWN:]}")
    if failed:
        raise Failed(f"vacuumdb in {pod}: {'; '.join(failed)} - repeat")
