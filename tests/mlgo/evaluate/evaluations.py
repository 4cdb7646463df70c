"""Evaluations for tests of documents and reports: small ones, and any that are possible."""

from hypothesis import strategies as st

from mlgo.evaluate.explanation import Effect, Explanation, Feature
from mlgo.evaluate.result import (
    VARIANTS,
    BuildFailure,
    CompileTime,
    Evaluation,
    LinkResult,
    ModuleResult,
    ProgramResult,
    Ratio,
    Settings,
    Sizes,
    Subject,
)

SUBJECT = Subject("learned", "inlining-size", "", 0, "a" * 64, 123456, "22.1.8", "x86_64")
TIME = CompileTime(3, 2, 1.5, Ratio(1.01, 0.99, 1.03), Ratio(1.07, 1.05, 1.09))


def program(name, linked, modules=(), **changes):
    """A program of one product with the given sizes (stock, policy)."""
    stock, policy = linked
    identical = None if stock is None else True
    values = {
        "name": name,
        "version": "1.0-1",
        "origin_sha256": "b" * 64,
        "modules": tuple(
            ModuleResult(f"{name}/{i}.o", f"{i}.cc", Sizes(s, s, p), True)
            for i, (s, p) in enumerate(modules)
        ),
        "links": (LinkResult(name, "executable", Sizes(stock, stock, policy), identical),),
        "lto_links": (),
        "failures": (),
        "excluded": (),
        "compile_time": None,
    }
    return ProgramResult(**{**values, **changes})


def evaluation(*programs, settings=None, compile_time=None):
    """An evaluation of programs."""
    command = ("mlgo", "evaluate", "inlining")
    return Evaluation(command, SUBJECT, settings or Settings(), programs, compile_time)


_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
_bytes = st.one_of(st.none(), st.integers(0, 10**9))
_identical = st.one_of(st.none(), st.booleans())
_sha256 = st.text("0123456789abcdef", min_size=64, max_size=64)
_positive = st.floats(0.001, 1000)
_sizes = st.builds(Sizes, _bytes, _bytes, _bytes)
_links = st.lists(
    st.builds(LinkResult, _text, st.sampled_from(["executable", "shared"]), _sizes, _identical),
    max_size=3,
).map(tuple)
_ratio = st.tuples(_positive, _positive, _positive).map(
    lambda three: Ratio(sorted(three)[1], min(three), max(three))
)
_time = st.one_of(
    st.none(),
    st.builds(CompileTime, st.integers(2, 9), st.integers(1, 99), _positive, _ratio, _ratio),
)
_failure = st.builds(BuildFailure, _text, st.sampled_from(VARIANTS), st.booleans(), _text)
_module = st.builds(ModuleResult, _text, _text, _sizes, _identical)
_program = st.builds(
    ProgramResult,
    name=_text,
    version=st.one_of(st.just(""), _text),
    origin_sha256=_sha256,
    modules=st.lists(_module, max_size=4).map(tuple),
    links=_links,
    lto_links=_links,
    failures=st.lists(_failure, max_size=2).map(tuple),
    excluded=st.lists(_text, max_size=2).map(tuple),
    compile_time=_time,
)
_score = st.floats(-100, 100)
_effects = st.lists(st.builds(Effect, *[_text] * 5, st.booleans(), _score, _score), max_size=2).map(
    tuple
)
_explanation = st.builds(
    Explanation,
    policy=st.sampled_from(["learned", "file"]),
    decisions=st.integers(0, 999),
    overruled=st.integers(0, 99),
    measured=st.integers(0, 99),
    features=st.lists(st.builds(Feature, _text, _positive, _positive), max_size=2).map(tuple),
    saved=_effects,
    cost=_effects,
    lines=st.booleans(),
)
any_evaluation = st.builds(
    Evaluation,
    command=st.lists(_text, min_size=1, max_size=3).map(tuple),
    subject=st.builds(
        Subject,
        policy=st.sampled_from(["learned", "file", "random", "default"]),
        model=_text,
        weights_sha256=st.one_of(st.just(""), _sha256),
        seed=st.integers(0, 9),
        plugin_sha256=_sha256,
        plugin_bytes=st.integers(1, 10**7),
        llvm_version=st.just("22.1.8"),
        machine=st.sampled_from(["x86_64", "aarch64"]),
    ),
    settings=st.builds(Settings, st.booleans(), st.integers(0, 9), st.integers(1, 9)),
    programs=st.lists(_program, max_size=3).map(tuple),
    compile_time=_time,
    explanation=st.one_of(st.none(), _explanation),
)
