"""Who made an object, and with whom it goes."""

from drill.kubernetes.resource import Object


def owned_by(owner: Object) -> Object:
    """The part of an object's metadata that names its controller."""
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }
    return {"ownerReferences": [reference]}
