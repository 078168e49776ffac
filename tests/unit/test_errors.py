"""Errors as they travel between processes."""

from __future__ import annotations

import copy
import pickle

import pytest

from headgate.errors import ConfigError, MissingExtraError, RateLimitedError, RequestRejectedError, RetryLaterError

ERRORS = [
    RateLimitedError("Too much.", url="https://a.org", status=429, attempts=3, hint="Wait.", retry_after=2.5),
    RequestRejectedError("No.", url="https://a.org", status=404),
    MissingExtraError("The dashboard", "web"),
    ConfigError("Wrong.", hint="Mend it."),
    RetryLaterError("Later.", retry_after=1.0),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_in_another_process(error: Exception) -> None:
    """Pickled and copied, it is of the same kind and says all that it said."""
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(other) is type(error)
        assert vars(other) == vars(error)
        assert str(other) == str(error)
        assert other.args == error.args


def test_the_notes_of_an_error_travel_with_it() -> None:
    """What was added to an error on its way is not lost."""
    error = ConfigError("Wrong.")
    error.add_note("in the third row")
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["in the third row"]
