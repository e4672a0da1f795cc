"""Interfaces of which the two ends of a connection have different versions.

What both know works. That the other end has another version of an interface shows when
a reference comes with another fingerprint; what it looks like there is asked for when a
call has failed in a way that such a difference explains, once on each connection. The
other end answers by a service that each end has, and that only tells of objects which
the asker may call.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from callbackgen.runtime.call import Call
from callbackgen.runtime.errors import (
    BadReply,
    RemoteError,
    RemoteRaised,
    Unimplemented,
    shortened,
)
from callbackgen.runtime.fingerprint import (
    LARGEST_DESCRIPTION,
    Member,
    description,
    fingerprint,
    members_in,
)
from callbackgen.runtime.generated import FORMAT
from callbackgen.runtime.interfaces import interface_name, readable, wrapper_of
from callbackgen.runtime.lanes import Key
from callbackgen.runtime.method import Method
from callbackgen.runtime.stub import Stub
from callbackgen.runtime.workers import waiting
from callbackgen.runtime.wrapper import Wrapper, exposed

if TYPE_CHECKING:
    from callbackgen.runtime.session import Session

_log = logging.getLogger("callbackgen.versions")

INTERFACES: Final = ""
"""The name of the service that describes interfaces: no object of a daemon has it."""

_DESCRIBE: Final[Method[str]] = Method(
    "describe", "(key: int | str, interface: str) -> str"
)


class InterfacesStub(Stub, format=FORMAT):
    """The service of the other end that describes interfaces."""

    __slots__ = ()


class InterfacesWrapper(Wrapper, format=FORMAT):
    """The service of this end; `exported` finds what the other end may call."""

    __slots__ = ("_exported",)

    def __init__(self, exported: Callable[[Key, str], Wrapper]) -> None:
        self._exported = exported

    @exposed(_DESCRIBE)
    def describe(self, key: Key, interface: str) -> str:
        """What the interface of an object looks like here."""
        text = description(type(self._exported(key, interface)))
        size = len(text.encode())
        if size > LARGEST_DESCRIPTION:
            raise ValueError(f"a description of {size} bytes")
        return text


@dataclass(slots=True, eq=False)
class _Version:
    """The other end's version of an interface.

    `differs`: by its fingerprint. `explanations` has those members that are not the
    same there; None: they are not known.
    """

    differs: bool
    is_asked: bool = False
    was_asked: threading.Event = field(default_factory=threading.Event)
    explanations: dict[str, str] | None = None


class Versions:
    """The interfaces of the other end that differ, or are not known to be the same."""

    __slots__ = ("_lock", "_session", "_versions")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._versions: dict[type[Stub], _Version] = {}

    def arrived(self, stub: type[Stub], theirs: bytes | None) -> None:
        """A reference has arrived, with this fingerprint if with any."""
        if theirs is None or theirs == fingerprint(stub):
            return
        with self._lock:
            if stub in self._versions:
                return
            self._versions[stub] = _Version(differs=True)
        _log.info("%s: %s", self._session, _differs(stub))

    def explain(self, call: Call, key: Key, error: RemoteError) -> None:
        """Say in the error of a call whether a difference of versions explains it.

        It waits for the other end to tell, no longer than the call may last.
        """
        if call.stub is InterfacesStub or not _can_be_explained(call, error):
            return
        version = self._version(call.stub, key)
        if version is None:
            return
        self._ask(version, call, key)
        if version.explanations is not None:
            error.explanation = version.explanations.get(call.method.name, "")
        elif version.differs:
            error.explanation = _differs(call.stub)

    def _version(self, stub: type[Stub], key: Key) -> _Version | None:
        """None: the interface is known to be the same, or nothing can be known.

        A service comes with no fingerprint.
        """
        with self._lock:
            if stub not in self._versions and isinstance(key, str):
                self._versions[stub] = _Version(differs=False)
            return self._versions.get(stub)

    def _ask(self, version: _Version, call: Call, key: Key) -> None:
        """Have the differences known, if the other end tells them."""
        with self._lock:
            is_first = not version.is_asked
            version.is_asked = True
        if not is_first:
            try:
                with waiting():
                    version.was_asked.wait(call.deadline.remaining())
            except TimeoutError:
                pass
            return
        try:
            theirs = self._described(call, key)
            if theirs is not None:
                version.explanations = self._compared(call.stub, theirs)
        finally:
            version.was_asked.set()

    def _described(self, call: Call, key: Key) -> dict[str, Member] | None:
        """The members of the interface at the other end; None if it does not tell."""
        arguments = key, interface_name(call.stub)
        question = Call(InterfacesStub, _DESCRIBE, call.deadline, arguments)
        try:
            answer: str = self._session.make(question, INTERFACES)
        except RemoteError as error:
            _log.debug("%s: not described: %a", self._session, str(error)[:200])
            return None
        return members_in(answer)

    def _compared(self, stub: type[Stub], theirs: dict[str, Member]) -> dict[str, str]:
        """What is said of each member of ours that is not the same there."""
        ours = members_in(description(wrapper_of(stub))) or {}
        missing = [name for name in ours if name not in theirs]
        other = [name for name in ours if theirs.get(name, ours[name]) != ours[name]]
        besides = [name for name in theirs if name not in ours]
        names = {"not there": missing, "not the same": other, "only there": besides}
        said = [f"{how}: {', '.join(each)}" for how, each in names.items() if each]
        if said:
            text = shortened(ascii("; ".join(said))[1:-1], 200)
            _log.info("%s: %s; %s", self._session, _differs(stub), text)
        return {
            **{name: f"{_differs(stub)}, without {name}" for name in missing},
            **{
                name: f"{_differs(stub)}: there it is {theirs[name]}, here it is "
                f"{ours[name]}"
                for name in other
            },
        }


def _differs(stub: type[Stub]) -> str:
    name = readable(interface_name(stub))
    return f"the other end has another version of {name}"


def _can_be_explained(call: Call, error: RemoteError) -> bool:
    """Whether it is an error that comes of calling what the other end has otherwise.

    A TypeError that begins with the member is what a wrapper says of arguments.
    """
    if isinstance(error, RemoteRaised):
        name = call.method.name
        return error.class_name == "TypeError" and error.text.startswith(
            (f"{name}(): ", f"{name}: ")
        )
    return isinstance(error, Unimplemented | BadReply)
