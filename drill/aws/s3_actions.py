"""The permission behind an operation of S3, which often has another name than the operation."""

from collections.abc import Mapping
from typing import Any


def object_action(method: str, query: Mapping[str, Any]) -> str:
    """The permission behind an operation on an object (Amazon S3 user guide, "Actions")."""
    if "uploadId" in query and method in {"DELETE", "GET"}:
        return "s3:AbortMultipartUpload" if method == "DELETE" else "s3:ListMultipartUploadParts"
    version = "Version" if "versionId" in query else ""
    verb = {"GET": "Get", "HEAD": "Get", "DELETE": "Delete"}.get(method, "Put")
    for part in ("tagging", "acl", "retention", "legal-hold"):
        if part in query:
            return f"s3:{verb}Object{version}{part.title().replace('-', '')}"
    return f"s3:{verb}Object{version if verb != 'Put' else ''}"


def bucket_action(method: str, operation: str, query: Mapping[str, Any]) -> str:
    """The permission behind an operation on a bucket; where it has no other name, its own."""
    if method == "HEAD" or (method == "GET" and "list-type" in query):
        return "s3:ListBucket"
    if method == "GET":
        special = {
            "versions": "s3:ListBucketVersions",
            "uploads": "s3:ListBucketMultipartUploads",
            "location": "s3:GetBucketLocation",
        }
        found = [action for name, action in special.items() if name in query]
        if found:
            return found[0]
        if not set(query) - {"prefix", "delimiter", "marker", "max-keys", "encoding-type"}:
            return "s3:ListBucket"
    return f"s3:{_OTHERWISE.get(operation, operation)}"


_OTHERWISE = {
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
}
