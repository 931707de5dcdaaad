"""What a Kubernetes API with the operator and the plugin needs, without pods."""

from drill.rig.parts.go_module import GoTools, pinned
from drill.rig.parts.module_files import ModuleFiles
from drill.rig.parts.part import Part

_KUBERNETES = pinned("kubernetes", "k8s.io/kubernetes")
_KUBERNETES_NUMBERS = _KUBERNETES.removeprefix("v").split(".")
_OPERATOR = "github.com/cloudnative-pg/cloudnative-pg"
_PLUGIN = "github.com/cloudnative-pg/plugin-barman-cloud"
OPERATOR_VERSION = pinned("cloudnative-pg", _OPERATOR)
PLUGIN_VERSION = pinned("plugin-barman-cloud", _PLUGIN)

CONTROL_PLANE = (
    Part(
        name="kubernetes",
        version=_KUBERNETES,
        what="API server, controllers, scheduler, kubelet, kube-proxy, kubectl",
        recipe=GoTools(
            module="kubernetes",
            variables={
                "k8s.io/component-base/version.gitVersion": _KUBERNETES,
                "k8s.io/component-base/version.gitMajor": _KUBERNETES_NUMBERS[0],
                "k8s.io/component-base/version.gitMinor": _KUBERNETES_NUMBERS[1],
            },
            c_code=True,
        ),
    ),
    Part(
        name="etcd",
        version=pinned("etcd", "go.etcd.io/etcd/server/v3"),
        what="the store of the API server",
        recipe=GoTools(module="etcd", renamed={"server": "etcd"}),
    ),
    Part(
        name="operator",
        version=OPERATOR_VERSION,
        what="the manager of CloudNativePG",
        recipe=GoTools(module="cloudnative-pg"),
    ),
    Part(
        name="operator-manifests",
        version=OPERATOR_VERSION,
        what="its released manifest: CRDs, roles, webhooks, deployment",
        recipe=ModuleFiles(
            module="cloudnative-pg",
            dependency=_OPERATOR,
            copies={f"releases/cnpg-{OPERATOR_VERSION.removeprefix('v')}.yaml": "operator.yaml"},
        ),
    ),
    Part(
        name="plugin",
        version=PLUGIN_VERSION,
        what="the manager of the backup plugin, which is its sidecar as well",
        recipe=GoTools(module="plugin-barman-cloud"),
    ),
    Part(
        name="plugin-manifests",
        version=PLUGIN_VERSION,
        what="its manifest: CRD, roles, service, deployment, certificates",
        recipe=ModuleFiles(
            module="plugin-barman-cloud",
            dependency=_PLUGIN,
            copies={"manifest.yaml": "plugin.yaml"},
        ),
    ),
)
