"""JSON merge patch, RFC 7396."""

from typing import Any

from drill.kubernetes.objects.copied import copied


def merge_patch(target: Any, patch: Any) -> Any:
    """`target` with `patch` merged in; a null removes its key."""
    if not isinstance(patch, dict):
        return copied(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged
