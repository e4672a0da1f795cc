"""The template's own classes over stock Pyro5 daemons: every kind of member."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import callbackgen
from callbackgen.runtime import OMITTED
from templates.example import EVERYTHING
from templates.example_remote import (
    ExampleStub,
    ExampleTarget,
    ExampleWrapper,
)
from templates.peer_remote import PeerStub, PeerWrapper
from tests.system.plain import Listening, Plain
from tests.unit.runtime.serving import serving

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def plain() -> Plain:
    return Plain()


@pytest.fixture
def stub(plain: Plain) -> Iterator[ExampleStub]:
    with serving(ExampleWrapper(plain)) as (address,):
        yield ExampleStub(address)


def test_a_method_is_called_with_its_arguments(stub: ExampleStub, plain: Plain) -> None:
    """Positional, named and left-out arguments arrive as the caller gave them."""
    assert stub.changed("ACME", 1.5) is False
    assert stub.changed(symbol="ACME", price=2.5, final=True) is True
    assert stub.changed("ACME", price=3) is False
    assert plain.seen == [
        ("ACME", 1.5, False),
        ("ACME", 2.5, True),
        ("ACME", 3.0, False),
    ]


def test_an_attribute_is_read_and_assigned(stub: ExampleStub, plain: Plain) -> None:
    """Reading and assigning a data attribute of a stub is done at the far end."""
    assert stub.level == 3
    stub.level = 7
    assert plain.level == 7
    assert stub.level == 7


def test_an_attribute_is_checked_before_it_is_sent(
    stub: ExampleStub, plain: Plain
) -> None:
    """A value of another type is refused here; the far end keeps what it had."""
    with pytest.raises(callbackgen.BadArgument, match=r"level.*expected int, got str"):
        stub.level = "high"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    assert plain.level == 3


def test_a_property_is_read(stub: ExampleStub) -> None:
    """A read-only property answers, and cannot be assigned."""
    assert stub.label == "plain"
    with pytest.raises(AttributeError):
        stub.label = "other"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def test_a_oneway_call_is_carried_out_in_order(stub: ExampleStub, plain: Plain) -> None:
    """Oneway calls give nothing back, and run in the order in which they were made."""
    texts = [str(number) for number in range(300)]
    for text in texts:
        stub.told(text)
    stub.told("last")

    assert plain.told_all.wait(30)
    assert plain.seen == [*texts, "last"]


def test_a_two_way_call_comes_after_the_oneway_ones(
    stub: ExampleStub, plain: Plain
) -> None:
    """A call that waits for an answer does not overtake, and gets its own answer."""
    for number in range(50):
        stub.told(str(number))
        assert stub.get(str(number)) == str(number)
    assert plain.seen == [str(number) for number in range(50)]


def test_a_oneway_call_that_fails_disturbs_nobody(plain: Plain) -> None:
    """What a oneway method raises is not heard of, and the next call is answered."""

    class Failing(Plain):
        def told(self, text: str) -> None:
            raise RuntimeError(text)

    with serving(ExampleWrapper(Failing())) as (address,):
        stub = ExampleStub(address)
        for _ in range(5):
            stub.told("unheard")
        assert stub.label == "plain"


def test_a_left_out_argument_has_the_far_ends_default(stub: ExampleStub) -> None:
    """An argument that is not given is not sent: the object's own default applies."""
    assert stub.limited() == [EVERYTHING]
    assert stub.limited(OMITTED) == [EVERYTHING]
    assert stub.limited(5) == [5]


def test_an_overload_is_chosen_by_the_arguments(stub: ExampleStub) -> None:
    """Each overload can be called; arguments that fit none are refused here."""
    assert stub.get("key") == "key"
    assert stub.get("key", 5) == 5
    with pytest.raises(callbackgen.BadArgument, match="none of its overloads"):
        stub.get("key", "five")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


def test_a_type_variable_is_plain_data(stub: ExampleStub) -> None:
    """What a type variable stands for comes back unchanged."""
    value = {"a": [1, 2.5, None, True], (1, "b"): {1, 2}, 3: float("inf")}
    assert stub.convert(value) == value


def test_an_async_member_is_awaited(stub: ExampleStub, plain: Plain) -> None:
    """Async members of the stub call async methods of the object, side by side."""

    async def calls() -> tuple[object, ...]:
        return await asyncio.gather(
            stub.later(3),
            stub.convert_later([1]),
            stub.limited_later(),
            stub.limited_later(2),
            stub.get_later("key"),
            stub.get_later("key", 5),
        )

    assert list(asyncio.run(calls())) == ["xxx", [1], [EVERYTHING], [2], "key", 5]


def test_async_methods_run_on_the_loop_of_the_wrapper(plain: Plain) -> None:
    """A wrapper made on a running loop has its coroutines run there."""

    async def scenario() -> None:
        wrapper = ExampleWrapper(plain)
        with ExitStack() as stack:
            (address,) = stack.enter_context(serving(wrapper))
            assert await ExampleStub(address).later(1) == "x"
            closing = stack.pop_all()
            await asyncio.to_thread(closing.close)
        assert plain.loops == [asyncio.get_running_loop()]

    asyncio.run(scenario())


def test_a_deprecated_member_warns_and_works(stub: ExampleStub, plain: Plain) -> None:
    """Calling one gives a DeprecationWarning with the interface's own words."""
    with pytest.warns(DeprecationWarning, match="use changed"):
        stub.old("ACME")  # pyright: ignore[reportDeprecated]
    with pytest.warns(DeprecationWarning, match="use label"):
        assert stub.old_label == "old"  # pyright: ignore[reportDeprecated]
    assert plain.seen == ["ACME"]


def test_the_object_itself_is_called(stub: ExampleStub) -> None:
    """The Protocol's `__call__` is called by calling the stub."""
    assert stub("go") is True
    assert stub("stop") is False


def test_a_reference_travels_both_ways(plain: Plain) -> None:
    """A registered wrapper arrives as a stub, and what is returned is a stub again."""
    listening = Listening()
    peer = PeerWrapper(listening)
    with serving(peer) as (peer_address,), serving(ExampleWrapper(plain)) as (address,):
        answer = ExampleStub(address).attach(peer)

        assert plain.seen == [PeerStub]
        assert answer == PeerStub(peer_address)
        answer.notify("again")
        assert listening.texts == ["attached", "again"]


def test_a_stub_is_passed_on_as_the_address_that_it_has(plain: Plain) -> None:
    """Who gets a stub as an argument calls the object, not the one who passed it."""
    listening = Listening()
    with (
        serving(PeerWrapper(listening)) as (peer_address,),
        serving(ExampleWrapper(plain)) as (address,),
    ):
        ExampleStub(address).attach(PeerStub(peer_address))
        assert listening.texts == ["attached"]


@pytest.mark.parametrize("register", [False, True])
def test_what_is_no_registered_wrapper_is_refused(
    stub: ExampleStub, register: bool
) -> None:
    """A plain object and an unregistered wrapper are refused, with what to do."""
    given = PeerWrapper(Listening()) if register else Listening()
    hint = "register" if register else r"wrap it in PeerWrapper"
    with pytest.raises(callbackgen.BadArgument, match=rf"attach.*peer.*{hint}"):
        stub.attach(given)


def test_the_interface_is_not_imported_to_call_a_stub(plain: Plain) -> None:
    """A server that has generated modules alone serves; it imports no interface."""
    program = """
import sys
from templates.example_remote import ExampleStub
from templates.peer_remote import PeerStub
stub = ExampleStub(sys.argv[1])
assert stub.changed("ACME", 1.5, final=True) is True
assert stub.limited() == [100]
assert stub.get("key", 5) == 5
stub.level = 4
assert stub.level == 4
stub.attach(PeerStub(sys.argv[2]))
unwanted = {"templates.example", "callbackgen.generator", "libcst", "click"}
loaded = unwanted & set(sys.modules)
assert not loaded, loaded
print("done")
"""
    listening = Listening()
    with (
        serving(ExampleWrapper(plain)) as (address,),
        serving(PeerWrapper(listening)) as (peer_address,),
    ):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program, address, peer_address],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.stdout, done.stderr) == ("done\n", "")
    assert listening.texts == ["attached"]


def test_a_plain_object_fits_the_target() -> None:
    """What the tests wrap is typed as a user's object is: no casts, no base class."""
    target: ExampleTarget = Plain()
    assert ExampleWrapper(target).call_("go")
