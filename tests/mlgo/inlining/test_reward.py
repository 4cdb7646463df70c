from hypothesis import given
from hypothesis import strategies as st

from mlgo.inlining.reward import LinkedWeights

sizes = st.dictionaries(st.sampled_from(["f", "g", "h", "static s"]), st.integers(1, 100))


def test_a_function_that_n_modules_define_counts_once_in_all():
    modules = [{"f": 12, "only": 5}, {"f": 12}, {"f": 12, "static s": 3}, {"static s": 4}]
    weights = LinkedWeights(modules)
    assert sum(map(weights.size, modules)) == 12 + 5 + 3 + 4


@given(st.lists(sizes, min_size=1), sizes)
def test_a_change_is_the_difference_of_sizes(modules, changed):
    weights = LinkedWeights(modules)
    after = {**modules[0], **changed}
    difference = weights.size(after) - weights.size(modules[0])
    assert abs(weights.change(modules[0], changed) - difference) < 1e-6
