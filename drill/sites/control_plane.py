"""A site's k3s, seen from its machines: one API, the tokens that open it, its controllers.

The API stands for all servers of the site and for etcd: it forgets nothing while the machines
restart, and answers only while a server runs.
"""

import math
from pathlib import Path

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.k3s.deploy_controller import DeployController
from drill.kubernetes.k3s.helm_controller import HelmController


class ControlPlane:
    """Comes to life with the first server that starts with `cluster-init`."""

    def __init__(self) -> None:
        self.api = ClusterApi()
        self.api.faults.api_away(math.inf)
        self._tokens: dict[str, str] = {}
        self._charts = HelmController(api=self.api)
        self._deploying: DeployController | None = None
        self._charts_started = False

    @property
    def is_up(self) -> bool:
        """Whether a machine can join."""
        return bool(self._tokens) and not self.api.faults.is_api_away

    def serve(
        self, *, server_token: str, agent_token: str, manifests: Path, issuer: str | None = None
    ) -> None:
        """A server starts: the first one makes the cluster, later ones must know its token.

        It signs tokens of service accounts as `issuer`; as k3s does where that is None.

        Raises:
            ValueError: with what k3s would say of a wrong token.
        """
        tokens = {"server": server_token, "agent": agent_token}
        if self._tokens and self._tokens != tokens:
            raise ValueError("bootstrap data already found and encrypted with different token")
        self._tokens = tokens
        if issuer:
            self.api.sign_as(issuer)
        if self._deploying:
            self._deploying.stop()
        manifests.mkdir(parents=True, exist_ok=True)
        self._deploying = DeployController(api=self.api, folder=manifests)
        self._deploying.start()
        if not self._charts_started:
            self._charts_started = True
            self._charts.start()
        self.api.faults.clear()

    def join(self, *, role: str, token: str) -> None:
        """A machine joins.

        Raises:
            ValueError: with what k3s would say of a wrong token.
        """
        if token not in (self._tokens[role], self._tokens["server"]):
            raise ValueError("token is not valid: https://127.0.0.1:6444/cacerts: 401 Unauthorized")

    def lose_a_server(self) -> None:
        """The API is away until one starts: the drill's sites have one."""
        self.api.faults.api_away(math.inf)

    def close(self) -> None:
        """Stop for good."""
        if self._deploying:
            self._deploying.stop()
        if self._charts_started:
            self._charts.stop()
        self.api.close()
