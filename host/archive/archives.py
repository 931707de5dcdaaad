"""The archives that a site knows: its own and its peer's."""

from host.archive.archive import Archive
from host.site import Site


def own_archive(site: Site, server_name: str) -> Archive:
    """What this site's cluster writes under `server_name`."""
    document = site.document
    return Archive(
        s3=site.machine.aws.client("s3", document.region),
        bucket=document.bucket,
        prefix=document.physical_prefix,
        server_name=server_name,
    )


def peer_archive(site: Site, server_name: str, *, brief: bool = False) -> Archive:
    """What the other site's cluster writes under `server_name`; read only from here.

    With `brief` a bucket that does not answer is given up within seconds.
    """
    peer = site.document.peer
    return Archive(
        s3=site.machine.aws.client("s3", peer.region, brief=brief),
        bucket=peer.bucket,
        prefix=peer.physical_prefix,
        server_name=server_name,
    )
