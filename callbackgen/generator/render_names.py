"""Which name everything has in a generated module: the user's names win."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from callbackgen.generator.naming import constant_name, free_name
from callbackgen.generator.render_types import Key, key_of
from callbackgen.generator.render_uses import Uses
from callbackgen.generator.template_parts import ClassKind, Import, Place, Template
from callbackgen.interface import Interface, Member, Symbol

_PREFERRED = {("collections.abc", "Set"): "AbstractSet"}
"""Other names for what is easily taken for something else."""


@dataclass(slots=True)
class Names:
    """The names of one module."""

    interface: Interface
    members: frozenset[str]
    parameters: frozenset[str]
    hidden: set[str]
    """Parameters of functions whose bodies name types."""
    taken: set[str]
    """Names that are defined in the module."""
    bound: dict[Key, str] = field(default_factory=dict[Key, str])
    """What each import is called; builtins that are not imported included."""
    variables: dict[str, str] = field(default_factory=dict[str, str])
    renamed: dict[str, str] = field(default_factory=dict[str, str])
    """The template's names that are others here."""
    constants: dict[str, str] = field(default_factory=dict[str, str])
    """The name of each member's constant, by the member's name on the wire."""
    template_keys: dict[Key, None] = field(default_factory=dict[Key, None])
    """What of the template's imports and builtins is used."""

    def _free(self, name: str, clashes: Callable[[str], bool]) -> str:
        if not clashes(name):
            chosen = name
        else:
            avoided = self.taken | self.members | self.parameters | {name}
            chosen = free_name(name, avoided)
        self.taken.add(chosen)
        return chosen

    def _clashes_in_class(self, name: str) -> bool:
        return name in self.taken or name in self.members or name in self.hidden

    # -- the user's ----------------------------------------------------------------

    def add_variables(self, names: Iterable[str]) -> None:
        """Give the type variables of the module their names."""
        for name in names:
            if name not in self.variables:
                self.variables[name] = self._free(name, self._clashes_in_class)

    def add_symbols(self, symbols: Iterable[Symbol], own: Key) -> None:
        """Give the types their names, the first of each name its own.

        `own` is the module's own stub class: it needs no import.
        """
        for symbol in symbols:
            key = key_of(symbol)
            if key in self.bound:
                continue
            if key == own and not self._is_hidden(key[1]):
                self.bound[key] = key[1]
            else:
                name = _PREFERRED.get(key, key[1])
                self.bound[key] = self._free(name, self._clashes_in_class)

    def _is_hidden(self, name: str) -> bool:
        return name in self.members or name in self.hidden

    # -- ours ----------------------------------------------------------------------

    def add_template_names(self, template: Template, uses: Uses) -> None:
        """Give the template's own names that are used their names here."""
        imports = {
            each.bound: each
            for each in template.imports
            if each.place is not Place.RUNNING
        }
        for name in {**uses.in_module, **uses.in_class}:
            if name not in self.renamed:
                self._add_template_name(name, imports.get(name), uses)

    def _add_template_name(
        self, name: str, imported: Import | None, uses: Uses
    ) -> None:
        def clashes(name: str) -> bool:
            in_class = name in uses.in_class and name in self.members
            return name in self.taken or in_class or name in uses.hidden

        key = (imported.module, imported.name) if imported else ("builtins", name)
        self.template_keys[key] = None
        shared = self.bound.get(key)
        if shared is None or shared in uses.hidden:
            shared = self.bound[key] = self._free(name, clashes)
        if shared != name:
            self.renamed[name] = shared

    def add_constants(self, members: Iterable[Member]) -> None:
        """Name the constants; two members of similar names get different ones."""
        for member in members:
            name = self._free(
                constant_name(member.remote_name),
                lambda name: self._clashes_in_class(name) or name in self.parameters,
            )
            self.constants[member.remote_name] = name

    def add_classes(self) -> None:
        """The generated classes have the names that other modules know them by."""
        for kind in ClassKind:
            self.renamed[kind.value] = kind.name_for(self.interface.name)

    def locals_for(
        self, local: frozenset[str], parameters: set[str]
    ) -> Mapping[str, str]:
        """The template's names inside a function that has these locals."""
        if local.isdisjoint(parameters) and local.isdisjoint(self.taken):
            return self.renamed
        avoided = parameters | self.taken
        renamed = dict(self.renamed)
        for name in sorted(local & avoided):
            renamed[name] = free_name(name, avoided | local)
        return renamed


def names_for(interface: Interface, hidden: set[str]) -> Names:
    """The names of an interface's module, before any is given away.

    `hidden` are the parameters of functions whose bodies name types.
    """
    kinds = {kind.name_for(interface.name) for kind in ClassKind}
    inner = {
        parameter.name
        for member in interface.members
        for parameters in member.type_parameters
        for parameter in parameters
    }
    names = Names(
        interface,
        frozenset(
            name
            for member in interface.members
            for name in (member.name, member.remote_name)
        ),
        frozenset(
            parameter.name
            for member in interface.members
            for signature in member.signatures
            for parameter in signature.parameters
        ),
        hidden,
        {*kinds, *inner},
    )
    names.add_classes()
    return names
