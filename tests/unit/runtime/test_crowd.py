"""Those who wait at the door: who is the oldest, and who has to make room."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callbackgen.runtime.crowd import Crowd

ORIGINS = "abc"


def check(crowd: Crowd[int], here: dict[int, str]) -> None:
    """The crowd says of itself what is so."""
    assert len(crowd) == len(here)
    assert crowd.members() == [*here]
    assert crowd.oldest() == next(iter(here), None)
    found = crowd.oldest_of_most()
    if not here:
        assert found is None
        return
    assert found is not None
    counts = {origin: list(here.values()).count(origin) for origin in ORIGINS}
    assert counts[here[found]] == max(counts.values())
    assert found == next(one for one in here if here[one] == here[found])


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from(ORIGINS))))
def test_it_says_of_itself_what_is_so(changes: list[tuple[int, str]]) -> None:
    """However they come and go: each number comes if it is not here, else it goes."""
    crowd, here = Crowd[int](), dict[int, str]()
    for number, origin in changes:
        if here.pop(number, None) is None:
            crowd.add(number, origin)
            here[number] = origin
        else:
            crowd.remove(number)
        check(crowd, here)
    for number in range(21):
        crowd.remove(number)
        here.pop(number, None)
        check(crowd, here)
    assert not crowd._of  # pyright: ignore[reportPrivateUsage]
    assert not crowd._by_count  # pyright: ignore[reportPrivateUsage]


def test_of_several_origins_with_most_the_first_makes_room() -> None:
    """So that among strangers with one each it is the oldest."""
    crowd = Crowd[int]()
    for number in range(10):
        crowd.add(number, f"origin {number}")
    for number in range(10):
        assert crowd.oldest_of_most() == number
        crowd.remove(number)
    assert crowd.oldest_of_most() is None
