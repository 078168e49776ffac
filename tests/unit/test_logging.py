"""Logs: where they go, and what never stands in them."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Iterator

import pytest
import structlog

from headgate.errors import ServerError
from headgate.logging import (
    configure_logging,
    error_context,
    get_logger,
    is_secret_name,
    log_context,
    redact,
    redact_personal,
    redact_value,
)


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    """The set-up of one test does not reach the next."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    logging.getLogger("headgate").setLevel(logging.NOTSET)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """Parse the lines that were written."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://me:pa55@db:5432/x", "postgresql://me:***@db:5432/x"),
        ("redis://:pa55@cache", "redis://:***@cache"),
        ("https://a.test/p?page=2&api_key=abc&x=1", "https://a.test/p?page=2&api_key=***&x=1"),
        ("https://a.test/?X-Amz-Signature=abc", "https://a.test/?X-Amz-Signature=***"),
        ("Authorization: Bearer abcdefgh", "Authorization: Bearer ***"),
        ("Cookie: session=abc; other=def", "Cookie: ***"),
        ('{"password": "hunter2", "page": 2}', '{"password": "***", "page": 2}'),
        ("dsn host=db password=hunter2 port=5", "dsn host=db password=*** port=5"),
        ("X-Api-Key: hunter2", "X-Api-Key: ***"),
        ("the key of 'peaks' was ['id']", "the key of 'peaks' was ['id']"),
        ("got bearer abcdefghij from them", "got bearer *** from them"),
        ("https://a.test/basic/reading?monkey=1", "https://a.test/basic/reading?monkey=1"),
        ("at 12:30 user@host.test wrote", "at 12:30 user@host.test wrote"),
    ],
)
def test_redact(text: str, expected: str) -> None:
    """Secrets go, what helps to find the mistake stays."""
    assert redact(text) == expected


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "X-API-Key",
        "apiKey",
        "x-auth-token",
        "sig",
        "client_secret",
        "PWD",
        "access_token",
        "set-cookie",
        "Cookies",
    ],
)
def test_names_of_secrets_are_known(name: str) -> None:
    """In every spelling the web has for them."""
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["Accept", "sportCode", "keyword", "monkey", "author", "authored", "passage", "design"]
)
def test_other_names_are_not_taken_for_secrets(name: str) -> None:
    """A word that merely contains such a name is another word."""
    assert not is_secret_name(name)


def test_json_lines_carry_context_and_no_secret() -> None:
    """One object a line, with run, source and entity, and with secrets masked at any depth."""
    stream = io.StringIO()
    configure_logging(level="info", style="json", stream=stream)
    with log_context(run="r1", source="ncaa"):
        get_logger("t").info("asked", entity="schools", url="https://a.test/?token=abc", headers={"Cookie": "a=b"})
    (line,) = lines(stream)
    assert line["event"] == "asked"
    assert (line["run"], line["source"], line["entity"]) == ("r1", "ncaa", "schools")
    assert "abc" not in stream.getvalue()
    assert line["headers"] == {"Cookie": "***"}


def test_standard_library_goes_the_same_way() -> None:
    """A library's own log is rendered and redacted like Headgate's, its traceback included."""
    stream = io.StringIO()
    configure_logging(level="info", style="json", stream=stream)
    try:
        float("redis://:pa55@cache")
    except ValueError:
        logging.getLogger("lib").exception("lost %s", "redis://:pa55@cache")
    (line,) = lines(stream)
    assert line["event"] == "lost redis://:***@cache"
    assert "pa55" not in stream.getvalue()


def test_a_library_never_writes_to_standard_output(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Where nobody has set up any logs, the lines go to the standard library's loggers, without their secrets."""
    structlog.reset_defaults()
    logger = get_logger("headgate.t")
    with log_context(run="r1"):
        logger.warning("asked", url="https://a.test/?token=abc")
        logger.info("quiet")
    assert capsys.readouterr().out == ""
    assert [record.name for record in caplog.records] == ["headgate.t"]
    assert "event='asked' url='https://a.test/?token=***' run='r1'" in caplog.text
    stream = io.StringIO()
    configure_logging(level="info", style="json", stream=stream)
    logger.info("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_level_is_obeyed() -> None:
    """What is less serious than the level is not written."""
    stream = io.StringIO()
    configure_logging(level="warning", stream=stream)
    get_logger("t").info("quiet")
    get_logger("t").warning("loud", error=ValueError("token=abc"))
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()


def test_debug_is_about_headgate() -> None:
    """At the level debug Headgate says all it has to say, and the libraries below it do not."""
    stream = io.StringIO()
    configure_logging(level="debug", style="json", stream=stream)
    get_logger("headgate.http").debug("ours")
    logging.getLogger("aiosqlite").debug("theirs")
    assert [line["event"] for line in lines(stream)] == ["ours"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to ada.lovelace+x@mail.example.org now", "write to *** now"),
        ("mailto:ada@example.org", "mailto:***"),
        ("/people?who=ada%40example.org&page=2", "/people?who=***&page=2"),
        ("https://a.test/people/ada@example.org", "https://a.test/people/***"),
        ("postgresql://reader@db.example.org/x", "postgresql://reader@db.example.org/x"),
        ("call (555) 010-4477 or 555-010-4477", "call *** or ***"),
        ("call +49 30 1234567", "call ***"),
        ("call +1 555 010 4477.", "call ***."),
        ("2026-11-23T20:59:45.123456+00:00", "2026-11-23T20:59:45.123456+00:00"),
        (
            "run 20261123-205945123-ab12 of 1,234,567 rows in 12.5 s",
            "run 20261123-205945123-ab12 of 1,234,567 rows in 12.5 s",
        ),
        ("127.0.0.1:5432 answered 503", "127.0.0.1:5432 answered 503"),
    ],
)
def test_personal_data_goes_and_the_rest_stays(text: str, expected: str) -> None:
    """Addresses of mail and numbers of telephones are masked; times, numbers, ids and hosts are none."""
    assert redact_personal(text) == expected


def test_fields_are_masked_by_their_name_and_at_any_depth() -> None:
    """A telephone number is one also as a number, and an object is looked at as the text it would become."""

    class Address:
        def __str__(self) -> str:
            return "https://a.test/?token=abc"

    assert redact_value("phone", 5550104477) == "***"
    assert redact_value("contactEmail", "nobody") == "***"
    assert redact_value("rows", 5550104477) == 5550104477
    assert redact_value("at", {"ada@example.org": [Address(), ("x", 1.5, None, True)]}) == {
        "***": ["https://a.test/?token=***", ["x", 1.5, None, True]]
    }


def test_redaction_takes_no_longer_for_hostile_text() -> None:
    """A text made to be slow is masked in time that grows with its length only."""
    for text in ("a" * 200_000, "a@" * 50_000, "token" * 40_000, "555-" * 50_000, "+1 " * 50_000, "a.a@a.a." * 20_000):
        started = time.process_time()
        redact_personal(text)
        assert time.process_time() - started < 5


def test_an_error_tells_what_where_which_attempt_and_what_next() -> None:
    """What is known of an error stands in fields of its own, and what is not known is left out."""
    error = ServerError("It failed.", url="https://a.test/", status=503, attempts=3, hint="Wait.", retry_after=7.0)
    assert error_context(error) == {
        "kind": "ServerError",
        "what": "It failed.",
        "where": "https://a.test/",
        "status": 503,
        "attempts": 3,
        "retry_after": 7.0,
        "next": "Wait.",
    }
    assert error_context(ValueError("odd")) == {"kind": "ValueError", "what": "odd"}
