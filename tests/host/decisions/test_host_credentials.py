"""Whatever a person writes into a secret: it becomes a Secret, or it is named."""

import base64
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from host.errors import Failed
from host.kubernetes.credentials import secret

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
USER = st.fixed_dictionaries({}, optional={"username": VALUES, "password": VALUES, "port": VALUES})


@given(document=USER | VALUES)
@example(document={"username": "app_user", "password": 4711})
@example(document={"username": "app_user", "password": None})
def test_a_document_becomes_a_secret_with_its_own_words_or_is_refused(document: object) -> None:
    values = document if isinstance(document, dict) else {}
    wanted = [values.get(key) for key in ("username", "password")]

    if all(isinstance(each, str) and each for each in wanted):
        made = secret("app_user", json.dumps(document), "postgres")["data"]
        found = [base64.b64decode(made[key]).decode() for key in ("username", "password")]
        assert found == wanted
    else:
        with pytest.raises(Failed, match="the secret of app_user is not JSON with"):
            secret("app_user", json.dumps(document), "postgres")


@pytest.mark.parametrize("text", [None, "", "secret", "{", "[]"])
def test_what_is_no_document_is_refused(text: str | None) -> None:
    with pytest.raises(Failed, match="correct it in Secrets Manager"):
        secret("app_user", text, "postgres")
