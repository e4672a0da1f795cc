"""Objects passed by reference: how they are counted, named, limited and taken back."""

from __future__ import annotations

import gc
import weakref

import pytest

from callbackgen.runtime import Stub, Wrapper
from callbackgen.runtime.envelope import packed
from callbackgen.runtime.errors import ConnectionLost, LimitExceeded, Withdrawn
from callbackgen.runtime.interfaces import delegate_of, interface_name
from callbackgen.runtime.misfit import Misfit
from callbackgen.runtime.referring import reference
from callbackgen.runtime.stub import link
from callbackgen.runtime.unpacking import unpacked
from callbackgen.runtime.wire import WireError
from tests.unit.runtime.papers import (
    AnythingStub,
    Connection,
    Paper,
    ReaderStub,
    ReaderWrapper,
    Side,
    WriterStub,
    WriterWrapper,
)

READER = interface_name(ReaderStub)
WRITER = interface_name(WriterStub)


def key_of(stub: Stub, there: Side) -> int:
    key = link(stub).key_at(there.session)
    assert isinstance(key, int)
    return key


def test_an_object_arrives_as_a_stub_and_comes_back_as_itself() -> None:
    """Who gets its own object back has the object, not a stub of it."""
    ours, theirs = Side(), Side()
    paper = Paper()
    stub = theirs.receive_stub(ours.send(paper))
    assert ours.receive(theirs.send(stub)) is paper
    assert delegate_of(ours.references.exported(1, READER)) is paper
    assert len(ours.references) == 1
    assert len(theirs.references) == 0


def test_an_object_is_released_when_its_last_stub_is_gone() -> None:
    """As often as it was received, and the object goes with it."""
    ours, theirs = Side(), Side()
    paper = Paper()
    alive = weakref.ref(paper)
    stubs = [theirs.receive_stub(ours.send(paper)) for _ in range(3)]
    del paper
    gc.collect()
    assert alive() is not None
    assert len(set(map(id, stubs))) == 1
    del stubs[1:]
    assert theirs.take_released() == []
    stubs.clear()
    gc.collect()
    assert len(ours.hears(theirs.take_released())) == 1
    gc.collect()
    assert alive() is None
    assert len(ours.references) == 0


def test_an_object_is_not_released_while_a_call_passes_it_back() -> None:
    """The release must not overtake the message that names it."""
    ours, theirs = Side(), Side()
    stub = theirs.receive_stub(ours.send(Paper()))
    passing = theirs.passing()
    passing.send(ReaderStub, stub)
    del stub
    gc.collect()
    assert theirs.take_released() == []
    del passing
    gc.collect()
    assert theirs.take_released() == [(1, 1)]


def test_a_release_that_a_message_overtakes_keeps_the_object() -> None:
    """It was sent again meanwhile: the other end has not got all of them."""
    ours, theirs = Side(), Side()
    paper = Paper()
    key = key_of(theirs.receive_stub(ours.send(paper)), theirs)
    gc.collect()
    released = theirs.take_released()
    data = ours.send(paper)
    assert released == [(key, 1)]
    assert ours.hears(released) == []
    assert key_of(theirs.receive_stub(data), theirs) == key
    gc.collect()
    assert len(ours.hears(theirs.take_released())) == 1
    assert not ours.holds(key, READER)


def test_an_object_that_arrives_again_before_its_release_is_told() -> None:
    """The new stub is not forgotten together with the old one."""
    ours, theirs = Side(), Side()
    paper = Paper()
    theirs.receive_stub(ours.send(paper))
    gc.collect()
    stub = theirs.receive_stub(ours.send(paper))
    assert theirs.take_released() == [(1, 1)]
    assert len(theirs.references.remotes()) == 1
    assert theirs.receive_stub(ours.send(paper)) is stub
    del stub
    gc.collect()
    assert theirs.take_released() == [(1, 2)]
    assert theirs.references.remotes() == []


@pytest.mark.parametrize("pair", [(1, 0), (2, 5), (-1, 1), (0, 2**70)])
def test_a_release_of_what_is_not_there_does_nothing(pair: tuple[int, int]) -> None:
    """Nor does one of no objects."""
    side = Side()
    side.send(Paper())
    assert side.hears([pair]) == []
    assert side.holds(1, READER)


def test_no_more_objects_are_sent_than_the_limit() -> None:
    """The error has the numbers; those that are held may be sent again."""
    side = Side(limit=2)
    papers = [Paper(), Paper()]
    for paper in papers:
        side.send(paper)
    with pytest.raises(LimitExceeded, match=r"no more Reader .* 2 objects .* is 2 \("):
        side.send(Paper())
    side.send(papers[0])
    side.send(papers[0], WriterStub)
    side.hears([(2, 1)])
    side.send(Paper())
    with pytest.raises(LimitExceeded):
        side.send(papers[1])


def test_no_more_objects_are_taken_than_the_limit() -> None:
    """The one too many is released at once, and the call says why it is refused."""
    ours, theirs = Side(), Side(limit=2)
    papers = [Paper() for _ in range(3)]
    stubs = [theirs.receive_stub(ours.send(paper)) for paper in papers[:2]]
    passing = theirs.passing()
    data = [*map(ours.send, (papers[2], papers[0]))]
    third, first = (unpacked(one, passing.extension) for one in data)
    assert third is None
    assert passing.refused is not None
    for text in ("no more Reader", "2 objects", "limit is 2"):
        assert text in passing.refused
    assert passing.receive(ReaderStub, first) is stubs[0]
    assert theirs.take_released() == [(3, 1)]
    del stubs[1]
    gc.collect()
    assert len(ours.hears([*theirs.take_released(), (3, 1)])) == 2
    assert isinstance(theirs.receive(ours.send(papers[2])), ReaderStub)


def test_a_bound_method_is_the_same_object_each_time() -> None:
    """Python makes it anew; methods of other objects, and others, are others."""
    side, there = Side(), Side()
    paper, other = Paper(), Paper()
    methods = [paper.read, paper.read, paper.write, other.read]
    stubs = [
        there.receive_stub(side.send(method, AnythingStub), AnythingStub)
        for method in methods
    ]
    assert [key_of(stub, there) for stub in stubs] == [1, 1, 2, 3]
    assert side.references.withdraw(paper.read) is not None
    assert side.references.withdraw(paper.read) is None
    assert len(side.references) == 2


def test_a_wrapper_is_the_same_object_as_what_it_wraps() -> None:
    """Two wrappers of one object too; the first one is what is called."""
    side, there = Side(), Side()
    paper = Paper()
    wrapper = ReaderWrapper(paper)
    values = [wrapper, paper, ReaderWrapper(paper)]
    stubs = {there.receive_stub(side.send(value)) for value in values}
    assert len(stubs) == len(side.references) == 1
    assert side.references.exported(1, READER) is wrapper
    assert side.references.withdraw(ReaderWrapper(paper)) is not None


def test_an_object_has_one_number_under_two_interfaces() -> None:
    """Its stubs are equal, and are counted together; each has its own wrapper."""
    ours, theirs = Side(), Side()
    paper = Paper()
    reader = theirs.receive_stub(ours.send(paper))
    assert not ours.holds(1, WRITER)
    writer = theirs.receive_stub(ours.send(paper, WriterStub), WriterStub)
    assert reader == writer
    assert isinstance(ours.references.exported(1, READER), ReaderWrapper)
    assert isinstance(ours.references.exported(1, WRITER), WriterWrapper)
    assert not ours.holds(1, interface_name(AnythingStub))
    del reader
    assert theirs.take_released() == []
    del writer
    gc.collect()
    assert theirs.take_released() == [(1, 2)]


def test_an_object_that_is_withdrawn_is_not_there_any_more() -> None:
    """Neither to be called nor to come back; passed again it is another one."""
    ours, theirs = Side(), Side()
    paper = Paper()
    stub = theirs.receive_stub(ours.send(paper))
    back = theirs.send(stub)
    assert ours.references.withdraw(paper) is not None
    assert ours.references.withdraw(paper) is None
    with pytest.raises(Withdrawn, match="object 1 is not there"):
        ours.references.exported(1, READER)
    with pytest.raises(Misfit, match="Reader is not there any more"):
        ours.receive(back)
    again = theirs.receive_stub(ours.send(paper))
    assert again != stub
    del stub
    gc.collect()
    assert ours.hears(theirs.take_released()) == []
    assert ours.holds(2, READER)


def test_what_was_not_sent_after_all_is_not_counted() -> None:
    """The objects of a call that fails are not held by the other end."""
    side = Side()
    paper, other = Paper(), Paper()
    side.send(paper)
    passing = side.passing()
    for value in (paper, other, other):
        passing.send(ReaderStub, value)
    assert len(side.references) == 2
    passing.undo()
    passing.undo()
    assert len(side.references) == 1
    assert len(side.hears([(1, 1)])) == 1


def test_an_object_that_does_not_fit_is_refused_and_not_counted() -> None:
    """By what it lacks; a wrapper of another interface is not taken either."""
    side = Side()
    with pytest.raises(Misfit, match="list does not fit Reader: it has no method"):
        side.send([])
    with pytest.raises(Misfit, match="expected a ReaderWrapper, got WriterWrapper"):
        side.send(WriterWrapper(Paper()))
    assert len(side.references) == 0


def test_what_arrives_has_to_be_the_reference_that_is_expected() -> None:
    """Of that interface, and a reference at all."""
    ours, theirs = Side(), Side()
    with pytest.raises(Misfit, match=r"expected a Writer, got a reference to .*Reader"):
        theirs.receive(ours.send(Paper()), WriterStub)
    with pytest.raises(Misfit, match="expected a Reader by reference, got int"):
        theirs.receive(packed(1))
    gc.collect()
    assert theirs.take_released() == [(1, 1)]


def test_a_service_can_be_passed_by_its_name() -> None:
    """To the end where it lives; that of the sender has no names here."""
    side = Side()
    paper = Paper()
    side.services["paper"] = ReaderWrapper(paper)
    mine = reference(receivers=True, key="paper", interface=READER)
    assert side.receive(packed(mine)) is paper
    unknown = reference(receivers=True, key="other", interface=READER)
    with pytest.raises(Misfit, match="not there any more"):
        side.receive(packed(unknown))
    theirs = reference(receivers=False, key="paper", interface=READER)
    with pytest.raises(WireError, match="by name"):
        side.receive(packed(theirs))


def test_a_connection_that_ends_drops_all_objects() -> None:
    """What the other end held is given, to be dropped where that may take time."""
    ours, theirs = Side(), Side()
    papers = [Paper(), Paper()]
    stubs = [theirs.receive_stub(ours.send(paper)) for paper in papers]
    dropped = ours.references.clear()
    assert len(dropped) == 2
    assert ours.references.clear() == []
    assert not ours.holds(1, READER)
    assert ours.hears([(1, 1)]) == []
    assert len(theirs.references.remotes()) == len(stubs)


def test_a_service_is_looked_for_when_it_is_wanted() -> None:
    """Not while the message is read: to find it may run code of the user."""
    side = Side()
    asked: list[str] = []

    class Asked(dict[str, Wrapper]):
        def __getitem__(self, name: str) -> Wrapper:
            asked.append(name)
            return super().__getitem__(name)

    paper = Paper()
    side.services = Asked(paper=ReaderWrapper(paper))
    data = packed(reference(receivers=True, key="paper", interface=READER))
    passing = side.passing()
    arrived = unpacked(data, passing.extension)
    assert asked == []
    assert passing.receive(ReaderStub, arrived) is paper
    assert asked == ["paper"]


def test_nothing_is_exported_when_the_connection_has_ended() -> None:
    """A call that is answered then would have its result kept by stubs of that end."""
    connection = Connection()
    side = Side(connection)
    side.send(Paper())
    connection.is_over = True
    side.references.clear()
    with pytest.raises(ConnectionLost):
        side.send(Paper())
    assert len(side.references) == 0
