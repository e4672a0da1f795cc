"""An interface module that imports its own generated module at run time."""

from typing import Protocol


class Session(Protocol):
    def close(self) -> str: ...


class Service(Protocol):
    def open(self, session: Session) -> str: ...


from imports_itself.service_remote import ServiceStub, ServiceWrapper  # noqa: E402
from imports_itself.session_remote import SessionStub  # noqa: E402


class Implementation:
    def open(self, session: SessionStub) -> str:
        return session.close()


def wrapped() -> ServiceWrapper:
    return ServiceWrapper(Implementation())


if __name__ == "__main__":
    print(ServiceStub.__name__, type(wrapped()).__name__)
