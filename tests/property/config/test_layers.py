"""Two names, one truth: whatever the layers say, in whichever words."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headgate.config.layers import merge
from headgate.config.origin import Layer, Origin, OriginKind
from headgate.config.settings import PipelineConfig

KINDS = (OriginKind.FILE, OriginKind.VARIABLE, OriginKind.FLAG)

layer_words = st.one_of(
    st.none(),
    st.tuples(st.just("short"), st.integers(0, 50)),
    st.tuples(st.just("long"), st.integers(0, 50)),
    st.tuples(st.just("both"), st.integers(0, 50)),
)


def layer(kind: OriginKind, words: tuple[str, int] | None) -> Layer:
    """Return a layer that says how many retries there are, under one of the two names or both."""
    values: dict[str, Any] = {}
    if words and words[0] in {"short", "both"}:
        values["max_retries"] = words[1]
    if words and words[0] in {"long", "both"}:
        values["retry"] = {"max_attempts": words[1] + 1}
    origins = {("max_retries",): Origin(kind, "short")} if "max_retries" in values else {}
    if "retry" in values:
        origins[("retry", "max_attempts")] = Origin(kind, "long")
    return Layer(kind.value, values, origins)


@given(st.tuples(layer_words, layer_words, layer_words))
def test_strongest_layer_decides_under_either_name(words: tuple[tuple[str, int] | None, ...]) -> None:
    """The strongest layer that says anything wins, and both names and both origins follow it."""
    said = [(kind, word) for kind, word in zip(KINDS, words, strict=True) if word]
    values, origins = merge(PipelineConfig, [layer(kind, word) for kind, word in zip(KINDS, words, strict=True)])
    if not said:
        assert values == {}
        return
    kind, (_, retries) = said[-1]
    assert values["max_retries"] == retries
    assert values["retry"]["max_attempts"] == retries + 1
    assert origins[("max_retries",)].kind is kind
    assert origins[("retry", "max_attempts")].kind is kind


@given(st.floats(0, 1e6, allow_subnormal=False))
def test_pace_and_delay_agree(delay: float) -> None:
    """A delay and the rate it stands for are never a contradiction, and the delay is kept as it was written."""
    values, _ = merge(PipelineConfig, [Layer("file", {"rate_limit_delay": delay}, {})])
    again, _ = merge(PipelineConfig, [Layer("file", values, {})])
    assert again["rate_limit_delay"] == delay
