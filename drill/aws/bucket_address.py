"""Where a request to S3 names its bucket: in its path, or in its host's name."""

import re

_BUCKET_HOST = re.compile(r"(?P<bucket>.+)\.(localhost|s3\.[a-z0-9-]+\.amazonaws\.com)")


def bucket_and_key(host: str, path: str) -> tuple[str, str]:
    """The bucket and the key, of a `Host` header and a path without percent encoding."""
    named = _BUCKET_HOST.fullmatch(host.split(":", maxsplit=1)[0])
    if named:
        return named["bucket"], path.lstrip("/")
    bucket, _, key = path.lstrip("/").partition("/")
    return bucket, key
