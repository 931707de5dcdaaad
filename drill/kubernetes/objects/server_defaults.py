"""What an API server fills in by itself, as far as something here reads it."""

import base64

from drill.kubernetes.objects.write_request import WriteRequest


def fill_in(request: WriteRequest) -> None:
    """Defaults and conversions of Kubernetes' own kinds. Others are stored as they came."""
    new = request.new
    if request.resource.kind in ("ConfigMap", "Secret") and not new.get("data"):
        new.pop("data", None)
    match request.resource.kind:
        case "Secret":
            for key, value in (new.pop("stringData", None) or {}).items():
                new.setdefault("data", {})[key] = base64.b64encode(value.encode()).decode()
            new.setdefault("type", "Opaque")
        case "Namespace":
            new.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
            new.setdefault("status", {"phase": "Active"})
        case "Service":
            new.setdefault("spec", {}).setdefault("type", "ClusterIP")
        case "CustomResourceDefinition":
            new.setdefault("status", {}).setdefault(
                "conditions", [{"type": "Established", "status": "True"}]
            )
