"""What a REST path of the API names."""

from dataclasses import dataclass

from drill.kubernetes.status_error import StatusError


@dataclass(frozen=True, kw_only=True)
class RequestPath:
    """`/apis/<group>/<version>/namespaces/<namespace>/<plural>/<name>/<subresource>`."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @classmethod
    def parse(cls, path: str) -> "RequestPath":
        """The parts of `path`.

        Raises:
            StatusError: 404 for anything else.
        """
        match path.strip("/").split("/"):
            case ["api", version, *rest] if rest:
                return cls._within("", version, rest)
            case ["apis", group, version, *rest] if rest:
                return cls._within(group, version, rest)
        raise StatusError.no_such_path()

    @classmethod
    def _within(cls, group: str, version: str, rest: list[str]) -> "RequestPath":
        namespace = ""
        in_namespace = len(rest) > 2 and rest[0] == "namespaces" and rest[2] != "status"  # noqa: PLR2004
        if in_namespace:
            namespace, rest = rest[1], rest[2:]
        plural, name, subresource, *too_many = [*rest, "", ""]
        if any(too_many):
            raise StatusError.no_such_path()
        return cls(
            group=group,
            version=version,
            plural=plural,
            namespace=namespace,
            name=name,
            subresource=subresource,
        )
