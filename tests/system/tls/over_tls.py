"""Calls over TLS, in a process of its own: Pyro5 makes its TLS context only once.

The key beside this file is for this test alone and is trusted by nobody else.
"""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any, cast

import Pyro5.api

import callbackgen
from templates.peer_remote import PeerStub, PeerWrapper

HERE = Path(__file__).parent


class Peer:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def notify(self, text: str) -> None:
        self.heard.append(text)


def main() -> None:
    config = cast(Any, Pyro5.config)
    config.SSL = True
    config.SSL_SERVERCERT = config.SSL_CACERTS = str(HERE / "localhost.certificate.pem")
    config.SSL_SERVERKEY = str(HERE / "localhost.key.pem")
    peer = Peer()
    wrapper = PeerWrapper(peer)
    with Pyro5.api.Daemon(host="localhost") as daemon:
        uri: Any = daemon.register(wrapper)
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        stub = PeerStub(uri)
        for text in ("one", "two"):
            stub.notify(text)
        print(*peer.heard)
        try:
            PeerStub(str(uri).replace("localhost", "127.0.0.1")).notify("three")
        except callbackgen.ConnectionLost as error:
            print("certificate" in str(error))
        del stub
        daemon.shutdown()
        thread.join()
    with socket.create_server(("localhost", 0)) as mute:
        port = mute.getsockname()[1]
        try:
            quick = callbackgen.with_deadline(PeerStub(f"PYRO:a@localhost:{port}"), 0.2)
            quick.notify("four")
        except callbackgen.DeadlineExceeded:
            print("too late")


if __name__ == "__main__":
    main()
