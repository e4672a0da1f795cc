"""What type checkers have to refuse. An ignore that is not needed is an error."""

from collections.abc import Callable

from functions.functions_remote import FunctionsStub, FunctionsWrapper
from functions.listener_remote import ListenerStub as FunctionListenerStub
from functions.use import Implementation as Functions, visit_any, visit_stub
from parameters.parameters_remote import ParametersStub
from references.listener_remote import ListenerStub, ListenerWrapper
from references.interface import References
from references.references_remote import ReferencesStub, ReferencesWrapper
from attributes.attributes_remote import AttributesStub
from overloads.overloads_remote import OverloadsStub


class NoListener:
    def changed(self, symbol: int) -> int:
        return symbol


class Listener:
    def changed(self, symbol: str) -> int:
        return 1


class Derived(ListenerWrapper):  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    pass


def wrong(
    parameters: ParametersStub, references: ReferencesStub, attributes: AttributesStub
) -> None:
    parameters.either("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    parameters.either()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    parameters.keyword_only(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    parameters.unknown()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    number: str = parameters.either(1)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    references.add("x", NoListener())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ListenerWrapper(NoListener())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    listener: ListenerStub = references.open()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    attributes.level = "loud"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    attributes.label = "x"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    print(number, listener)


def wrong_overload(overloads: OverloadsStub) -> None:
    overloads.get(1.5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


class TakesOther(Functions):
    """Calls the function with what its caller was never promised."""

    def add(self, symbol: str, check: Callable[[int], bool]) -> bool:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return check(1)


class AsksForStub(Functions):
    """Gives a function that takes less than what its caller hands over."""

    def visitor(self, name: str) -> Callable[[str], int]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return len


def wrong_functions(functions: FunctionsStub) -> None:
    functions.add("x", len)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    functions.maybe(lambda symbol: True)  # type: ignore[arg-type, misc]  # pyright: ignore[reportArgumentType]
    functions.visited(len)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    functions.made(lambda name: 1)  # type: ignore[arg-type, return-value]  # pyright: ignore[reportArgumentType]
    functions.visitor("x")(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    text: str = functions.visitor("x")(Listener())  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    FunctionsWrapper(TakesOther())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    FunctionsWrapper(AsksForStub())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    print(text)


def right_functions(functions: FunctionsStub) -> FunctionListenerStub:
    functions.visited(visit_any)
    functions.visited(visit_stub)
    functions.visits([visit_any, visit_stub])
    functions.visitor("x")(Listener())
    FunctionsWrapper(Functions())
    return functions.maker()(1)


def right(references: ReferencesStub) -> None:
    references.add("x", Listener())
    references.add("x", ListenerWrapper(Listener()))


def whatever_fits_the_protocol_can_be_wrapped(service: References) -> ReferencesWrapper:
    return ReferencesWrapper(service)
