from protocol_names.any_remote import AnyStub
from protocol_names.stub_remote import StubStub
from protocol_names.wrapper_remote import WrapperStub


class Implementation:
    def wrapper(self, stub: StubStub, any: AnyStub) -> int:
        return stub.stub() + int(any.any(1))


def exercise(stub: WrapperStub) -> None:
    assert repr(stub)
