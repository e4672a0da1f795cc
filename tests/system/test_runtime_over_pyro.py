"""The template's own classes over stock Pyro5 daemons: every kind of member."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import Pyro5.api
import Pyro5.errors
import pytest

import callbackgen
from callbackgen.runtime import OMITTED
from templates.example import EVERYTHING
from templates.example_remote import (
    ExampleStub,
    ExampleTarget,
    ExampleWrapper,
    RemoteExample,
)
from templates.peer_remote import PeerStub, PeerWrapper
from tests.unit.runtime.serving import Daemon, running, serving

if TYPE_CHECKING:
    from templates.example import Peer

CHECKOUT = Path(__file__).resolve().parents[2]


class Listening:
    """A Peer that remembers what it was told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def notify(self, text: str) -> None:
        self.texts.append(text)


class Plain:
    """An Example, as a user writes one: of no base class, with no decorator."""

    def __init__(self) -> None:
        self.level = 3
        self.seen: list[object] = []
        self.told_all = threading.Event()
        self.loops: list[asyncio.AbstractEventLoop] = []

    @property
    def label(self) -> str:
        return "plain"

    @property
    def old_label(self) -> str:
        return "old"

    def changed(self, symbol: str, price: float, *, final: bool = False) -> bool:
        self.seen.append((symbol, price, final))
        return final

    def told(self, text: str) -> None:
        self.seen.append(text)
        if text == "last":
            self.told_all.set()

    def confirm(self, question: str) -> bool:
        return question == "yes?"

    def attach(self, peer: Peer) -> Peer:
        peer.notify("attached")
        self.seen.append(type(peer))
        return peer

    def limited(self, count: int = EVERYTHING) -> list[int]:
        return [count]

    def convert(self, value: Any) -> Any:
        return value

    async def later(self, count: int) -> str:
        self.loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return "x" * count

    async def convert_later(self, value: Any) -> Any:
        return value

    async def limited_later(self, count: int = EVERYTHING) -> list[int]:
        return [count]

    def get(self, key: str, default: int | None = None) -> Any:
        return key if default is None else default

    async def get_later(self, key: str, default: int | None = None) -> Any:
        return key if default is None else default

    def old(self, symbol: str) -> None:
        self.seen.append(symbol)

    def __call__(self, event: str) -> bool:
        return event == "go"


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


def test_an_ordinary_pyro5_client_calls_a_wrapper(plain: Plain) -> None:
    """A stock Proxy sees the members of the Protocol, and no others."""
    proxy: Any
    with (
        serving(ExampleWrapper(plain)) as (address,),
        Pyro5.api.Proxy(address) as proxy,
    ):
        assert proxy.changed("ACME", 1.5, final=True) is True
        assert proxy.call_("go") is True
        assert proxy.label == "plain"
        proxy.level = 9
        assert plain.level == 9
        members = {name for name in vars(RemoteExample) if not name.startswith("_")}
        exposed = proxy._pyroMethods | proxy._pyroAttrs
        assert exposed == {*members, "level", "call_"}
        assert proxy._pyroAttrs == {"label", "level", "old_label"}
        assert proxy._pyroOneway == set()


@pytest.mark.parametrize(
    "name", ["__call__", "seen", "_ExampleWrapper__callback", "_callbackgen_loop"]
)
def test_nothing_else_can_be_called(plain: Plain, name: str) -> None:
    """Neither the object's own members nor the wrapper's private ones are exposed."""
    proxy: Any
    with (
        serving(ExampleWrapper(plain)) as (address,),
        Pyro5.api.Proxy(address) as proxy,
    ):
        proxy._pyroBind()
        with pytest.raises(AttributeError):
            proxy._pyroInvoke(name, ("go",), {})
        with pytest.raises(AttributeError):
            proxy._pyroInvoke("__getattr__", (name,), {})


def test_an_ordinary_pyro5_client_passes_a_proxy(plain: Plain) -> None:
    """A Proxy, a URI and what Pyro5 makes a Proxy of arrive as stubs."""
    listening = Listening()
    peer = PeerWrapper(listening)
    proxy: Any
    with (
        serving(peer) as (peer_address,),
        serving(ExampleWrapper(plain)) as (address,),
        Pyro5.api.Proxy(address) as proxy,
        Pyro5.api.Proxy(peer_address) as peer_proxy,
    ):
        for given in (peer_proxy, Pyro5.api.URI(peer_address), peer):
            with proxy.attach(given) as answer:
                answer.notify("back")
        assert listening.texts == ["attached", "back"] * 3


def test_an_ordinary_pyro5_service_gets_a_proxy() -> None:
    """A reference in a stub's call reaches a hand-written service as a Proxy."""
    listening = Listening()

    class ByHand:
        @Pyro5.api.expose  # type: ignore[untyped-decorator]  # Pyro5 has no annotations
        def attach(self, peer: Any) -> Any:
            with peer:
                peer.notify("by hand")
            return peer

    peer = PeerWrapper(listening)
    with serving(peer) as (peer_address,), Daemon() as daemon:
        address = daemon.register(ByHand())
        with running(daemon):
            assert ExampleStub(address).attach(peer) == PeerStub(peer_address)
    assert listening.texts == ["by hand"]


def test_an_argument_of_an_ordinary_client_is_checked(plain: Plain) -> None:
    """What does not fit is a TypeError that says where; the object is not called."""
    proxy: Any
    with (
        serving(ExampleWrapper(plain)) as (address,),
        Pyro5.api.Proxy(address) as proxy,
    ):
        with pytest.raises(TypeError, match=r"changed.*price.*expected float, got str"):
            proxy.changed("ACME", "much")
        with pytest.raises(TypeError, match=r"changed.*missing.*price"):
            proxy.changed("ACME")
        with pytest.raises(TypeError, match=r"attach.*peer.*expected a reference"):
            proxy.attach("PYRO:peer@localhost:1")
        with pytest.raises(TypeError, match=r"level.*expected int, got str"):
            proxy.level = "high"
    assert plain.seen == []


def test_a_result_that_does_not_fit_is_an_error_of_the_call(plain: Plain) -> None:
    """The caller learns which method has answered what, and where in it."""

    class Wrong(Plain):
        def limited(self, count: int = EVERYTHING) -> Any:
            return [1, "two"]

    with (
        serving(ExampleWrapper(Wrong())) as (address,),
        pytest.raises(callbackgen.RemoteRaised) as caught,
    ):
        ExampleStub(address).limited()
    assert caught.value.class_name == "TypeError"
    assert "limited" in caught.value.text
    assert "result[1]: expected int, got str" in caught.value.text


class OddError(Exception):
    """An exception that no peer knows, with more in it than can be sent."""

    def __init__(self, code: int, *, thing: object) -> None:
        super().__init__(code, thing)
        self.thing = thing

    def __str__(self) -> str:
        return "odd indeed"


class Unspeakable(Exception):
    """An exception that cannot even be printed."""

    def __str__(self) -> str:
        raise ValueError("no words")


def _raises_exit() -> None:
    sys.exit("leaving")


def _raises(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("fail", "class_name", "text"),
    [
        (_raises(ValueError("bad value")), "ValueError", "bad value"),
        (_raises(KeyError("key")), "KeyError", "'key'"),
        (_raises(OddError(1, thing=object())), "OddError", "odd indeed"),
        (_raises(OddError(1, thing=1)), "OddError", "odd indeed"),
        (_raises(Unspeakable()), "Unspeakable", "ValueError"),
        (_raises_exit, "SystemExit", "leaving"),
        (_raises(KeyboardInterrupt()), "KeyboardInterrupt", ""),
        (_raises(GeneratorExit()), "GeneratorExit", ""),
        (_raises(StopIteration(4)), "StopIteration", "4"),
        (
            _raises(Pyro5.errors.ConnectionClosedError("x")),
            "ConnectionClosedError",
            "x",
        ),
        (_raises(Pyro5.errors.SecurityError("x")), "SecurityError", "x"),
        (_raises(callbackgen.ConnectionLost("gone")), "ConnectionLost", "gone"),
        (_raises(ValueError("x" * 3_000_000)), "ValueError", "xxx"),
        (_raises(ExceptionGroup("many", [ValueError(1)])), "ExceptionGroup", "many"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_is_raised_reaches_the_caller(
    fail: Callable[[], None], class_name: str, text: str
) -> None:
    """As RemoteRaised, with class name, text and traceback; the stub works on."""

    class Raising(Plain):
        def confirm(self, question: str) -> bool:
            fail()
            return True

        async def later(self, count: int) -> str:
            fail()
            return ""

    with serving(ExampleWrapper(Raising())) as (address,):
        stub = ExampleStub(address)
        for call in (lambda: stub.confirm("?"), lambda: asyncio.run(stub.later(1))):
            with pytest.raises(callbackgen.RemoteRaised) as caught:
                call()
            raised = caught.value
            if "coroutine" not in raised.text:  # Python's own word on StopIteration
                assert raised.class_name.rpartition(".")[2] == class_name
                assert text in raised.text
            whole = raised.class_name + raised.text + raised.traceback_text
            assert len(whole) <= 64 * 1024
        assert stub.label == "plain"


def test_a_traceback_names_the_place(plain: Plain) -> None:
    """The text of the remote traceback has the file and line that raised."""

    class Raising(Plain):
        def confirm(self, question: str) -> bool:
            raise ValueError(question)

    with (
        serving(ExampleWrapper(Raising())) as (address,),
        pytest.raises(callbackgen.RemoteRaised) as caught,
    ):
        ExampleStub(address).confirm("why?")
    assert f'File "{__file__}"' in caught.value.traceback_text
    assert str(caught.value) == "ValueError: why?"


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
