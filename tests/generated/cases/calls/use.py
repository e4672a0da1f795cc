from calls.calls_remote import CallsStub


class Implementation:
    def __call__(self, event: str, *, count: int = 2) -> list[str]:
        return [event] * count

    def call_(self) -> int:
        return 1

    def call__(self) -> int:
        return 2


def exercise(stub: CallsStub) -> None:
    assert stub("a") == ["a", "a"]
    assert stub("a", count=1) == ["a"]
    assert stub.call_() == 1
    assert stub.call__() == 2
