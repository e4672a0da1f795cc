# Pyro5 has no annotations.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import Pyro5.api
from circle.client_remote import ClientStub, ClientWrapper
from circle.server_remote import ServerStub, ServerWrapper


class Implementation:
    """The server; it passes a wrapper of itself on to the client."""

    wrapper: ServerWrapper | None = None

    def attach(self, client: ClientStub) -> str:
        me = ServerWrapper(self)
        with Pyro5.api.Daemon(host="127.0.0.1") as daemon:
            daemon.register(me)
            return client.attached(me)

    def name(self) -> str:
        return "server"


class Attaching:
    def attached(self, server: ServerStub) -> str:
        return repr(type(server).__name__)


def exercise(stub: ServerStub) -> None:
    from tests.generated.serving import serving

    wrapper = ClientWrapper(Attaching())
    with serving(wrapper):
        assert stub.attach(wrapper) == "'ServerStub'"
    assert stub.name() == "server"
