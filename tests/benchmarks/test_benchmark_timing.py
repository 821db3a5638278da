"""Solvers take turns, medians are taken over the repeats, ratios refer to one solver."""

from benchmarks.timing import interleave, medians, ratios


def test_turns_rotate_and_medians_are_of_the_repeats():
    now, order = [0.0], []

    def function(name, seconds):
        def work():
            order.append(name)
            now[0] += seconds.pop(0)

        return work

    times = interleave(
        {"a": function("a", [1.0, 9.0, 2.0]), "b": function("b", [8.0, 4.0, 6.0])},
        3,
        clock=lambda: now[0],
    )
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert times == {"a": [1.0, 9.0, 2.0], "b": [8.0, 4.0, 6.0]}
    middle = medians(times)
    assert middle == {"a": 2.0, "b": 6.0}
    assert ratios(middle, "a") == {"a": 1.0, "b": 3.0}
    parts = medians({"c": [{"x": 1.0, "y": 5.0}, {"x": 3.0, "y": 1.0}, {"x": 2.0, "y": 2.0}]})
    assert parts == {"c": {"x": 2.0, "y": 2.0}}
