import json
import ssl
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509

from drill.rig import pki

SERVER = IPv4Address("10.0.0.11")


def make(folder: Path) -> Path:
    pki.make(
        folder,
        api_host="k3s.pgtwin.internal",
        server=SERVER,
        machines={"server-1": SERVER, "agent-1": IPv4Address("10.0.0.21")},
    )
    return folder


def test_the_api_servers_certificate_names_all_ways_to_reach_it(tmp_path: Path) -> None:
    folder = make(tmp_path / "pki")

    certificate = x509.load_pem_x509_certificate((folder / "apiserver.crt").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "k3s.pgtwin.internal" in names.get_values_for_type(x509.DNSName)
    assert SERVER in names.get_values_for_type(x509.IPAddress)
    assert IPv4Address("10.43.0.1") in names.get_values_for_type(x509.IPAddress)


def test_a_kubelet_is_the_node_that_it_is_named_after(tmp_path: Path) -> None:
    folder = make(tmp_path / "pki")

    certificate = x509.load_pem_x509_certificate((folder / "kubelet-agent-1.crt").read_bytes())
    assert certificate.subject.rfc4514_string() == "CN=system:node:agent-1,O=system:nodes"


def test_a_kubelet_that_moved_serves_at_its_new_address_under_the_same_authority(
    tmp_path: Path,
) -> None:
    folder, moved = make(tmp_path / "pki"), IPv4Address("10.0.0.77")
    authority = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())

    pki.serve_at(folder, node="agent-1", address=moved)

    serving = (folder / "kubelet-serving-agent-1.crt").read_bytes()
    certificate = x509.load_pem_x509_certificate(serving)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert moved in names.get_values_for_type(x509.IPAddress)
    certificate.verify_directly_issued_by(authority)
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    context.load_cert_chain(
        folder / "kubelet-serving-agent-1.crt", folder / "kubelet-serving-agent-1.key"
    )


def test_every_kubeconfig_holds_a_pair_that_fits_together(tmp_path: Path) -> None:
    folder = make(tmp_path / "pki")

    for file in folder.glob("*.kubeconfig"):
        document = json.loads(file.read_text())
        assert document["clusters"][0]["cluster"]["server"] == "https://10.0.0.11:6443"
        context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        context.load_cert_chain(folder / f"{file.stem}.crt", folder / f"{file.stem}.key")


def test_keys_are_read_by_their_owner_only_and_made_once(tmp_path: Path) -> None:
    folder = make(tmp_path / "pki")
    before = (folder / "ca.crt").read_bytes()

    make(folder)

    assert (folder / "ca.crt").read_bytes() == before
    for file in [*folder.glob("*.key"), *folder.glob("*.kubeconfig")]:
        assert file.stat().st_mode & 0o077 == 0, file
