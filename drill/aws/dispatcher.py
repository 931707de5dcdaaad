"""Which of moto's services a request is for."""

from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app


class Dispatcher(DomainDispatcherApplication):  # type: ignore[misc] # moto is skipped by mypy
    """moto's own, but it remembers what a host name belongs to.

    moto 5 looks through its own folders and some hundred patterns for every request, one request
    at a time: a sixth of what the embedded AWS cost a drill.
    """

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._known: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """Look once per name."""
        if host not in self._known:
            self._known[host] = super().get_backend_for_host(host)
        return self._known[host]
