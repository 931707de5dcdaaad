"""How long the operator and the kubelet take over what they do; the drill's report prints it.

Most are counted in looks at a cluster, so that a machine that is slow shows the same sequence as
one that is not.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Delays:
    """Beside each what was recorded (`tests/contract/recordings/`)."""

    look_seconds: float = 0.2
    """Between two steps of a change; 0.1 to 1."""
    idle_seconds: float = 0.5
    """Between two looks at a cluster of which nothing is due."""
    probe_looks: int = 5
    """Without an answer until an instance is not ready; 17 to 29 s."""
    pod_looks: int = 2
    """Until a deleted pod is there again; 6 to 15 s."""
    standby_looks: int = 9
    """Until the standbys of a demoted cluster are started; 45 s until they answer."""
    attach_looks: int = 4
    """Until a standby follows a promoted primary; 18 to 22 s."""
    smart_seconds: float = 0.5
    """How long a restart in place waits for clients to go; up to 10 s."""

    def __str__(self) -> str:
        return (
            f"a probe fails after {self._of(self.probe_looks)} (really 17 to 29 s), a pod is made "
            f"again in {self._of(self.pod_looks)} (6 to 15 s), the standbys of a demoted site are "
            f"back after {self._of(self.standby_looks)} (45 s), those of a promoted one follow "
            f"after {self._of(self.attach_looks)} (18 to 22 s)"
        )

    def _of(self, looks: int) -> str:
        return f"{looks * self.look_seconds:.1f} to {looks * self.idle_seconds:.1f} s"


DELAYS = Delays()
