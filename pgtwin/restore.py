"""A new cluster beside the old ones, as an archive was at one second.

What always holds: the new cluster has a name of its own and no archive; no cluster that exists is
touched, and nothing is deleted.
"""

from pgtwin.plan import Plan, Step
from pgtwin.run import Run
from topology.site import SiteName


def restore(run: Run, *, at: str, into: str, on: SiteName, source: SiteName) -> Plan:
    """Restore `source`'s archive as of `at` into the cluster `into` on the site `on`."""
    return Plan(
        what=f"restore to {at}",
        steps=(
            Step(
                name="restore",
                changes=f"a new cluster {into} on {on}, from {source}'s archive as of {at}",
                undo=f"kubectl --namespace postgres delete cluster {into}",
                act=lambda: run.sites[on].restore(at=at, into=into, source=source),
            ),
        ),
        repeat=f"pgtwin restore --at {at} --site {source} --into {into}",
    )
