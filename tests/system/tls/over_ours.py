"""One connection over TLS, in a process of its own: ``python -m ... CASE``.

`trusted`: the ends show each other a certificate. `untrusted`: the client does not
know who has made the server's. `nameless`: the client has none, which the server asks
for.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any, cast

import Pyro5

import callbackgen
from templates.peer_remote import PeerStub, PeerWrapper

HERE = Path(__file__).parent
CERTIFICATE = str(HERE / "localhost.certificate.pem")
KEY = str(HERE / "localhost.key.pem")


class Peer:
    """Fits Peer; says who calls it."""

    def notify(self, text: str) -> None:
        connection = callbackgen.current_peer().connection
        shown = connection.getpeercert()
        print(text, dict(entry for (entry,) in shown["subject"])["commonName"])


def configure(case: str) -> None:
    """Both ends are in this process, and have contexts of their own."""
    config = cast(Any, Pyro5.config)
    config.SSL = True
    config.SSL_SERVERCERT, config.SSL_SERVERKEY = CERTIFICATE, KEY
    config.SSL_REQUIRECLIENTCERT = True
    config.SSL_CACERTS = CERTIFICATE
    if case == "trusted":
        config.SSL_CLIENTCERT, config.SSL_CLIENTKEY = CERTIFICATE, KEY


def main(case: str) -> None:
    configure(case)
    with callbackgen.Daemon(host="localhost") as daemon:
        address = str(daemon.register(PeerWrapper(Peer()), "peer"))
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        if case == "untrusted":
            cast(Any, Pyro5.config).SSL_CACERTS = ""
        try:
            with callbackgen.connect(address) as connection:
                PeerStub(connection).notify("heard by")
        except callbackgen.ConnectionLost as error:
            print(error)
        daemon.shutdown()
        thread.join()


if __name__ == "__main__":
    main(sys.argv[1])
