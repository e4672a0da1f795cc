"""Objects passed in both directions in any interleaving, beside a model of who holds."""

from __future__ import annotations

import weakref
from collections import deque
from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
)

from callbackgen.runtime import Stub
from callbackgen.runtime.envelope import packed
from callbackgen.runtime.referring import reference_in
from callbackgen.runtime.stub import link
from callbackgen.runtime.unpacking import unpacked
from tests.unit.runtime.modelling import explore
from tests.unit.runtime.papers import Paper, ReaderStub, Side, WriterStub

Released = list[tuple[int, int]]

SIDES = st.integers(0, 1)
PICKS = st.integers(0, 100)
STUBS: tuple[type[Stub], ...] = (ReaderStub, WriterStub)


@dataclass(frozen=True)
class Passed:
    """A message that names one object: of its sender, or of its receiver."""

    data: bytes
    stub: type[Stub]
    key: int
    is_receivers: bool


@dataclass(eq=False)
class Half:
    """One end. `arriving` comes to here, in the order in which it was sent."""

    side: Side = field(default_factory=Side)
    arriving: deque[Passed | Released] = field(
        default_factory=deque["Passed | Released"]
    )
    papers: dict[int, weakref.ref[Paper]] = field(
        default_factory=dict[int, "weakref.ref[Paper]"]
    )
    kept: list[Paper] = field(default_factory=list[Paper])
    stubs: list[Stub] = field(default_factory=list[Stub])

    def keys_held(self) -> set[int]:
        """The numbers of the other end's objects of which there are stubs."""
        return {self.key_of(stub) for stub in self.stubs}

    def key_of(self, stub: Stub) -> int:
        key = link(stub).key_at(self.side.session)
        assert isinstance(key, int)
        return key

    def keys_arriving(self) -> set[int]:
        """Those of the other end's objects that are under way to here."""
        return {
            one.key
            for one in self.arriving
            if isinstance(one, Passed) and not one.is_receivers
        }

    def keys_released(self) -> set[int]:
        """Those of objects of this end whose release is under way to here."""
        return {key for one in self.arriving if isinstance(one, list) for key, _ in one}


class Connection(RuleBasedStateMachine):
    """Both ends pass, drop and release; what is sent arrives in order, any time."""

    def __init__(self) -> None:
        super().__init__()
        self.halves = Half(), Half()

    def ends(self, side: int) -> tuple[Half, Half]:
        return self.halves[side], self.halves[1 - side]

    @rule(side=SIDES, pick=PICKS, new=st.booleans(), stub=st.sampled_from(STUBS))
    def send(self, side: int, pick: int, new: bool, stub: type[Stub]) -> None:
        half, other = self.ends(side)
        if new or not half.kept:
            half.kept.append(Paper())
        paper = half.kept[pick % len(half.kept)]
        data = half.side.send(paper, stub)
        key = unpacked(data, reference_in).key
        half.papers[key] = weakref.ref(paper)
        other.arriving.append(Passed(data, stub, key, is_receivers=False))

    @rule(side=SIDES, pick=PICKS)
    def send_in_vain(self, side: int, pick: int) -> None:
        """What is packed may turn out not to be sent."""
        half, _ = self.ends(side)
        if half.kept:
            passing = half.side.passing()
            passing.send(ReaderStub, half.kept[pick % len(half.kept)])
            passing.undo()

    @rule(side=SIDES, pick=PICKS)
    def send_back(self, side: int, pick: int) -> None:
        half, other = self.ends(side)
        if not half.stubs:
            return
        stub = half.stubs[pick % len(half.stubs)]
        passing = half.side.passing()
        data = packed(passing.send(type(stub), stub))
        key = half.key_of(stub)
        other.arriving.append(Passed(data, type(stub), key, is_receivers=True))

    @rule(side=SIDES, wanted=st.booleans())
    def deliver(self, side: int, wanted: bool) -> None:
        half, _ = self.ends(side)
        if not half.arriving:
            return
        arrived = half.arriving.popleft()
        if isinstance(arrived, list):
            half.side.hears(arrived)
        elif not wanted:  # as of a call that is refused, or of a late answer
            unpacked(arrived.data, half.side.passing().extension)
        elif arrived.is_receivers:
            found = half.side.receive(arrived.data, arrived.stub)
            assert found is half.papers[arrived.key]()
        else:
            stub = half.side.receive_stub(arrived.data, arrived.stub)
            assert half.key_of(stub) == arrived.key
            same = [
                one for one in half.stubs if one == stub and type(one) is type(stub)
            ]
            assert all(one is stub for one in same), "more than one live stub"
            half.stubs.append(stub)

    @rule(side=SIDES, pick=PICKS)
    def drop(self, side: int, pick: int) -> None:
        half, _ = self.ends(side)
        if half.stubs:
            del half.stubs[pick % len(half.stubs)]

    @rule(side=SIDES, pick=PICKS)
    def forget(self, side: int, pick: int) -> None:
        """The end itself holds one of its objects no longer."""
        half, _ = self.ends(side)
        if half.kept:
            del half.kept[pick % len(half.kept)]

    @rule(side=SIDES)
    def tell_released(self, side: int) -> None:
        half, other = self.ends(side)
        if released := half.side.take_released():
            other.arriving.append(released)
        assert vars(half.side.references)["_imports"].keys() == half.keys_held()

    @invariant()
    def objects_are_there_as_long_as_they_may_be_held(self) -> None:
        for side in (0, 1):
            half, other = self.ends(side)
            untold = {key for key, _ in other.side.released}
            expected = other.keys_held() | other.keys_arriving()
            expected |= untold | half.keys_released()
            references = half.side.references
            held = {key for key in half.papers if references.export(key) is not None}
            assert held == expected
            assert len(references) == len(expected)
            for key, paper in half.papers.items():
                alive = paper()
                assert (alive is None) == (
                    key not in expected and not kept(half, alive)
                )

    def teardown(self) -> None:
        """When all stubs are gone and everything has arrived, nothing is held."""
        for half in self.halves:
            half.stubs.clear()
        while any(half.arriving or half.side.released for half in self.halves):
            for side in (0, 1):
                self.tell_released(side)
                self.deliver(side, wanted=False)
        for half in self.halves:
            half.kept.clear()
            half.side.references.forget_dropped()
            assert len(half.side.references) == 0
            assert not vars(half.side.references)["_imports"]
            assert not vars(half.side.references)["_by_identity"]
            assert all(paper() is None for paper in half.papers.values())


def kept(half: Half, paper: Paper | None) -> bool:
    return any(one is paper for one in half.kept)


def test_an_object_lives_as_long_as_the_other_end_may_hold_it() -> None:
    """It holds a stub, or one is under way to it, or its release has not come yet.

    Whatever is passed, passed back, dropped and released at both ends meanwhile: the
    object is called by the same number, comes back as itself, and goes in the end.
    """
    explore(Connection, examples=80, steps=50)
