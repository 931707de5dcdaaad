"""Who may ask: the administrator, who names nobody, and nobody else.

A request in the name of another user is refused, since none has a role: in the words of a real
server.
"""

from drill.kubernetes.api.path import RequestPath
from drill.kubernetes.api.request import ApiRequest
from drill.kubernetes.resource import Resource
from drill.kubernetes.status_error import StatusError

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def authorize(request: ApiRequest, resource: Resource, path: RequestPath) -> None:
    """Let the administrator do it.

    Raises:
        StatusError: 403.
    """
    if not request.impersonated:
        return
    verb = _VERBS.get(request.method) or ("get" if path.name else "list")
    where = (path.namespace, path.name)
    raise StatusError.forbidden(request.impersonated, verb, resource, where)
