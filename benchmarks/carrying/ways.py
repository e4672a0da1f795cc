"""The ways, each from a value to bytes and back to an equal value."""

from __future__ import annotations

import pickle
from abc import ABC, abstractmethod
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

import cattrs.preconf.msgpack
import Pyro5.api
import Pyro5.serializers

from benchmarks.carrying.data import Row, Side, Trade
from callbackgen.interface import ANY, parse_signature
from callbackgen.runtime.envelope import packed
from callbackgen.runtime.references import Passing
from callbackgen.runtime.unpacking import check_parts, unpacked
from callbackgen.runtime.values import Value

HERE = "benchmarks.carrying.data"


class Way(ABC):
    """One way. `annotation` and `kind` are the type of the value."""

    def __init__(self, annotation: str, kind: Any) -> None:
        self.annotation = annotation
        self.kind = kind

    @abstractmethod
    def encode(self, value: object) -> bytes:
        """The value as bytes."""

    @abstractmethod
    def decode(self, data: bytes) -> object:
        """The value again."""


class Callbackgen(Way):
    """As values travel in a call: held to their type at both ends."""

    def __init__(self, annotation: str, kind: Any) -> None:
        super().__init__(annotation, kind)
        self._value = Value(parse_signature(f"-> {annotation}").result or ANY)
        no_session: Any = None  # there are no references in these values
        self._carrier = Passing(no_session, no_session)

    def encode(self, value: object) -> bytes:
        """See `Way`."""
        return packed(self._value.pack(value, self._carrier))

    def decode(self, data: bytes) -> object:
        """See `Way`."""
        read = unpacked(data, bytes)
        check_parts([read], len(data))
        return self._value.unpack(read, self._carrier)


class _Pyro5(Way):
    """As its users do it: classes registered, and made again by hand."""

    name: str

    def __init__(self, annotation: str, kind: Any) -> None:
        super().__init__(annotation, kind)
        serializers: Any = Pyro5.serializers
        self._serializer = serializers.serializers[self.name]
        api: Any = Pyro5.api
        for one, made in ((Trade, _trade), (Row, _row)):
            name = f"{HERE}.{one.__qualname__}"
            api.register_class_to_dict(one, _dict_of)
            api.register_dict_to_class(name, made)

    def encode(self, value: object) -> bytes:
        """See `Way`."""
        data: bytes = self._serializer.dumps(value)
        return data

    def decode(self, data: bytes) -> object:
        """See `Way`."""
        made: object = self._serializer.loads(data)
        return made


def _dict_of(value: Any) -> dict[str, object]:
    fields = asdict(value)
    if isinstance(value, Trade):
        fields["side"] = value.side.value
        fields["at"] = value.at.isoformat()
    return {"__class__": f"{HERE}.{type(value).__qualname__}", **fields}


def _row(_: str, fields: Any) -> Row:
    return Row(**{name: value for name, value in fields.items() if name != "__class__"})


def _trade(_: str, fields: Any) -> Trade:
    return Trade(
        fields["symbol"],
        Decimal(fields["price"]),
        fields["size"],
        Side(fields["side"]),
        datetime.fromisoformat(fields["at"]),
    )


class Serpent(_Pyro5):
    """Pyro5's usual serializer."""

    name = "serpent"


class Msgpack(_Pyro5):
    """Pyro5's faster one."""

    name = "msgpack"


class Cattrs(Way):
    """cattrs to builtins, which msgpack carries. It checks some of the types."""

    def __init__(self, annotation: str, kind: Any) -> None:
        super().__init__(annotation, kind)
        self._converter: Any = cattrs.preconf.msgpack.make_converter()
        self._converter.register_unstructure_hook(Decimal, str)
        self._converter.register_structure_hook(Decimal, _decimal)

    def encode(self, value: object) -> bytes:
        """See `Way`."""
        data: bytes = self._converter.dumps(value, self.kind)
        return data

    def decode(self, data: bytes) -> object:
        """See `Way`."""
        made: object = self._converter.loads(data, self.kind)
        return made


def _decimal(text: str, _: object) -> Decimal:
    return Decimal(text)


class Pickle(Way):
    """Python's own, which runs what the sender says."""

    def encode(self, value: object) -> bytes:
        """See `Way`."""
        return pickle.dumps(value)

    def decode(self, data: bytes) -> object:
        """See `Way`."""
        made: object = pickle.loads(data)  # noqa: S301 - it is our own
        return made


WAYS: dict[str, type[Way]] = {
    "callbackgen": Callbackgen,
    "Pyro5, serpent": Serpent,
    "Pyro5, msgpack": Msgpack,
    "cattrs and msgpack": Cattrs,
    "pickle": Pickle,
}
