"""What type checkers have to refuse. An ignore that is not needed is an error."""

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


def right(references: ReferencesStub) -> None:
    references.add("x", Listener())
    references.add("x", ListenerWrapper(Listener()))


def whatever_fits_the_protocol_can_be_wrapped(service: References) -> ReferencesWrapper:
    return ReferencesWrapper(service)
