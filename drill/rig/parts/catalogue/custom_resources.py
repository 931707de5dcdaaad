"""The definitions of the custom resources that no other part brings, as their modules ship them.

Those of CloudNativePG and its plugin are in the manifests of the control plane. Which k3s-api the
pinned k3s is built with could not be looked up; it is the newest release, of 2026-09-04.
"""

from drill.rig.parts.go_module import pinned
from drill.rig.parts.module_files import ModuleFiles
from drill.rig.parts.part import Part


def _definitions(module: str, dependency: str, folder: str, *names: str) -> Part:
    """All of a folder, or the files that are named."""
    return Part(
        name=f"{module}-definitions",
        version=pinned(module, dependency),
        what=f"the custom resource definitions of {module}",
        recipe=ModuleFiles(
            module=module,
            dependency=dependency,
            copies={f"{folder}/{name}": f"definitions/{name}" for name in names}
            or {folder: "definitions"},
        ),
    )


CUSTOM_RESOURCES = (
    _definitions("helm-controller", "github.com/k3s-io/helm-controller", "pkg/crds/yaml/generated"),
    _definitions("k3s-api", "github.com/k3s-io/api", "pkg/crds/yaml/generated"),
    _definitions("cert-manager", "github.com/cert-manager/cert-manager", "deploy/crds"),
    _definitions(
        "prometheus-operator",
        "github.com/prometheus-operator/prometheus-operator",
        "example/prometheus-operator-crd",
        "monitoring.coreos.com_podmonitors.yaml",
        "monitoring.coreos.com_prometheusrules.yaml",
    ),
)
