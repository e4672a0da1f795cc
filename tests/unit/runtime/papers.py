"""Objects with two interfaces, and the tables of the ends that pass them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from callbackgen.runtime import Method, Stub, Wrapper, exposed
from callbackgen.runtime.envelope import packed
from callbackgen.runtime.errors import ConnectionLost, Withdrawn
from callbackgen.runtime.lanes import Key
from callbackgen.runtime.references import Passing, References
from callbackgen.runtime.unpacking import unpacked

if TYPE_CHECKING:
    from callbackgen.runtime.session import Session

_READ: Method[str] = Method("read", "() -> str")
_WRITE: Method[None] = Method("write", "(text: str) -> None")


class Paper:
    """It fits `ReaderStub` and `WriterStub`."""

    def __init__(self) -> None:
        self.text = ""

    def read(self) -> str:
        return self.text

    def write(self, text: str) -> None:
        self.text = text


class ReaderWrapper(Wrapper, format=1):
    """As the generator writes it."""

    __slots__ = ("__callback",)

    def __init__(self, callback: Paper) -> None:
        self.__callback = callback

    @exposed(_READ)
    def read(self) -> str:
        return self.__callback.read()


class WriterWrapper(Wrapper, format=1):
    """As the generator writes it."""

    __slots__ = ("__callback",)

    def __init__(self, callback: Paper) -> None:
        self.__callback = callback

    @exposed(_WRITE)
    def write(self, text: str) -> None:
        return self.__callback.write(text)


class AnythingWrapper(Wrapper, format=1):
    """It has no members, so that all objects fit."""

    __slots__ = ("__callback",)

    def __init__(self, callback: object) -> None:
        self.__callback = callback

    def __repr__(self) -> str:
        return f"<AnythingWrapper of {self.__callback}>"


class ReaderStub(Stub, format=1):
    """As the generator writes it."""

    __slots__ = ()


class WriterStub(Stub, format=1):
    """As the generator writes it."""

    __slots__ = ()


class AnythingStub(Stub, format=1):
    """As the generator writes it."""

    __slots__ = ()


class Connection:
    """What is there of a session: whether it has ended."""

    def __init__(self) -> None:
        self.is_over = False

    def check_open(self) -> None:
        if self.is_over:
            raise ConnectionLost("it is over")


class Side:
    """One end of a connection as far as objects go."""

    def __init__(self, session: object = None, limit: int = 1000) -> None:
        self.session = cast("Session", session or Connection())
        self.services: dict[str, Wrapper] = {}
        self.released: list[tuple[int, int]] = []
        self.references = References(
            self.session, limit, self._service, self._release_later
        )

    def _service(self, name: str, _: str) -> Wrapper:
        try:
            return self.services[name]
        except KeyError:
            raise Withdrawn(name) from None

    def _release_later(self, key: int, received: int) -> None:
        self.released.append((key, received))

    def passing(self) -> Passing:
        """The references of a new call."""
        return Passing(self.references, self.session)

    def send(self, value: object, stub: type[Stub] = ReaderStub) -> bytes:
        """An object as it travels."""
        return packed(self.passing().send(stub, value))

    def receive(self, data: bytes, stub: type[Stub] = ReaderStub) -> object:
        """An object that has arrived."""
        passing = self.passing()
        return passing.receive(stub, unpacked(data, passing.extension))

    def receive_stub(self, data: bytes, stub: type[Stub] = ReaderStub) -> Stub:
        """The other end's object."""
        found = self.receive(data, stub)
        assert isinstance(found, stub)
        return found

    def take_released(self) -> list[tuple[int, int]]:
        """What is to be told to the other end."""
        self.references.forget_dropped()
        released, self.released = self.released, []
        return released

    def hears(self, released: list[tuple[int, int]]) -> list[object]:
        """The other end drops objects; gives what is to be dropped here."""
        found = [self.references.release(*pair) for pair in released]
        return [one for one in found if one is not None]

    def holds(self, key: Key, interface: str) -> bool:
        """Whether the other end can call an object."""
        try:
            self.references.exported(key, interface)
        except Withdrawn:
            return False
        return True
