"""Tokens, passwords and keys."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from drill.thief.attempt import Attempt
from drill.thief.holders import NOBODY, Holders
from drill.thief.principal import OPERATOR
from drill.thief.spoils import Spoils
from topology.names import DUMP_USER
from topology.site import SiteName


def on_secrets(site: SiteName, holders: Holders) -> Iterator[Attempt]:
    """What a site's secrets and its key give away."""
    names, owner = holders.topology.names, holders.topology.database.owner
    passwords = holders.server(site) | {OPERATOR}
    readable = {
        "server token": (names.server_token(site), holders.server(site)),
        "agent token": (names.agent_token(site), holders.machines(site)),
        "password of the owner": (names.database_secret(owner), passwords),
        "password of the dump's user": (names.database_secret(DUMP_USER), passwords),
        "key of the authority": (names.authority_secret(), holders.server(site)),
    }
    for what, (secret, may) in readable.items():
        yield Attempt(
            what=f"read the {what} on {{site}}",
            service="secretsmanager",
            site=site,
            act=partial(_read, secret),
            may=may,
        )
    yield from _on_the_authority(site, holders)
    yield Attempt(
        what="read what {site}'s key encrypted, without S3",
        service="kms",
        site=site,
        act=_decrypt(site),
        may=NOBODY,
    )
    yield Attempt(
        what="schedule the end of {site}'s key",
        service="kms",
        site=site,
        act=lambda kms, spoils: kms.schedule_key_deletion(KeyId=_key(spoils, site)),
    )


def _on_the_authority(site: SiteName, holders: Holders) -> Iterator[Attempt]:
    names = holders.topology.names
    yield Attempt(
        what="name the next authority in {site}",
        service="secretsmanager",
        site=site,
        act=lambda secrets, _: secrets.put_secret_value(
            SecretId=names.authority_secret(), SecretString="{}"
        ),
        # Secrets Manager writes a secret in its own region alone; DR's is a copy.
        may=frozenset({OPERATOR}) if site == "primary" else NOBODY,
    )
    yield Attempt(
        what="tell {site}'s clients to trust another authority",
        service="ssm",
        site=site,
        act=lambda ssm, _: ssm.put_parameter(
            Name=names.authority_parameter(), Value="x", Type="String", Overwrite=True
        ),
        may=holders.server(site),
    )


def _read(secret: str, secrets: Any, _: Spoils) -> None:
    secrets.get_secret_value(SecretId=secret)


def _decrypt(site: SiteName) -> Any:
    def act(kms: Any, spoils: Spoils) -> None:
        text = spoils.client("kms", site).encrypt(KeyId=_key(spoils, site), Plaintext=b"secret")
        kms.decrypt(CiphertextBlob=text["CiphertextBlob"])

    return act


def _key(spoils: Spoils, site: SiteName) -> str:
    alias = spoils.topology.names.key_alias(site)
    for each in spoils.client("kms", site).list_aliases()["Aliases"]:
        if each["AliasName"] == alias:
            return str(each["TargetKeyId"])
    raise LookupError(alias)
