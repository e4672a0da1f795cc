import asyncio

from references.listener_remote import ListenerStub, ListenerWrapper
from references.references_remote import ReferencesStub
from references.session_remote import SessionStub, SessionWrapper


class Closing:
    def close(self) -> str:
        return "closed"


class Counting:
    def __init__(self, count: int) -> None:
        self.count = count

    def changed(self, symbol: str) -> int:
        return self.count


class Implementation:
    session: SessionWrapper

    @property
    def main(self) -> SessionWrapper:
        return self.session

    def add(self, symbol: str, listener: ListenerStub) -> int:
        return listener.changed(symbol)

    def maybe(self, listener: ListenerStub | None = None) -> bool:
        return listener is not None and listener.changed("x") == 1

    def many(self, *listeners: ListenerStub, **named: ListenerStub) -> int:
        return sum(each.changed("x") for each in [*listeners, *named.values()])

    def listed(
        self, listeners: list[ListenerStub], named: dict[str, ListenerStub | None]
    ) -> int:
        present = [each for each in named.values() if each is not None]
        return sum(each.changed("x") for each in [*listeners, *present])

    def open(self) -> SessionWrapper:
        return self.session

    def sessions(self) -> dict[str, SessionWrapper]:
        return {"a": self.session}

    def find(self, name: str) -> SessionWrapper | None:
        return self.session if name == "a" else None

    async def later(self, listener: ListenerStub) -> SessionWrapper:
        assert await asyncio.to_thread(listener.changed, "x") == 1
        return self.session


def exercise(stub: ReferencesStub) -> None:
    from tests.generated.serving import serving

    one, two = ListenerWrapper(Counting(1)), ListenerWrapper(Counting(2))
    session = SessionWrapper(Closing())
    Implementation.session = session
    with serving(one, two), serving(session):
        assert stub.add("x", one) == 1
        assert stub.maybe() is False
        assert stub.maybe(one) is True
        assert stub.many(one, two, named=two) == 5
        assert stub.listed([one, two], {"a": two, "b": None}) == 5
        opened: SessionStub = stub.open()
        assert opened.close() == "closed"
        assert stub.main == opened
        assert stub.sessions()["a"].close() == "closed"
        assert stub.find("b") is None
        assert stub.find("a") == opened
        assert asyncio.run(stub.later(one)) == opened


