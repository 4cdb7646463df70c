from mlgo.evaluate.result import BuildFailure, Settings
from mlgo.evaluate.summary import summary
from tests.mlgo.evaluate.evaluations import TIME, evaluation, program


def test_table_in_columns():
    text = summary(evaluation(program("re2", (1000, 950)), program("ninja", (20000, 20300))))
    assert text.splitlines()[:5] == [
        "linked .text     stock  control  policy   change",
        "re2              1,000    1,000     950  -5.00 %",
        "ninja           20,000   20,000  20,300  +1.50 %",
        "all that built  21,000           21,250  +1.19 %",
        "geometric mean                           -1.80 %",
    ]


def test_failures_and_times_are_told():
    failed = (BuildFailure("main.o", "policy", True, "error: no"),)
    settings = Settings(lto=True, rounds=3)
    one = program("re2", (1000, None), failures=failed)
    text = summary(evaluation(one, settings=settings, compile_time=TIME))
    assert "not built: re2: main.o (policy, LTO): error: no" in text
    assert "compile time, policy / stock: 1.070 (1.050 to 1.090) CPU" in text
