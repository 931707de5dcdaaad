"""k3s' join tokens, from Secrets Manager into files that only root reads."""

from host.bundle.site_document import Role, SiteDocument
from host.errors import Refused
from host.machine.machine import Machine
from host.setup.k3s_config import AGENT_TOKEN, SERVER_TOKEN

_LEAST_CHARACTERS = 16


def write_k3s_tokens(machine: Machine, document: SiteDocument, role: Role) -> None:
    """Write what the role may know: an agent never sees the server token.

    Raises:
        Refused: for a token that k3s would read as something else than a password.
    """
    secrets = {AGENT_TOKEN: document.secrets.agent_token}
    if role == "server":
        secrets[SERVER_TOKEN] = document.secrets.server_token
    for path, name in secrets.items():
        reply = machine.aws.client("secretsmanager").get_secret_value(SecretId=name)
        token = str(reply["SecretString"])
        # k3s reads K10..., a colon, or kubeadm's six.sixteen as other kinds of token.
        if not token.isalnum() or token.startswith("K10") or len(token) < _LEAST_CHARACTERS:
            raise Refused(
                f"the secret {name} is not a plain password of {_LEAST_CHARACTERS} or more letters "
                f"and digits - restore the version that the cluster was made with"
            )
        machine.files.write(path, token.encode(), mode=0o600)
