"""An interface and a template give the text of a generated module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from callbackgen.generator.format import (
    INDENT,
    Code,
    lay_out_docstring,
    lay_out_head,
    quoted,
)
from callbackgen.generator.render_forms import plan
from callbackgen.generator.render_imports import Imported, print_imports
from callbackgen.generator.render_members import MemberPrinter
from callbackgen.generator.render_names import names_for
from callbackgen.generator.render_parts import (
    print_function,
    print_lines_before,
    print_statement,
)
from callbackgen.generator.render_types import (
    Key,
    References,
    TypePrinter,
    stub_symbol,
    symbols_in,
)
from callbackgen.generator.render_uses import Uses, collect_uses
from callbackgen.generator.template_parts import (
    Block,
    ClassKind,
    ClassPart,
    Constants,
    Filling,
    Hole,
    Import,
    Imports,
    Part,
    Place,
    Statement,
    Template,
    TypeVariables,
    fill,
)
from callbackgen.interface import Interface, Symbol, Type, TypeParameter


def render(
    interface: Interface, references: Mapping[Symbol, str], template: Template
) -> str:
    """The text of the module that is generated for an interface.

    `references` has the generated module of every Protocol in the interface's
    annotations: those travel by reference. The text depends on nothing else.
    """
    return _Module(interface, references, template).text()


class _Module:
    """One module while it is rendered."""

    def __init__(
        self,
        interface: Interface,
        references: Mapping[Symbol, str],
        template: Template,
    ) -> None:
        self.interface = interface
        self.template = template
        self.modules = references
        self.references = References(references)
        self.plans = [plan(member, self.references) for member in interface.members]
        self.has_target = any(each.needs_target for each in self.plans)
        self.own_stub = self._own_stub()
        self.variables = _declared(interface)
        self.names = names_for(interface, self._hidden_types())
        self._give_names()
        self.types = TypePrinter(self.names.bound, self.names.variables)
        self.printer = MemberPrinter(template, self.names, self.types, self.references)
        self.target = self._target()

    # -- names ---------------------------------------------------------------------

    def _hidden_types(self) -> set[str]:
        return {
            name
            for each in self.plans
            if each.has_references or each.returns_variable
            for name in each.parameters
        }

    def _give_names(self) -> None:
        parameters = self.interface.type_parameters
        self.names.add_variables(
            each.name for each in (*parameters, *self.interface.type_variables)
        )
        self.names.add_symbols(self._symbols(), self.own_stub)
        self.uses = self._uses()
        self.names.add_template_names(self.template, self.uses)
        self.names.add_constants(self.interface.members)

    def _own_stub(self) -> Key:
        """The module's own stub class, if the Protocol refers to itself."""
        own = self.interface.symbol
        if own not in self.modules:
            return "", ""
        stub = stub_symbol(own, self.modules[own])
        return stub.module, stub.name

    def _target(self) -> str:
        """The type of what a wrapper takes."""
        if self.has_target:
            name = ClassKind.TARGET.name_for(self.interface.name)
        else:
            name = self.types.text(self.interface.symbol)
        return name + self._type_arguments()

    def _symbols(self) -> Iterator[Symbol]:
        """Everything that the types of the module name, in order of first use."""
        yield self.interface.symbol
        yield Symbol("typing", "Any")
        for annotation in self._types():
            yield from symbols_in(annotation)
            if annotation is not None:
                yield from symbols_in(self.references.named(annotation))
        if self.has_target:
            yield from (Symbol("builtins", name) for name in ("tuple", "dict", "str"))

    def _types(self) -> Iterator[Type | None]:
        parameters = [*self.interface.type_parameters, *self.interface.type_variables]
        for member in self.interface.members:
            for signature in member.signatures:
                for parameter in signature.parameters:
                    yield parameter.annotation
                yield signature.result
            for own in member.type_parameters:
                parameters += own
        for declared in parameters:
            yield from (declared.bound, declared.default, *declared.constraints)

    def _uses(self) -> Uses:
        uses = collect_uses(
            self.template,
            self.plans,
            has_target=self.has_target,
            has_variables=bool(self.variables),
        )
        if self.interface.type_parameters and not self._has_syntax:
            uses.in_module["Generic"] = None
        if any(map(_needs_extension, self.variables)):
            uses.in_module["_TypeVar"] = None
        return uses

    @property
    def _has_syntax(self) -> bool:
        return self.interface.has_parameter_syntax

    @property
    def _renamed(self) -> Mapping[str, str]:
        return self.names.renamed

    # -- text ----------------------------------------------------------------------

    def text(self) -> str:
        protocol = str(self.interface.symbol)
        docstring = self.template.docstring.text(protocol, None)
        lines = [*self.template.comments, *lay_out_docstring(docstring, "")]
        before: list[str] = []
        after: list[str] = []
        current = before
        for block in self.template.blocks:
            if isinstance(block, Imports):
                before += block.before
                current = after
            else:
                current += self._block(block)
        lines += [*before, *self._imports(), *after]
        return "\n".join(lines) + "\n"

    def _block(self, block: Block) -> list[str]:
        match block:
            case TypeVariables(form=form):
                return self._type_variables(block, form)
            case Constants():
                return self._constants(block)
            case ClassPart():
                if block.kind is ClassKind.TARGET and not self.has_target:
                    return []
                return self._class(block)
            case Imports():
                return []
            case _:
                return self._part(block, "")

    def _part(self, part: Part, indent: str) -> list[str]:
        """A part of the template's own, which has no holes."""
        nothing = Filling({}, {})
        renamed = {**self._renamed, ClassKind.TARGET.value: self.target}
        if isinstance(part, Statement):
            return print_statement(part, nothing, renamed, indent)
        return print_function(
            part, nothing, renamed, indent, part.body, part.docstring, []
        )

    # -- type variables and constants ----------------------------------------------

    def _type_variables(self, block: TypeVariables, form: Statement) -> list[str]:
        lines = list(block.before) if self.variables else []
        plain = [each for each in self.variables if not _needs_extension(each)]
        for each in plain:
            lines += self._type_variable(form, each, full=True)
        extended = [each for each in self.variables if _needs_extension(each)]
        if extended:
            name = self.names.renamed.get("TYPE_CHECKING", "TYPE_CHECKING")
            lines += ["", f"if {name}:"] if plain else [f"if {name}:"]
            for full in (True, False):
                lines += [] if full else ["else:"]
                for each in extended:
                    declared = self._type_variable(form, each, full=full)
                    lines += [f"{INDENT}{line}" for line in declared if line]
        return lines

    def _type_variable(
        self, form: Statement, variable: TypeParameter, *, full: bool
    ) -> list[str]:
        renamed = dict(self._renamed)
        if full and _needs_extension(variable):
            renamed["TypeVar"] = self._renamed.get("_TypeVar", "_TypeVar")
        name = self.names.variables[variable.name]
        filling = Filling(
            {Hole.NAME: (name,), Hole.TYPE_VARIABLE: (quoted(name),)},
            {Hole.ARGUMENTS: tuple(self._variable_arguments(variable, full=full))},
        )
        return print_statement(form, filling, renamed, "")

    def _variable_arguments(
        self, variable: TypeParameter, *, full: bool
    ) -> Iterator[Code]:
        def text(annotation: Type) -> str:
            return quoted(self.types.text(annotation))

        if not full:
            return
        for constraint in variable.constraints:
            yield (text(constraint),)
        if variable.bound is not None:
            yield (f"bound={text(variable.bound)}",)
        if variable.default is not None:
            yield (f"default={text(variable.default)}",)
        if variable.variance:
            yield (f"{variable.variance}=True",)

    def _constants(self, block: Constants) -> list[str]:
        lines = list(block.before) if self.plans else []
        for each in self.plans:
            lines += self.printer.constant(each)
        return lines

    # -- classes -------------------------------------------------------------------

    def _class(self, block: ClassPart) -> list[str]:
        nothing = Filling({}, {})
        lines = print_lines_before(block.before, "")
        for decorator in block.decorators:
            lines += print_statement(decorator, nothing, self._renamed, "")
        lines += block.head.before
        lines += lay_out_head(
            fill(block.head.code, self._class_filling(block.kind), self._renamed),
            suffix=f":{block.head.after}",
        )
        if block.docstring is not None:
            text = block.docstring.text(
                str(self.interface.symbol), self.interface.docstring
            )
            lines += lay_out_docstring(text, INDENT)
        for part in block.first:
            lines += self._part(part, INDENT)
        for each in self.plans:
            lines += self.printer.member(each, block.kind)
        for part in block.last:
            lines += self._part(part, INDENT)
        return lines

    def _class_filling(self, kind: ClassKind) -> Filling:
        parameters = self.interface.type_parameters
        arguments = ""
        declared = ""
        bases: tuple[Code, ...] = ()
        if self._has_syntax:
            declared = self.types.parameters(parameters)
        elif parameters:
            arguments = self._type_arguments()
            generic = self._renamed.get("Generic", "Generic")
            bases = ((f"{generic}{arguments}",),)
        return Filling(
            {
                Hole.TYPE_PARAMETERS: (declared,),
                Hole.TYPE_ARGUMENTS: (arguments,),
            },
            {Hole.BASES: bases},
        )

    def _type_arguments(self) -> str:
        names = [
            self.names.variables[each.name] for each in self.interface.type_parameters
        ]
        return f"[{', '.join(names)}]" if names else ""

    # -- imports -------------------------------------------------------------------

    def _imports(self) -> list[str]:
        places = self._placed_imports()
        lines = print_imports(places[Place.TOP])
        checking = print_imports(places[Place.CHECKING], INDENT)
        running = print_imports(places[Place.RUNNING], INDENT)
        if checking:
            name = self._renamed.get("TYPE_CHECKING", "TYPE_CHECKING")
            lines += ["", f"if {name}:", *checking]
        if running:
            lines += ["else:", *running]
        return lines

    def _placed_imports(self) -> dict[Place, list[Imported]]:
        places: dict[Place, list[Imported]] = {place: [] for place in Place}
        for key, place in self._imported().items():
            places[place].append(Imported(*key, self.names.bound[key]))
        for each in self.template.imports:
            bound = self._renamed.get(each.bound, each.bound)
            if each.is_always or (each.place is Place.RUNNING and self._is_used(each)):
                places[each.place].append(Imported(each.module, each.name, bound))
        if any(map(_needs_extension, self.variables)) or places[Place.CHECKING]:
            name = self._renamed.get("TYPE_CHECKING", "TYPE_CHECKING")
            places[Place.TOP].append(Imported("typing", "TYPE_CHECKING", name))
        return places

    def _imported(self) -> dict[Key, Place]:
        """What is imported because something uses it, and where."""
        template = {
            (each.module, each.name): each.place
            for each in self.template.imports
            if each.place is not Place.RUNNING
        }
        imported: dict[Key, Place] = {}
        for key in (*self.names.template_keys, *self.types.used):
            module, name = key
            bound = self.names.bound[key]
            is_own_stub = key == self.own_stub and bound == name
            is_builtin = module == "builtins" and (
                bound == name or name in self.template.own_names
            )
            if is_own_stub or is_builtin or key == ("typing", "TYPE_CHECKING"):
                continue
            place = Place.CHECKING
            if module == "builtins" and key in self.names.template_keys:
                place = Place.TOP
            imported.setdefault(key, template.get(key, place))
        return imported

    def _is_used(self, each: Import) -> bool:
        return each.bound in self.uses.in_module or each.bound in self.uses.in_class


def _declared(interface: Interface) -> list[TypeParameter]:
    """The type variables that the module declares, in order."""
    parameters = () if interface.has_parameter_syntax else interface.type_parameters
    declared: dict[str, TypeParameter] = {}
    for each in (*parameters, *interface.type_variables):
        declared.setdefault(each.name, each)
    return list(declared.values())


def _needs_extension(variable: TypeParameter) -> bool:
    """Whether ``typing.TypeVar`` of Python 3.11 cannot declare it."""
    return variable.default is not None or variable.variance == "infer_variance"
