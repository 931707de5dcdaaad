"""What `pgtwin doctor` says of the sites as issuers of tokens."""

import json
from collections.abc import Iterator
from typing import Any

from pgtwin.commands.desk import Desk
from pgtwin.commands.finding import Finding, right
from pgtwin.errors import SiteError
from topology.site import SITES, SiteName

DISCOVERY, KEYS = ".well-known/openid-configuration", "openid/v1/jwks"
_BLOCKS = ("BlockPublicPolicy", "RestrictPublicBuckets")
"""What keeps a bucket's own policy from making it public; the rest is about ACLs (S3 user guide,
"Blocking public access to your Amazon S3 storage")."""


def issuers(desk: Desk) -> Iterator[Finding]:
    """One finding for each site that is one."""
    for site in SITES:
        here = desk.topology.site(site)
        if here.issuer is None or here.issuer_bucket is None:
            continue
        try:
            blocked = _blocked(desk, site)
            documents = _documents(desk, site, here.issuer_bucket)
        except SiteError as error:
            yield Finding(what=_what(site), verdict="unknown", found=str(error), remedy="try again")
            continue
        yield judged(site, f"https://{here.issuer}", blocked=blocked, documents=documents)


def judged(
    site: SiteName,
    issuer: str,
    *,
    blocked: tuple[str, ...],
    documents: tuple[str | None, str | None] | None,
) -> Finding:
    """What the account and the two documents say, None where there is no bucket yet: pure."""
    what = _what(site)
    if blocked:
        return Finding(
            what=what,
            verdict="missing",
            found=f"the account has no public bucket: {' and '.join(blocked)}; AWS could not read "
            "by which keys the site signs",
            remedy=f"take `{site}.issuer_bucket` out, or lift that from the account",
        )
    if documents is None:
        return Finding(
            what=what, verdict="unknown", found="there is no bucket yet", remedy="run: make deploy"
        )
    if _names(documents[0], "issuer") == issuer and _names(documents[1], "keys"):
        return right(what, f"{issuer} has its documents")
    return Finding(
        what=what,
        verdict="missing",
        found=f"{issuer} lacks its documents, or they are of another; no pod gets its role",
        remedy="run: pgtwin status",
    )


def _names(document: str | None, key: str) -> Any:
    try:
        found = json.loads(document or "")
    except ValueError:
        return None
    return found.get(key) if isinstance(found, dict) else None


def _blocked(desk: Desk, site: SiteName) -> tuple[str, ...]:
    """By what the account blocks public buckets."""

    def look(control: Any) -> tuple[str, ...]:
        try:
            found = control.get_public_access_block(AccountId=desk.account)
        except control.exceptions.NoSuchPublicAccessBlockConfiguration:
            return ()
        block = found["PublicAccessBlockConfiguration"]
        return tuple(each for each in _BLOCKS if block.get(each))

    return desk.clients[site].ask("s3control", "look whether public buckets are blocked", look)


def _documents(desk: Desk, site: SiteName, bucket: str) -> tuple[str | None, str | None] | None:
    def look(s3: Any) -> tuple[str | None, str | None] | None:
        try:
            return _text(s3, bucket, DISCOVERY), _text(s3, bucket, KEYS)
        except s3.exceptions.NoSuchBucket:
            return None

    return desk.clients[site].ask("s3", f"read the documents in {bucket}", look)


def _text(s3: Any, bucket: str, key: str) -> str | None:
    try:
        content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return content.decode(errors="replace")


def _what(site: SiteName) -> str:
    return f"issuer of {site}"
