"""The two stories: which processes take part, and what has to happen."""

from __future__ import annotations

from contextlib import ExitStack

from demo.actors import Actor, DemoFailed
from demo.showing import GREEN, narrate

SOME = 3
"""So many changes make clear that a client is told again and again."""


def dubbo() -> None:
    """A client passes a listener in a call, and is told from then on."""
    narrate("\nDubbo's example: the server calls back what a client passed to it.\n")
    with ExitStack() as stage:
        server = Actor("server", "demo.server", "--port=0", "--every=0.2")
        stage.enter_context(server)
        port = f"--port={_address(server).rpartition(':')[2]}"
        ada = stage.enter_context(Actor("Ada", "demo.client", "Ada", port))
        ben = stage.enter_context(Actor("Ben", "demo.client", "Ben", port))
        for client in (ada, ben):
            client.until("hears: welcome")
            client.until("is on the list")
            client.until("hears: change", SOME)
        _tell_ports([server, ada, ben], [1, 0, 0])

        narrate("Ben is killed. The server is to notice, and Ada to hear more.")
        ben.kill()
        server.until("Ben is lost, and off the list")
        ada.until("hears: change", ada.count("hears: change") + SOME)

        narrate("The server is asked to end, and Ada is to notice.")
        server.terminate()
        server.finish()
        ada.until("has lost the server")
        ada.finish()
    narrate("All has happened as it should.", GREEN)


def rmi() -> None:
    """Both ends call each other: by hand, generated, and the same both times."""
    narrate("\nThe pattern of Java RMI: each end has an object that the other calls.")
    narrate("\nBy hand, over plain Pyro5: the server connects to each client.\n")
    by_hand = both_directions("demo.rmi.by_hand", ports=[1, 1, 1])
    narrate("\nGenerated: calls back come over the connection of the client.\n")
    generated = both_directions("demo.rmi.generated", ports=[1, 0, 0])
    if by_hand != generated:
        raise DemoFailed("by hand and generated have not told the same story")
    narrate("Both have told the same story.", GREEN)


def both_directions(package: str, ports: list[int]) -> list[list[str]]:
    """Runs one variant; what the server, Ada and Ben have said."""
    with ExitStack() as stage:
        server = stage.enter_context(Actor("server", f"{package}.server"))
        address = _address(server)
        ada = stage.enter_context(Actor("Ada", f"{package}.client", "Ada", address))
        ada.until("is greeted")
        ben = stage.enter_context(Actor("Ben", f"{package}.client", "Ben", address))
        ben.until("is greeted")
        _tell_ports([server, ada, ben], ports)

        narrate("No client's call is under way. Now a thread of the server calls.")
        server.cue()
        told = server.finish()
        ada.cue()
        ben.cue()
        return [told[1:], ada.finish(), ben.finish()]


def _address(server: Actor) -> str:
    """Where the server says that it is, in its first line."""
    return server.until("serving ").removeprefix("serving ")


def _tell_ports(actors: list[Actor], expected: list[int]) -> None:
    """Says who listens on how many ports, if the system tells; it has to be so many."""
    found = [len(ports) for actor in actors if (ports := actor.ports()) is not None]
    if len(found) < len(actors):
        return
    told = ", ".join(
        f"{actor.who} {count}" for actor, count in zip(actors, found, strict=True)
    )
    if found != expected:
        raise DemoFailed(f"listening sockets: {told}; they should be {expected}")
    narrate(f"Listening sockets: {told}.")
