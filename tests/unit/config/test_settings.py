"""The four layers of the settings, and what is said when one of them is wrong."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path

import pytest

from headgate.config.policies import RateLimitConfig, RetryConfig
from headgate.config.provenance import settings_in_force
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has an empty working folder and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEADGATE_CONFIG", raising=False)


def write(text: str, name: str = "headgate.toml") -> Path:
    """Write a configuration file into the working folder."""
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_agree_with_their_short_names() -> None:
    """Without any layer the three short names say the same as the settings they stand for."""
    config = PipelineConfig()
    assert config.max_retries == config.retry.max_attempts - 1
    assert config.rate_limit_delay == pytest.approx(1 / config.rate_limit.requests_per_second)
    assert config.timeout_seconds == config.http.timeout_seconds


def test_each_layer_overrides_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag beats a variable, a variable beats the file, the file beats the default."""
    write("batch_size = 1\n[rate_limit]\nburst_size = 2\nconcurrent_limit = 3\n[guard]\nallow_empty = true\n")
    monkeypatch.setenv("HEADGATE_RATE_LIMIT__BURST_SIZE", "20")
    monkeypatch.setenv("HEADGATE_RATE_LIMIT__CONCURRENT_LIMIT", "30")
    config = PipelineConfig(rate_limit={"concurrent_limit": 300})
    assert config.batch_size == 1
    assert config.guard.allow_empty
    assert config.rate_limit.burst_size == 20
    assert config.rate_limit.concurrent_limit == 300
    assert config.rate_limit.requests_per_second == 10


def test_every_value_knows_where_it_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """The listing names the line of the file, the variable, the argument, or the default."""
    write("# a comment\nbatch_size = 1\n\n[rate_limit]\nburst_size = 2\n\n[retry]\nmax_attempts = 7\n")
    monkeypatch.setenv("HEADGATE_HTTP__MAX_REDIRECTS", "1")
    origins = {setting.name: str(setting.origin) for setting in settings_in_force(PipelineConfig(log_level="info"))}
    assert origins["batch_size"] == "headgate.toml:2"
    assert origins["rate_limit.burst_size"] == "headgate.toml:5"
    assert origins["retry.max_attempts"] == "headgate.toml:8"
    assert origins["max_retries"] == "headgate.toml:8 (retry.max_attempts)"
    assert origins["http.max_redirects"] == "HEADGATE_HTTP__MAX_REDIRECTS"
    assert origins["log_level"] == "argument log_level"
    assert origins["cache.mode"] == "default"


def test_file_can_be_named_by_argument_and_by_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that is named is read, and the default one beside it is not."""
    write("batch_size = 1\nmax_retries = 9\n")
    monkeypatch.setenv("HEADGATE_CONFIG", str(write("batch_size = 2\n", "variable.toml")))
    assert PipelineConfig.from_env().batch_size == 2
    assert PipelineConfig.from_env().max_retries == 2
    assert PipelineConfig(write("batch_size = 3\n", "argument.toml")).batch_size == 3


@pytest.mark.parametrize(
    ("toml", "path", "expected"),
    [
        ("max_retries = 4", ("retry", "max_attempts"), 5),
        ("[retry]\nmax_attempts = 4", ("max_retries",), 3),
        ("rate_limit_delay = 0.25", ("rate_limit", "requests_per_second"), 4),
        ("rate_limit_delay = 0", ("rate_limit", "requests_per_second"), math.inf),
        ("[rate_limit]\nrequests_per_second = 50", ("rate_limit_delay",), 0.02),
        ("timeout_seconds = 3", ("http", "timeout_seconds"), 3),
        ("[http]\ntimeout_seconds = 4", ("timeout_seconds",), 4),
    ],
)
def test_short_name_and_setting_are_one_truth(toml: str, path: tuple[str, ...], expected: float) -> None:
    """Whichever of the two names is set, the other one follows."""
    write(toml)
    value: object = PipelineConfig()
    for name in path:
        value = getattr(value, name)
    assert value == expected


def test_stronger_layer_wins_across_the_two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable with the short name overrides a file with the long one: layers do not contradict each other."""
    write("[retry]\nmax_attempts = 9\nbase_delay = 5\n")
    monkeypatch.setenv("HEADGATE_MAX_RETRIES", "1")
    config = PipelineConfig()
    assert (config.max_retries, config.retry.max_attempts, config.retry.base_delay) == (1, 2, 5)


def test_contradiction_within_a_layer_is_an_error() -> None:
    """Both names in one layer with different meanings: the message names both and says which is short for which."""
    with pytest.raises(ConfigError, match=r"max_retries = 4 means retry.max_attempts = 5, .* is 2") as caught:
        PipelineConfig(write("max_retries = 4\n[retry]\nmax_attempts = 2\n"))
    assert "short name" in str(caught.value)


def test_both_names_may_agree() -> None:
    """Both names in one layer with one meaning are no contradiction, whatever floats make of an inverse."""
    config = PipelineConfig(rate_limit_delay=1 / 3, rate_limit={"requests_per_second": 3})
    assert config.rate_limit.requests_per_second == 3


def test_sections_may_be_instances_and_durations_timedeltas() -> None:
    """In Python a section may be given as an instance, and what was set on it keeps its short name in step."""
    config = PipelineConfig(
        rate_limit=RateLimitConfig(requests_per_second=4.0),
        retry=RetryConfig(max_attempts=1),
        timeout_seconds=timedelta(minutes=1),
    )
    assert (config.rate_limit_delay, config.max_retries, config.http.timeout_seconds) == (0.25, 0, 60)


def test_callers_dictionaries_stay_as_they_are() -> None:
    """Reading ``none`` as no value does not write into the dictionary that was passed."""
    section = {"failure_ratio": "none"}
    assert PipelineConfig(circuit=section).circuit.failure_ratio is None
    assert section == {"failure_ratio": "none"}


def test_none_can_be_said_in_a_file_and_in_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """``none`` turns an optional setting off and stays a word where it is one."""
    write('[circuit]\nfailure_ratio = "none"\n')
    monkeypatch.setenv("HEADGATE_RETRY__JITTER", "none")
    config = PipelineConfig()
    assert config.circuit.failure_ratio is None
    assert config.retry.jitter == "none"


@pytest.mark.parametrize(
    ("toml", "place", "suggestion"),
    [
        ("batch_sise = 1", "headgate.toml:1", "batch_size"),
        ("\n[rate_limt]\nburst_size = 1", "headgate.toml:2", "rate_limit"),
        ("[rate_limit]\nburst = 1", "headgate.toml:2", "rate_limit.burst_size"),
        ("burst_size = 1", "headgate.toml:1", "rate_limit.burst_size"),
    ],
)
def test_unknown_key_of_the_file_is_an_error_with_a_suggestion(toml: str, place: str, suggestion: str) -> None:
    """A mistyped key names its line and the setting that was probably meant."""
    write(toml)
    with pytest.raises(ConfigError) as caught:
        PipelineConfig()
    assert place in caught.value.message
    assert f"Did you mean '{suggestion}" in str(caught.value.hint)


def test_unknown_variable_is_an_error_with_a_suggestion(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped variable is not ignored."""
    monkeypatch.setenv("HEADGATE_RATELIMIT__BURST_SIZE", "1")
    with pytest.raises(ConfigError, match="HEADGATE_RATELIMIT__BURST_SIZE") as caught:
        PipelineConfig.from_env()
    assert "Did you mean HEADGATE_RATE_LIMIT__BURST_SIZE?" in str(caught.value.hint)


def test_unknown_argument_is_an_error_with_a_suggestion() -> None:
    """A mistyped keyword argument is treated like a mistyped key."""
    with pytest.raises(ConfigError, match=r"'retry\.max_attemps'") as caught:
        PipelineConfig(retry={"max_attemps": 3})
    assert "Did you mean 'retry.max_attempts'?" in str(caught.value.hint)


def test_wrong_type_names_key_origin_and_what_is_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wrong value is named at once: what it is, where it was set, what would be right."""
    write('[rate_limit]\nburst_size = "many"\n')
    monkeypatch.setenv("HEADGATE_RETRY__MAX_ATTEMPTS", "0")
    with pytest.raises(ConfigError) as caught:
        PipelineConfig()
    burst, attempts = sorted(caught.value.message.splitlines())
    assert "rate_limit.burst_size is 'many', set by headgate.toml:2; expected: a valid integer" in burst
    assert (
        "retry.max_attempts is '0', set by HEADGATE_RETRY__MAX_ATTEMPTS; expected: greater than or equal to 1"
        in attempts
    )


def test_section_that_is_no_section_is_an_error() -> None:
    """A plain value where a section belongs is refused with its line."""
    with pytest.raises(ConfigError, match=r"headgate.toml:1"):
        PipelineConfig(write("retry = 3\n"))


def test_whole_section_in_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable may hold a section as JSON; what is no JSON is refused by name."""
    monkeypatch.setenv("HEADGATE_GUARD", '{"max_delete_share": 0.5}')
    config = PipelineConfig()
    assert config.guard.max_delete_share == 0.5
    assert str(config.origin(("guard", "max_delete_share"))) == "HEADGATE_GUARD"
    monkeypatch.setenv("HEADGATE_GUARD", "{half")
    with pytest.raises(ConfigError, match="HEADGATE_GUARD"):
        PipelineConfig()


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read: No such file"), (b"a = [", "not valid TOML"), (b"\xff\xfe", "not UTF-8")],
)
def test_file_that_cannot_be_used(tmp_path: Path, content: bytes | None, message: str) -> None:
    """A missing, broken or binary file is a configuration error that names the file."""
    path = tmp_path / "other.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=message) as caught:
        PipelineConfig(path)
    assert "other.toml" in caught.value.message


def test_secrets_are_masked_in_listing_and_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the listing nor the representation nor an error shows a password."""
    monkeypatch.setenv("HEADGATE_DATABASE_URL", "postgresql://app:hunter2@db/x")
    monkeypatch.setenv("HEADGATE_REDIS_URL", "redis://:hunter2@cache/0")
    config = PipelineConfig()
    shown = {setting.name: setting.value for setting in settings_in_force(config)}
    assert shown["database_url"] == "postgresql://app:***@db/x"
    assert shown["redis_url"] == "redis://:***@cache/0"
    assert "hunter2" not in repr(config)
    assert "hunter2" in config.database_url


def test_redis_url_needs_its_scheme() -> None:
    """A host name alone is refused by name, before anything tries to connect; a password in it is not shown."""
    with pytest.raises(ConfigError, match="expected: a URL that begins with redis://") as caught:
        PipelineConfig(redis_url="http://:pa55@cache:6379")
    assert "pa55" not in str(caught.value)


def test_settings_are_immutable() -> None:
    """Nobody changes a setting behind the back of its origin."""
    with pytest.raises(ValueError, match="frozen"):
        PipelineConfig().batch_size = 3  # type: ignore[misc]


def test_named_sections_know_where_each_value_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard of one entity is laid together from all layers, and each of its values names its place."""
    write("[guard]\nmax_deleted = 7\n\n[guard.entities.schools]\nmax_delete_share = 0.5\nmax_deleted = 1\n")
    monkeypatch.setenv("HEADGATE_GUARD__ENTITIES__SCHOOLS__MAX_DELETED", "none")
    monkeypatch.setenv("HEADGATE_GUARD__ENTITIES__SPORTS__ALLOW_EMPTY", "true")
    config = PipelineConfig()
    schools, sports = config.guard.of("schools"), config.guard.of("sports")
    assert (schools.max_delete_share, schools.max_deleted, schools.allow_empty) == (0.5, None, False)
    assert (sports.max_delete_share, sports.max_deleted, sports.allow_empty) == (0.1, 7, True)
    assert config.guard.of("others") is config.guard
    shown = {
        setting.name: (setting.value, str(setting.origin))
        for setting in settings_in_force(config)
        if "entities" in setting.name
    }
    assert shown == {
        "guard.entities.schools.max_delete_share": (0.5, "headgate.toml:5"),
        "guard.entities.schools.max_deleted": (None, "HEADGATE_GUARD__ENTITIES__SCHOOLS__MAX_DELETED"),
        "guard.entities.sports.allow_empty": (True, "HEADGATE_GUARD__ENTITIES__SPORTS__ALLOW_EMPTY"),
    }


@pytest.mark.parametrize(
    ("toml", "place", "message"),
    [
        ("[guard.entities.schools]\nmax_delete = 1", "headgate.toml:2", "guard.entities.schools.max_delete"),
        ("[guard.entities]\nschools = 1", "headgate.toml:2", "Unknown setting 'guard.entities.schools'"),
        ("[guard.entities.schools]\nmax_deleted = -1", "headgate.toml:2", "guard.entities.schools.max_deleted is -1"),
    ],
)
def test_wrong_values_in_named_sections_are_refused_with_their_line(toml: str, place: str, message: str) -> None:
    """What is unknown or wrong in the section of one entity is named with its line."""
    with pytest.raises(ConfigError) as caught:
        PipelineConfig(write(toml))
    assert place in caught.value.message
    assert message in caught.value.message
