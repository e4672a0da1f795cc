"""Objects passed by reference over one connection, in both directions.

Who passes an object counts how often; who gets it counts too, and when the last stub
there is gone says how many it got. At 0 the object is released, as in Cap'n Proto: a
message that passes it again may be under way meanwhile.
"""

from __future__ import annotations

import functools
import types
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from callbackgen.runtime import envelope
from callbackgen.runtime.carrier import Carrier
from callbackgen.runtime.errors import LimitExceeded, Unimplemented, Withdrawn
from callbackgen.runtime.fingerprint import fingerprint
from callbackgen.runtime.interfaces import (
    delegate_of,
    interface_name,
    missing_member,
    readable,
    wrapper_of,
)
from callbackgen.runtime.lanes import Key
from callbackgen.runtime.link import Remote, link_of
from callbackgen.runtime.misfit import Misfit
from callbackgen.runtime.referring import reference, reference_in
from callbackgen.runtime.turns import turn_to_convert
from callbackgen.runtime.versions import INTERFACES, InterfacesWrapper, Versions
from callbackgen.runtime.wire import WireError
from callbackgen.runtime.wrapper import Wrapper

if TYPE_CHECKING:
    from callbackgen.runtime.session import Session
    from callbackgen.runtime.stub import Stub


@dataclass(slots=True, eq=False)
class Export:
    """An object that the other end holds. `sent` says how often it was."""

    key: int
    target: object
    identity: object
    sent: int = 0
    wrappers: dict[str, Wrapper] = field(default_factory=dict[str, Wrapper])


@dataclass(slots=True, eq=False)
class _Import:
    key: int
    received: int = 0
    remote: weakref.ref[Remote] | None = None


class References:
    """The tables of one connection: what the other end holds, and what this one does.

    `versions` are those of the interfaces of what has arrived.

    `released` is told (key, number) of what we drop, maybe from a garbage collection,
    so that it must take no lock.
    """

    def __init__(
        self,
        session: Session,
        limit: int,
        services: Callable[[str, str], Wrapper],
        released: Callable[[int, int], None],
    ) -> None:
        self.versions = Versions(session)
        self._session = session
        self._limit = limit
        self._services = services
        self._released = released
        self._lock = Lock()
        self._keys = 0
        self._exports: dict[int, Export] = {}
        self._by_identity: dict[object, Export] = {}
        self._imports: dict[int, _Import] = {}
        self._dropped: deque[_Import] = deque()

    def exported(
        self, key: Key, interface: str, export: Export | None = None
    ) -> Wrapper:
        """The wrapper of an object of ours that the other end names.

        `export` is the object where it was found before. Raises Withdrawn for one that
        the other end does not hold under that interface, what `services` raises.
        """
        if key == INTERFACES:
            return InterfacesWrapper(self.exported)
        if isinstance(key, str):
            return self._services(key, interface)
        if export is None:
            export = self.export(key)
        wrapper = None if export is None else export.wrappers.get(interface)
        if wrapper is None:
            raise Withdrawn(f"the object {key} is not there any more")
        return wrapper

    def export(self, key: Key) -> Export | None:
        """An object of ours that the other end holds; it may be released meanwhile."""
        return self._exports.get(key) if isinstance(key, int) else None

    def release(self, key: int, received: int) -> object:
        """The other end has dropped an object that it got so often.

        Gives what is to be dropped here, which may run code of the user.
        """
        with self._lock:
            export = self._exports.get(key)
            if export is None:
                return None
            export.sent -= received
            return self._removed(export) if export.sent <= 0 else None

    def withdraw(self, value: object) -> object:
        """Take an object back; gives what is to be dropped, None if it is not there."""
        with self._lock:
            export = self._by_identity.get(_identity(_target(value)))
            return None if export is None else self._removed(export)

    def clear(self) -> list[object]:
        """Drop all that the other end holds; gives what is to be dropped."""
        with self._lock:
            dropped: list[object] = list(self._exports.values())
            self._exports.clear()
            self._by_identity.clear()
            return dropped

    def remotes(self) -> list[Remote]:
        """The other end's objects that stubs here stand for."""
        with self._lock:
            held = [one.remote for one in list(self._imports.values())]
        found = [reference() for reference in held if reference is not None]
        return [remote for remote in found if remote is not None]

    def __len__(self) -> int:
        return len(self._exports)

    def _removed(self, export: Export) -> Export:
        del self._exports[export.key]
        del self._by_identity[export.identity]
        return export

    def send(self, stub: type[Stub], value: object) -> int:
        """The number of an object of ours, which is counted as sent.

        Raises Misfit where it does not fit, LimitExceeded, ConnectionLost.
        """
        interface = interface_name(stub)
        target = _target(value)
        identity = _identity(target)
        wrapper: Wrapper | None = None
        while True:
            with self._lock:
                export = self._by_identity.get(identity)
                if export is None and wrapper is not None:
                    export = self._new_export(interface, target, identity)
                if export is not None and wrapper is not None:
                    export.wrappers.setdefault(interface, wrapper)
                if export is not None and interface in export.wrappers:
                    export.sent += 1
                    return export.key
            wrapper = _wrapped(stub, value)

    def _new_export(self, interface: str, target: object, identity: object) -> Export:
        self._session.check_open()  # nobody would release it
        if len(self._exports) >= self._limit:
            raise LimitExceeded(
                f"no more {readable(interface)} can be passed: the other end holds "
                f"{len(self._exports)} objects of this one by reference already; the "
                f"limit is {self._limit} (callbackgen.settings.callbacks)"
            )
        self._keys += 1
        export = Export(self._keys, target, identity)
        self._exports[export.key] = export
        self._by_identity[identity] = export
        return export

    def arrive(self, key: int, interface: str) -> Remote | str:
        """The other end's object, counted as received; or why it is not taken."""
        with self._lock:
            record = self._imports.get(key)
            remote = record.remote() if record and record.remote else None
            if record is None or remote is None:
                if record is None and len(self._imports) >= self._limit:
                    self._released(key, 1)
                    return (
                        f"no more {readable(interface)} is taken: {len(self._imports)} "
                        "objects of this client are held by reference already; the "
                        f"limit is {self._limit} (callbackgen.settings.callbacks)"
                    )
                record = _Import(key)
                remote = Remote(self._session, key)
                gone = functools.partial(self._gone, record)
                record.remote = weakref.ref(remote, gone)
                self._imports[key] = record
            record.received += 1
            return remote

    def forget_dropped(self) -> None:
        """Forget the objects whose last stub is gone."""
        while True:
            try:
                record = self._dropped.popleft()
            except IndexError:
                return
            with self._lock:
                if self._imports.get(record.key) is record:
                    del self._imports[record.key]

    def _gone(self, record: _Import, _: object) -> None:
        """The last stub is gone. Runs wherever that happens: no lock here."""
        self._dropped.append(record)
        self._released(record.key, record.received)


class Passing(Carrier):
    """The references in one call: those in its arguments, and those in its answer.

    `refused` says why one that arrived was not taken. `size` is that of its arguments,
    in bytes, where they have arrived.
    """

    is_ours = True
    __slots__ = ("_kept", "_keys", "_references", "_session", "refused", "size")

    def __init__(self, references: References, session: Session) -> None:
        self._references = references
        self._session = session
        self._keys: list[int] = []
        # Their release must not overtake the message that names them.
        self._kept: list[object] = []
        self.refused: str | None = None
        self.size = 0

    def send(self, stub: type[Stub], value: object) -> object:
        """What travels for an object. Raises Misfit, LimitExceeded."""
        link = link_of(value)
        theirs = None if link is None else link.key_at(self._session)
        if theirs is not None:
            _check_fits(stub, value)
            self._kept.append(link)
            return reference(receivers=True, key=theirs, interface=interface_name(stub))
        key = self._references.send(stub, value)
        self._keys.append(key)
        return reference(
            receivers=False,
            key=key,
            interface=interface_name(stub),
            fingerprint=fingerprint(stub),
        )

    def plain(self, value: object) -> object:
        """See `Carrier`."""
        return envelope.plain(value)

    def extended(
        self, code: int, content: Callable[[], bytes], plain: Callable[[], object]
    ) -> object:
        """See `Carrier`."""
        return msgspec.msgpack.Ext(code, content())

    def leaving(self, packed: object) -> object:
        """See `Carrier`. Msgpack has bytes."""
        return packed

    def arriving(self, data: object) -> object:
        """See `Carrier`."""
        return data

    def turn(self, value: object = None) -> AbstractContextManager[None]:
        """See `Carrier`."""
        return turn_to_convert(self.size, value)

    def undo(self) -> None:
        """What was to be sent will not be."""
        for key in self._keys:
            self._references.release(key, 1)
        self._keys.clear()

    def extension(self, data: bytes) -> object:
        """Takes one reference that has arrived, as its bytes; counts it.

        It runs nothing of the user's.
        """
        said = reference_in(data)
        if said.mine:
            export = self._references.export(said.key)
            return _Arrived(said.interface, _Ours(said.key, export))
        if isinstance(said.key, str):
            raise WireError("a reference by name to an object of the sender")
        remote = self._references.arrive(said.key, said.interface)
        if isinstance(remote, str):
            self.refused = remote
            return None
        return _Arrived(said.interface, remote, said.fingerprint)

    def _wrapper(self, ours: _Ours, interface: str) -> Wrapper | None:
        try:
            return self._references.exported(ours.key, interface, ours.export)
        except (Withdrawn, Unimplemented):
            return None

    def receive(self, stub: type[Stub], data: object) -> object:
        """The stub, or the object itself where it lives here. Raises Misfit."""
        expected = interface_name(stub)
        if not isinstance(data, _Arrived):
            kind = type(data).__name__
            raise Misfit(f"expected a {readable(expected)} by reference, got {kind}")
        if data.interface != expected:
            other = ascii(data.interface)[:200]
            raise Misfit(f"expected a {readable(expected)}, got a reference to {other}")
        if isinstance(data.found, Remote):
            self._references.versions.arrived(stub, data.fingerprint)
            return data.found.stub(stub)
        wrapper = self._wrapper(data.found, expected)
        if not isinstance(wrapper, wrapper_of(stub)):
            raise Misfit(f"the {readable(expected)} is not there any more")
        return delegate_of(wrapper)


class _Ours(NamedTuple):
    """An object of ours to which the other end refers. A service has a name alone."""

    key: Key
    export: Export | None


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A reference: to an object of the other end, or to one of ours."""

    interface: str
    found: Remote | _Ours
    fingerprint: bytes | None = None


def _target(value: object) -> object:
    """The object itself: the one that a wrapper stands for."""
    return delegate_of(value) if isinstance(value, Wrapper) else value


def _identity(target: object) -> object:
    """What makes an object the same one. Python makes methods anew each time."""
    if isinstance(target, types.MethodType):
        return id(target.__self__), id(target.__func__)
    return id(target)


def _wrapped(stub: type[Stub], value: object) -> Wrapper:
    """The wrapper by which an object is called. Raises Misfit where it does not fit."""
    wanted = wrapper_of(stub)
    if isinstance(value, Wrapper):
        if not isinstance(value, wanted):
            raise Misfit(f"expected a {wanted.__name__}, got {type(value).__name__}")
        return value
    _check_fits(stub, value)
    made: Any = wanted
    wrapper: Wrapper = made(value)
    return wrapper


def _check_fits(stub: type[Stub], value: object) -> None:
    """Raises Misfit where an object lacks a member of the interface of a stub."""
    missing = None
    if type(value) is not stub:
        missing = missing_member(wrapper_of(stub), value)
    if missing is not None:
        raise Misfit(
            f"{type(value).__name__} does not fit {readable(interface_name(stub))}: "
            f"{missing}"
        )
