"""Which kinds are served now: those of the server, and those of the CRDs that it holds."""

from dataclasses import dataclass, field
from operator import is_

from drill.kubernetes.objects.known_resources import SERVED_BY_K3S
from drill.kubernetes.objects.registry import ObjectRegistry
from drill.kubernetes.resource import Object, Resource
from drill.kubernetes.status_error import StatusError

CRD = next(each for each in SERVED_BY_K3S if each.kind == "CustomResourceDefinition")


@dataclass(frozen=True, kw_only=True)
class _Served:
    """What a set of CRDs makes of the table."""

    crds: list[Object]
    resources: list[Resource]
    words: dict[str, Resource] = field(default_factory=dict)
    """What kubectl was found to mean by a word."""


class ResourceTable:
    """Looks kinds up. A CRD counts once it is Established."""

    def __init__(self, registry: ObjectRegistry) -> None:
        self._registry = registry
        self._served = _Served(crds=[], resources=list(SERVED_BY_K3S))

    def all(self) -> list[Resource]:
        """Every served resource."""
        return self._now().resources

    def _now(self) -> _Served:
        """Made again only when a CRD was written: every call of the API asks for it."""
        crds, served = self._registry.scan(CRD), self._served
        if len(crds) == len(served.crds) and all(map(is_, crds, served.crds)):
            return served
        custom = [each for crd in crds if _is_established(crd) for each in resources_of(crd)]
        served = self._served = _Served(crds=crds, resources=[*SERVED_BY_K3S, *custom])
        return served

    def by_path(self, group: str, version: str, plural: str) -> Resource:
        """The resource behind a path.

        Raises:
            StatusError: 404 where it is not served.
        """
        wanted = (group, version, plural)
        for each in self.all():
            if (each.group, each.version, each.plural) == wanted:
                return each
        raise StatusError.no_such_path()

    def by_kind(self, api_version: str, kind: str) -> Resource:
        """The resource of a kind.

        Raises:
            StatusError: 404 where it is not served.
        """
        for each in self.all():
            if (each.api_version, each.kind) == (api_version, kind):
                return each
        raise StatusError.no_such_path()

    def by_word(self, word: str) -> Resource:
        """The resource that `word` means to kubectl.

        Raises:
            StatusError: 404 where there is none.
        """
        served = self._now()
        if word in served.words:
            return served.words[word]
        for each in served.resources:
            if each.answers_to(word):
                served.words[word] = each
                return each
        raise StatusError.no_such_path()


def crd_of(resource: Resource) -> Object:
    """An established CRD that serves `resource`; its schema is in the strict schemas."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": resource.qualified,
            "annotations": {"helm.sh/resource-policy": "keep"},
        },
        "spec": {
            "group": resource.group,
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "names": {
                "kind": resource.kind,
                "listKind": f"{resource.kind}List",
                "plural": resource.plural,
                "singular": resource.kind.lower(),
            },
            "versions": [
                {
                    "name": resource.version,
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "x-kubernetes-preserve-unknown-fields": True,
                        }
                    },
                    **({"subresources": {"status": {}}} if resource.status else {}),
                }
            ],
        },
    }


def resources_of(crd: Object) -> list[Resource]:
    """What a CRD serves."""
    spec = crd["spec"]
    return [
        Resource(
            group=spec["group"],
            version=version["name"],
            kind=spec["names"]["kind"],
            plural=spec["names"]["plural"],
            namespaced=spec["scope"] == "Namespaced",
            status="status" in version.get("subresources", {}),
            short_names=tuple(spec["names"].get("shortNames", ())),
        )
        for version in spec["versions"]
        if version.get("served")
    ]


def _is_established(crd: Object) -> bool:
    conditions = crd.get("status", {}).get("conditions", [])
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)
