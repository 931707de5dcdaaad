"""Which tokens STS takes, and whom a role's trust policy lets in; without a server."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from drill.aws.web_identity import Identity, IdentityRefused, identify
from drill.aws.web_identity_roles import trusts
from drill.kubernetes.service_account_tokens import DISCOVERY_PATH, KEYS_PATH, TokenIssuer

URL = "https://issuer-ew1.s3.eu-west-1.amazonaws.com"
NAME = URL.removeprefix("https://")
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{NAME}"
NOW = 1_800_000_000.0
AUDIENCE = "sts.amazonaws.com"
SUBJECT = "system:serviceaccount:postgres:postgres-cluster"


@pytest.fixture(scope="module")
def issuer() -> TokenIssuer:
    return TokenIssuer(URL)


@pytest.fixture(scope="module")
def stranger() -> TokenIssuer:
    """It says that it is the same issuer, and has a key of its own."""
    return TokenIssuer(URL)


def token(issuer: TokenIssuer, *, audience: str = AUDIENCE, issued: float = NOW) -> str:
    return issuer.token(
        namespace="postgres",
        account="postgres-cluster",
        audiences=[audience],
        now=issued,
        seconds=3600,
    )


def documents(of: TokenIssuer, **discovery: Any) -> Callable[[str], bytes | None]:
    published = {
        f"{URL}{DISCOVERY_PATH}": {**of.discovery(), **discovery},
        f"{URL}{KEYS_PATH}": of.keys(),
    }
    return lambda url: json.dumps(published[url]).encode() if url in published else None


def asked(
    text: str, published: Callable[[str], bytes | None], *, now: float = NOW, name: str = NAME
) -> Identity:
    return identify(text, providers={name: (AUDIENCE,)}, published=published, now=now)


def test_a_token_signed_by_a_published_key_says_who_asks(issuer: TokenIssuer) -> None:
    found = asked(token(issuer), documents(issuer))

    assert found == Identity(issuer=NAME, subject=SUBJECT, audiences=(AUDIENCE,))


def refusal(*arguments: Any, **options: Any) -> str:
    with pytest.raises(IdentityRefused) as refused:
        asked(*arguments, **options)
    return f"{refused.value.code}: {refused.value}"


def test_a_token_by_another_key_is_refused(issuer: TokenIssuer, stranger: TokenIssuer) -> None:
    assert "signature" in refusal(token(stranger), documents(issuer))


def test_a_key_is_not_believed_by_its_id_alone(issuer: TokenIssuer, stranger: TokenIssuer) -> None:
    header = token(issuer).split(".")[0]
    _, claims, signature = token(stranger).split(".")

    assert "signature" in refusal(f"{header}.{claims}.{signature}", documents(issuer))


def test_changed_claims_are_refused(issuer: TokenIssuer) -> None:
    header, claims, signature = token(issuer).split(".")
    changed = json.loads(base64.urlsafe_b64decode(claims + "=="))
    changed["sub"] = "system:serviceaccount:postgres:another"
    forged = base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("=")

    assert "signature" in refusal(f"{header}.{forged}.{signature}", documents(issuer))


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS1"])
def test_no_other_algorithm_counts(issuer: TokenIssuer, algorithm: str) -> None:
    _, claims, signature = token(issuer).split(".")
    kid = issuer.keys()["keys"][0]["kid"]
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": kid}).encode()).decode()

    assert "signature" in refusal(f"{header.rstrip('=')}.{claims}.{signature}", documents(issuer))


def test_an_issuer_that_is_no_provider_of_the_account_is_refused(issuer: TokenIssuer) -> None:
    said = refusal(token(issuer), documents(issuer), name="another.example")

    assert said.startswith("InvalidIdentityToken: No OpenIDConnect provider")


def test_documents_that_nobody_can_read_are_a_refusal(issuer: TokenIssuer) -> None:
    assert "Couldn't retrieve verification key" in refusal(token(issuer), lambda _: None)


def test_documents_of_another_issuer_are_a_refusal(issuer: TokenIssuer) -> None:
    other = documents(issuer, issuer="https://another.example")

    assert "Couldn't retrieve verification key" in refusal(token(issuer), other)


def test_a_token_counts_from_its_beginning_until_its_end(issuer: TokenIssuer) -> None:
    text, published = token(issuer), documents(issuer)

    assert asked(text, published, now=NOW + 3599)
    assert refusal(text, published, now=NOW + 3600).startswith("ExpiredTokenException")
    assert refusal(text, published, now=NOW - 1).startswith("InvalidIdentityToken")


def test_a_token_for_another_audience_is_refused(issuer: TokenIssuer) -> None:
    of_the_api = token(issuer, audience="https://kubernetes.default.svc.cluster.local")

    assert "Incorrect token audience" in refusal(of_the_api, documents(issuer))


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "iat", "exp"])
def test_a_claim_that_is_missing_is_a_refusal(issuer: TokenIssuer, claim: str) -> None:
    claims = {"iss": URL, "aud": AUDIENCE, "sub": SUBJECT, "iat": NOW, "exp": NOW + 60}
    del claims[claim]

    assert claim in refusal(issuer.sign(claims), documents(issuer))


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "e30.W10.", "..", "\u00e9.e30.e30"])
def test_what_is_no_token_is_refused(issuer: TokenIssuer, text: str) -> None:
    assert refusal(text, documents(issuer)).startswith("InvalidIdentityToken")


WHO = Identity(issuer=NAME, subject=SUBJECT, audiences=(AUDIENCE,))


def lets_in(
    conditions: dict[str, Any], *, provider: str = PROVIDER, effect: str = "Allow", **more: Any
) -> bool:
    statement = {
        "Effect": effect,
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": conditions,
        **more,
    }
    return trusts({"Statement": [statement]}, PROVIDER, WHO)


def test_a_role_is_for_the_service_account_that_it_names() -> None:
    assert lets_in({"StringEquals": {f"{NAME}:sub": SUBJECT, f"{NAME}:aud": AUDIENCE}})
    assert not lets_in({"StringEquals": {f"{NAME}:sub": f"{SUBJECT}-dr"}})
    assert not lets_in({"StringEquals": {f"{NAME}:aud": "another"}})
    assert lets_in({"StringLike": {f"{NAME}:sub": "system:serviceaccount:postgres:*"}})


def test_a_claim_that_the_token_has_not_is_no_match() -> None:
    assert not lets_in({"StringEquals": {f"{NAME}:amr": "authenticated"}})


def test_a_role_is_for_the_issuer_that_it_names() -> None:
    assert not lets_in({}, provider=PROVIDER.replace("ew1", "ew2"))
    assert not lets_in({}, Principal={"Service": "ec2.amazonaws.com"})
    assert not lets_in({}, Principal="*")


def test_a_role_for_machines_is_for_no_token() -> None:
    assert not lets_in({}, Action="sts:AssumeRole")
    assert not lets_in({}, effect="Deny")
