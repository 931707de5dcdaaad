"""Which key a secret stands for, who signs, and who is believed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from host.certificates.authority import LEAF_VALID, Authority, Version, trust
from host.errors import Failed

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
SEEDS = st.text(alphabet="abcdefgh", min_size=32, max_size=64)


def at(days: float) -> datetime:
    return BEGINNING + timedelta(days=days)


def version(seed: str, *, days: float = 0) -> Version:
    return Version(seed=seed, signs_from=at(days))


@given(seed=SEEDS, other=SEEDS)
def test_a_seed_stands_for_one_key_of_the_curve_and_no_other_seed_does(
    seed: str, other: str
) -> None:
    once, again, another = Authority.of(seed), Authority.of(seed), Authority.of(other)
    key = load_pem_private_key(once.key.encode(), None)

    assert once == again
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == "secp256r1"
    assert (another == once) == (seed == other)
    assert (another.id == once.id) == (seed == other)


def test_neither_seed_nor_key_is_shown_when_it_is_printed() -> None:
    text = repr((version("s" * 40), Authority.of("s" * 40)))

    assert "sss" not in text
    assert "PRIVATE" not in text


@given(
    rotated=st.floats(min_value=0, max_value=200),
    overlap=st.floats(min_value=0, max_value=60),
    issued=st.floats(min_value=0, max_value=400),
    age=st.floats(min_value=0, max_value=LEAF_VALID.days),
)
def test_whoever_signed_a_certificate_is_believed_until_that_expires(
    rotated: float, overlap: float, issued: float, age: float
) -> None:
    first, second = version("first " * 8), version("second " * 8, days=rotated + overlap)

    def believed(day: float) -> tuple[Authority, tuple[Authority, ...]]:
        now = BEGINNING + timedelta(days=day)
        known = trust(second, first, now) if day >= rotated else trust(first, None, now)
        return known.signing, known.trusted

    signing, _ = believed(issued)
    _, trusted = believed(min(issued + age, issued + LEAF_VALID.days - 1e-6))

    assert signing in trusted
    assert 1 <= len(trusted) <= 2


def test_the_next_authority_is_trusted_before_it_signs_and_the_old_one_after() -> None:
    first, second = version("first " * 8), version("second " * 8, days=14)
    old, new = Authority.of(first.seed), Authority.of(second.seed)

    before = trust(second, first, BEGINNING + timedelta(days=13))
    after = trust(second, first, BEGINNING + timedelta(days=15))
    at_last = trust(second, first, BEGINNING + timedelta(days=14) + LEAF_VALID)

    assert (before.signing, before.trusted) == (old, (old, new))
    assert (after.signing, after.trusted) == (new, (new, old))
    assert (at_last.signing, at_last.trusted, at_last.rotating_until) == (new, (new,), None)


def test_a_third_authority_that_signs_later_forgets_the_first_at_once_while_the_second_signs() -> (
    None
):
    first, second, third = version("first " * 8), version("second " * 8), version("third " * 8)
    stolen, known = Authority.of(first.seed), Authority.of(second.seed)
    clients = trust(replace(second, signs_from=at(14)), first, BEGINNING).trusted

    ahead = trust(replace(third, signs_from=at(14)), replace(second, signs_from=at(14)), BEGINNING)
    at_once = trust(third, replace(second, signs_from=at(14)), BEGINNING)

    assert stolen not in ahead.trusted
    assert ahead.signing == known
    assert ahead.signing in clients
    assert at_once.signing not in clients


def test_who_would_sign_later_signs_now_where_nobody_else_can() -> None:
    only = trust(version("only " * 8, days=14), None, BEGINNING)

    assert only.signing == Authority.of("only " * 8)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "no JSON",
        "[]",
        '{"seed": "too short", "signs_from": "2026-01-01T00:00:00Z"}',
        f'{{"seed": "{"s" * 40}"}}',
        f'{{"seed": "{"s" * 40}", "signs_from": "2026-01-01T00:00:00"}}',
        f'{{"seed": "{"s" * 40}", "signs_from": "some day"}}',
        f'{{"seed": "{"s" * 40}", "signs_from": "9999-12-31T00:00:00Z"}}',
        f'{{"seed": "{"s" * 40}", "signs_from": "0001-01-01T00:00:00+14:00"}}',
        f'{{"seed": {[1] * 40}, "signs_from": "2026-01-01T00:00:00Z"}}',
    ],
)
def test_a_secret_that_is_no_seed_is_refused_and_one_that_is_not_needed_counts_as_none(
    text: str | None,
) -> None:
    with pytest.raises(Failed, match="the secret pgtwin/authority is not JSON with a seed"):
        Version.parse(text, "pgtwin/authority")

    assert Version.readable(text, "pgtwin/authority") is None
