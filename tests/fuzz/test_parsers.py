"""A slice of `make fuzz`, and what it would say of a parser that breaks."""

import json

import pytest

from tests.fuzz.__main__ import PARSERS
from tests.fuzz.parser import Parser


@pytest.mark.parametrize("parser", PARSERS, ids=[each.name for each in PARSERS])
def test_says_no_to_strange_text_in_its_own_way(parser: Parser) -> None:
    assert parser.problem(number=0, examples=100) is None


@pytest.mark.parametrize("parser", PARSERS, ids=[each.name for each in PARSERS])
def test_reads_what_it_was_made_for(parser: Parser) -> None:
    for text in parser.seeds:
        if not parser.name.startswith("failure of a verb"):
            parser.read(text)


def test_thirty_parsers_are_tried() -> None:
    assert len({each.name for each in PARSERS}) >= 30


def test_a_parser_that_breaks_is_found_with_the_text_that_broke_it() -> None:
    careless = Parser(
        name="careless",
        read=lambda text: json.loads(text)["epoch"],
        seeds=('{"epoch": 1}',),
        refusals=(ValueError,),
    )

    problem = careless.problem(number=0, examples=200)

    assert problem is not None
    assert problem.startswith(("TypeError", "KeyError", "IndexError", "RecursionError"))
