"""An ordinary client with a certificate: ``python -m ... server|client CASE [URI]``.

`known`: the server lets in who has it. `unknown`: it does not. `nameless`: the client
has none. The server ends when its stdin is closed.
"""

from __future__ import annotations

import ssl
import sys
import threading
from typing import Any, cast

import Pyro5.api
import Pyro5.errors

import callbackgen
from tests.system.pyro5.users import context, expose
from tests.system.tls.over_ours import CERTIFICATE, KEY


def name_in(certificate: Any) -> str:
    """The common name of whose certificate it is."""
    name: str = dict(entry for (entry,) in certificate["subject"])["commonName"]
    return name


class Door:
    @expose
    def name(self) -> str:
        """Who calls."""
        return name_in(context.client.getpeercert())


class Doorkeeper(callbackgen.Daemon):
    """Lets in whom it knows by name."""

    def __init__(self, known: str) -> None:
        super().__init__(host="localhost")
        self.known = known

    def validateHandshake(self, conn: Any, data: Any) -> Any:  # noqa: N802
        """As Pyro5's example of two-way TLS does it."""
        print("shaken", flush=True)
        name = name_in(conn.getpeercert())
        if name != self.known:
            raise PermissionError(f"who is {name}?")
        return f"welcome {name}"


class Visitor(Pyro5.api.Proxy):  # type: ignore[misc]  # Pyro5 has no types
    """Prints what it is let in with."""

    def _pyroValidateHandshake(self, response: Any) -> None:  # noqa: N802
        print(response)


def serve(case: str) -> None:
    """Serve a door."""
    with Doorkeeper("localhost" if case == "known" else "somebody") as daemon:
        uri = daemon.register(Door(), "door")
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        print(uri, flush=True)
        sys.stdin.read()
        daemon.shutdown()
        thread.join()


def visit(uri: str) -> None:
    """Call the door."""
    try:
        with Visitor(uri) as door:
            print("called by", cast(Any, door).name())
    except Pyro5.errors.CommunicationError as error:
        _, is_told, reason = str(error).partition("rejected: ")
        print(f"rejected: {reason}" if is_told else "no connection")
    except (ssl.SSLError, ConnectionError):
        print("no connection")


def main(role: str, case: str, *uri: str) -> None:
    """Set Pyro5 up as one end has it."""
    config = cast(Any, Pyro5.config)
    config.SSL = True
    config.SSL_CACERTS = CERTIFICATE
    if role == "server":
        config.SSL_SERVERCERT, config.SSL_SERVERKEY = CERTIFICATE, KEY
        config.SSL_REQUIRECLIENTCERT = True
        serve(case)
    else:
        if case != "nameless":
            config.SSL_CLIENTCERT, config.SSL_CLIENTKEY = CERTIFICATE, KEY
        visit(*uri)


if __name__ == "__main__":
    main(*sys.argv[1:])
