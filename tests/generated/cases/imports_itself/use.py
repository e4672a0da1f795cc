from imports_itself.interface import Implementation as Implementation
from imports_itself.service_remote import ServiceStub
from imports_itself.session_remote import SessionWrapper


class Closing:
    def close(self) -> str:
        return "closed"


def exercise(stub: ServiceStub) -> None:
    from tests.generated.serving import serving

    session = SessionWrapper(Closing())
    with serving(session):
        assert stub.open(session) == "closed"
