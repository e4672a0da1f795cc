"""Classes whose values travel by their fields.

Those of dataclasses, attrs and msgspec.Struct classes and of TypedDicts are dicts on
their way, those of NamedTuples lists. msgspec makes an object of the class at once,
where it knows the types of all fields itself; else it makes one of a class of ours
first, with the fields in their forms.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from typing import TYPE_CHECKING, Any, TypedDict, cast, get_origin

import msgspec

from callbackgen.runtime.kinds.converting import converted
from callbackgen.runtime.kinds.fields import (
    Field,
    Layout,
    filler,
    is_array_like,
    is_typed_dict,
    layout_of,
)
from callbackgen.runtime.kinds.kind import (
    DEAR,
    HEAD,
    Convert,
    Family,
    Hashing,
    Kind,
    marker,
    together,
)
from callbackgen.runtime.kinds.packing import Fields
from callbackgen.runtime.misfit import Misfit, expected
from callbackgen.runtime.sizes import Size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from callbackgen.runtime.carrier import Carrier


class Record(Kind):
    """The objects of one class, by their fields, which are looked up at first use."""

    is_hashable = False
    is_container = True
    _is_key = False
    hashing = Hashing.SLOW

    def __init__(self, resolved: Any, kind_of: Callable[[Any], Kind]) -> None:
        self._resolved = resolved
        self._class: Any = get_origin(resolved) or resolved
        self._kind_of = kind_of
        self.name = self._class.__name__
        self.taken = (self._class,)
        is_array = is_array_like(self._class)
        self.families = frozenset({Family.ARRAY if is_array else Family.MAPPING})
        self._marker = marker(self)

    @functools.cached_property
    def layout(self) -> Layout:
        """Its fields."""
        return layout_of(self._resolved)

    @functools.cached_property
    def _of_fields(self) -> tuple[Kind, ...]:
        return tuple(self._kind_of(field.type) for field in self.layout.fields)

    @property
    def inner(self) -> tuple[Kind, ...]:
        """See `Kind`."""
        return self._of_fields

    @property
    def is_native(self) -> bool:
        """See `Kind`. msgspec would fill a field that a class makes itself."""
        return not self.layout.makes_own

    @property
    def is_custom(self) -> bool:
        """See `Kind`."""
        return not self.is_native_within

    @property
    def form(self) -> Any:
        """See `Kind`."""
        return self._resolved if self.is_native_within else self._marker

    @property
    def forms(self) -> tuple[Any, ...]:
        """See `Kind`."""
        return (self._receiving if self.is_custom else self.form,)

    @functools.cached_property
    def _receiving(self) -> Any:
        """A class of ours with the same fields, in their forms."""
        config: Any = getattr(self._class, "__struct_config__", None)
        forbids = config is not None and config.forbid_unknown_fields
        return self._struct("form", forbids=forbids)

    @property
    def shape(self) -> Any:
        """See `Kind`. It takes no other keys: what stands there has no type."""
        return Any if self.is_endless else self._struct("shape", forbids=True)

    def _struct(self, attribute: str, *, forbids: bool) -> Any:
        layout = self.layout
        fields: list[Any] = []
        pairs = zip(layout.fields, self.inner, strict=True)
        for index, (field, kind) in enumerate(pairs):
            form = getattr(kind, attribute)
            options = {} if field.is_required else {"default": msgspec.UNSET}
            fields.append((f"f{index}", form, msgspec.field(name=field.key, **options)))
        return msgspec.defstruct(
            self.name,
            fields,
            kw_only=not layout.is_array,
            array_like=layout.is_array,
            tag_field=layout.tag_key,
            tag=layout.tag,
            forbid_unknown_fields=forbids,
        )

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        if self in around:
            return DEAR
        sizes: list[Size] = []
        for field, kind in zip(self.layout.fields, self.inner, strict=True):
            size = kind.size((*around, self))
            sizes.append(Size(size.most + HEAD + len(field.key.encode()), size.is_dear))
        return together(sizes)

    @functools.cached_property
    def _travelling(self) -> list[tuple[Field, Kind]]:
        return [*zip(self.layout.fields, self.inner, strict=True)]

    @functools.cached_property
    def _keys(self) -> tuple[str, ...]:
        return tuple(field.key for field, _ in self._travelling)

    @functools.cached_property
    def _fields(self) -> Fields:
        return _fields_of(self._travelling)

    @functools.cached_property
    def _values_of(self) -> Callable[[Any], tuple[Any, ...]]:
        names = [field.name for field, _ in self._travelling]
        if len(names) > 1:
            return operator.attrgetter(*names)
        return lambda value: tuple(getattr(value, name) for name in names)

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if not isinstance(value, self.taken):
            raise expected(self.name, value)
        try:
            values = self._values_of(value)
        except AttributeError as error:
            raise Misfit(f"{self.name} without a field: {error}") from None
        if self._may_be_unset and any(one is msgspec.UNSET for one in values):
            return self._packed_without_unset(values, carrier)
        packed = self._fields.packed(values, carrier)
        if self.layout.tag is None and not self.layout.is_array:
            return dict(zip(self._keys, packed, strict=True))
        return self._tagged(self._keys, packed)

    def packed_together(self, items: Any, carrier: Carrier) -> list[Any] | None:
        """See `Kind`. Field by field."""
        if self._may_be_unset or self.layout.tag is not None or not self._travelling:
            return None
        if items.__class__ is not list or {*map(type, items)} != {self._class}:
            return None
        try:
            columns = [*zip(*map(self._values_of, items), strict=True)]
            packed = self._fields.packed_columns(columns, carrier)
        except (AttributeError, Misfit):  # said of one by one, where it is
            return None
        rows = zip(*packed, strict=True)
        if self.layout.is_array:
            return [*rows]
        keys = self._keys
        return [dict(zip(keys, row, strict=True)) for row in rows]

    @functools.cached_property
    def _may_be_unset(self) -> bool:
        return issubclass(self._class, msgspec.Struct)

    def _tagged(self, keys: tuple[str, ...], values: tuple[Any, ...]) -> Any:
        layout = self.layout
        if layout.is_array:
            return values if layout.tag is None else (layout.tag, *values)
        by_key = dict(zip(keys, values, strict=True))
        return by_key if layout.tag is None else {layout.tag_key: layout.tag, **by_key}

    def _packed_without_unset(self, values: tuple[Any, ...], carrier: Carrier) -> Any:
        self._check_unset([value is msgspec.UNSET for value in values])
        pairs = zip(self._travelling, values, strict=True)
        kept = [(one, value) for one, value in pairs if value is not msgspec.UNSET]
        fields = _fields_of([one for one, _ in kept])
        packed = fields.packed(tuple(value for _, value in kept), carrier)
        return self._tagged(tuple(field.key for (field, _), _ in kept), packed)

    def _check_unset(self, are_unset: list[bool]) -> None:
        """Raises Misfit where a field would arrive as something else than UNSET."""
        fields = msgspec.structs.fields(self._class)
        unset_at_first = {one.name for one in fields if one.default is msgspec.UNSET}
        for index, (field, _) in enumerate(self._travelling):
            if are_unset[index] and field.name not in unset_at_first:
                text = "UNSET cannot be sent where it is not the default"
                raise Misfit(text, f".{field.name}")
            if are_unset[index] and self.layout.is_array and not all(are_unset[index:]):
                text = "UNSET cannot be sent before what is set, in an array_like class"
                raise Misfit(text, f".{field.name}")

    def takes(self, data: object) -> bool:
        """See `Kind`. They are told apart by their tags."""
        tag_key, tag = self.layout.tag_key, self.layout.tag
        if tag is None:
            return True
        if self.layout.is_array:
            is_array = isinstance(data, list | tuple)
            return is_array and [*cast("list[object]", data)[:1]] == [tag]
        return _by_key(data).get(tag_key) == tag

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        if isinstance(data, self.taken):
            raise expected(f"the fields of {self.name}", data)
        found: Any = converted(data, self._receiving, carrier)
        given = {
            field.given: value
            for index, field in enumerate(self.layout.fields)
            if (value := getattr(found, f"f{index}")) is not msgspec.UNSET
        }
        try:
            return self._make(given)
        except Exception as error:  # noqa: BLE001 - code of the user's, with any values
            raise Misfit(f"no {self.name}: {type(error).__name__}: {error}") from None

    @functools.cached_property
    def _make(self) -> Callable[[dict[str, Any]], object]:
        if dataclasses.is_dataclass(self._class) and not self.layout.makes_own:
            return filler(self._class)
        return lambda given: self._class(**given)  # not Box[int], which marks it

    def look_at(self, data: Any, convert: Convert) -> None:
        """See `Kind`."""
        fields, kinds = self.layout.fields, self.inner
        if self.layout.is_array and isinstance(data, list | tuple):
            items = cast("list[Any]", data)[self.layout.tag is not None :]
            for item, kind in zip(items, kinds, strict=False):
                kind.look_at(item, convert)
        else:
            mapping = _by_key(data)
            for index, (field, kind) in enumerate(zip(fields, kinds, strict=True)):
                if kind.has_hashed:
                    # Of an object msgspec takes what has the name of the field, too.
                    for key in {field.key, field.name, f"f{index}"} & mapping.keys():
                        kind.look_at(mapping[key], convert)


def _by_key(data: object) -> Mapping[Any, Any]:
    """The fields in what has arrived: an object of an ordinary client has them too."""
    if isinstance(data, dict):
        return cast("dict[object, Any]", data)
    return vars(data) if hasattr(data, "__dict__") else {}


def _fields_of(pairs: list[tuple[Field, Kind]]) -> Fields:
    kinds = [kind for _, kind in pairs]
    return Fields(kinds, [f".{field.name}" for field, _ in pairs])


class TypedDictRecord(Record):
    """A TypedDict, which arrives as one of the same keys that are in their forms."""

    def __init__(self, resolved: Any, kind_of: Callable[[Any], Kind]) -> None:
        super().__init__(resolved, kind_of)
        self.taken = (dict,)
        self._form: Any = None

    @property
    def is_custom(self) -> bool:
        """See `Kind`."""
        return False

    @property
    def is_native(self) -> bool:
        """See `Kind`. Python does not see all marks of what is required."""
        fields = self.layout.fields
        required = frozenset(field.name for field in fields if field.is_required)
        return bool(required == self._class.__required_keys__)

    @property
    def form(self) -> Any:
        """See `Kind`. It is made before its keys are, since they may refer to it."""
        if self._form is None:
            self._form = cast(Any, TypedDict)(self.name, {})
            try:
                self._fill(self._form)
            except BaseException:
                self._form = None
                raise
        return self._form

    def _fill(self, form: Any) -> None:
        pairs = [*zip(self.layout.fields, self.inner, strict=True)]
        form.__annotations__ = {field.name: kind.form for field, kind in pairs}
        required = frozenset(field.name for field, _ in pairs if field.is_required)
        form.__required_keys__ = required
        form.__optional_keys__ = frozenset(form.__annotations__) - required

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if not isinstance(value, dict):
            raise expected("dict", value)
        mapping = cast("dict[object, object]", value)
        made: dict[str, Any] = {}
        for field, kind in zip(self.layout.fields, self.inner, strict=True):
            if field.name in mapping:
                try:
                    made[field.name] = kind.pack(mapping[field.name], carrier)
                except Misfit as misfit:
                    raise misfit.within(f".{field.name}") from None
            elif field.is_required:
                raise Misfit(f"missing key {field.name}")
        return made


def record(resolved: Any, kind_of: Callable[[Any], Kind]) -> Record:
    """The kind of a class that has fields."""
    kind: Any = get_origin(resolved) or resolved
    made = TypedDictRecord if is_typed_dict(kind) else Record
    return made(resolved, kind_of)
