"""`dump list` and `backup list` tell a bucket that is empty from one that nobody saw."""

import pytest

from pgtwin.commands.listed import listed
from pgtwin.errors import SiteFailed, SiteRefused, SiteUnreachable

SILENT = SiteUnreachable("list dumps/ in dr's bucket: no answer within 60 s")


def test_what_one_bucket_has_is_told_beside_why_the_other_is_not() -> None:
    assert listed({"primary": ("a", "b"), "dr": SILENT}) == {
        "primary": ["a", "b"],
        "dr": str(SILENT),
    }


def test_where_neither_bucket_answers_nothing_is_listed() -> None:
    with pytest.raises(SiteUnreachable, match="neither bucket was listed: list dumps/"):
        listed({"primary": SILENT, "dr": TimeoutError("no answer within 60 s")})


def test_credentials_that_both_regions_refuse_are_a_refusal() -> None:
    refused = SiteRefused("missing or expired credentials - run: aws sso login")

    with pytest.raises(SiteRefused, match="aws sso login"):
        listed({"primary": SiteFailed("no such bucket"), "dr": refused})


def test_a_defect_of_this_program_is_no_answer_of_a_bucket() -> None:
    with pytest.raises(KeyError):
        listed({"primary": (), "dr": KeyError("Contents")})
