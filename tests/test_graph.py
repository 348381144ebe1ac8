import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresail.errors import ConfigError
from foresail.graph import bottom_up, check_needs, dependents, depths, top_down

SHOP = {"web": ["app", "cache"], "app": ["db", "cache"], "cache": ["db"], "db": []}


def test_each_tier_comes_after_what_it_needs():
    assert bottom_up(SHOP) == ["db", "cache", "app", "web"]
    assert top_down(SHOP)[0] == "web"


def test_depth_is_the_longest_way_from_the_edge():
    assert depths(SHOP) == {"web": 0, "app": 1, "cache": 2, "db": 3}


def test_dependents_are_all_that_would_starve():
    assert dependents(SHOP, "cache") == ["app", "web"]
    assert dependents(SHOP, "web") == []


def test_a_circle_is_named_from_caller_to_called():
    with pytest.raises(ConfigError, match=r"circle: .*(a -> b -> c|b -> c -> a|c -> a -> b)"):
        check_needs({"a": ["b"], "b": ["c"], "c": ["a"]})


def test_a_tier_that_needs_itself_is_a_circle():
    with pytest.raises(ConfigError, match="a -> a"):
        check_needs({"a": ["a"]})


def test_an_unknown_tier_gets_the_nearest_name():
    with pytest.raises(ConfigError, match="web needs 'datbase'") as error:
        check_needs({"web": ["datbase"], "database": []})
    assert "did you mean 'database'?" in str(error.value)


@given(st.integers(1, 8), st.randoms(use_true_random=False))
def test_order_and_depth_agree_on_any_graph_without_circles(size, random):
    names = [f"t{i}" for i in range(size)]
    needs = {n: [m for m in names[i + 1 :] if random.random() < 0.5] for i, n in enumerate(names)}
    place = {name: at for at, name in enumerate(bottom_up(needs))}
    deep = depths(needs)
    for upper, lower in ((u, one) for u, many in needs.items() for one in many):
        assert place[lower] < place[upper]
        assert deep[lower] > deep[upper]
        assert upper in dependents(needs, lower)
