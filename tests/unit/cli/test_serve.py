"""What ``headgate serve`` says when it listens."""

from __future__ import annotations

import pytest

from headgate.cli.serve import _announce

URL = "http://127.0.0.1:8420"


@pytest.mark.parametrize(
    ("local", "read_only", "said", "unsaid"),
    [
        (True, False, "To decide something there, sign in with this token: secret", "To see"),
        (False, False, "To see anything there, sign in with this token: secret", "To decide"),
        (True, True, "nothing can be decided there", "secret"),
        (False, True, "To see anything there, sign in with this token: secret", "To decide"),
    ],
)
def test_token_is_shown_with_what_it_is_for(
    capsys: pytest.CaptureFixture[str], local: bool, read_only: bool, said: str, unsaid: str
) -> None:
    """The address alone goes to standard output; what the token opens is said beside it, where it opens something."""
    _announce(URL, "secret", local=local, read_only=read_only)
    captured = capsys.readouterr()
    assert captured.out == f"{URL}\n"
    assert said in captured.err
    assert unsaid not in captured.err


def test_token_that_was_set_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """A token that somebody set is known to them, and is not printed."""
    _announce(URL, None, local=False, read_only=False)
    assert "token" not in "".join(capsys.readouterr())
