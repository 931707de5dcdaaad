from ipaddress import IPv4Address

import pytest

from drill.rig.dns_message import answer, question

KNOWN = {"charts.example.org": IPv4Address("198.18.2.2")}


def ask(name: str, kind: int) -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return b"\x12\x34\x01\x00\x00\x01\0\0\0\0\0\0" + labels + b"\0" + bytes([0, kind, 0, 1])


def test_a_known_name_has_its_address_in_any_case() -> None:
    said = answer(ask("Charts.Example.org", 1), KNOWN.get)

    assert said[:2] == b"\x12\x34"
    assert said[3] & 0x0F == 0
    assert said.endswith(IPv4Address("198.18.2.2").packed)


def test_a_known_name_has_no_address_of_another_kind() -> None:
    said = answer(ask("charts.example.org", 28), KNOWN.get)

    assert said[3] & 0x0F == 0
    assert said[6:8] == b"\0\0"


def test_any_other_name_does_not_exist() -> None:
    assert answer(ask("example.com", 1), KNOWN.get)[3] & 0x0F == 3


@pytest.mark.parametrize("message", [b"", b"\0" * 12, ask("charts.example.org", 1)[:-2]])
def test_what_is_no_question_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match="DNS question"):
        question(message)
