from nested.inside_remote import InsideStub, InsideWrapper
from nested.nested_remote import NestedStub, NestedWrapper
from nested.user_remote import UserStub

from nested.interface import Outer


class Implementation:
    def use(self, nested: NestedStub, inside: InsideStub) -> int:
        return len(nested.ring({"loud": True})) + inside.deep()


class Ringing:
    def ring(self, options: Outer.Options) -> list[str]:
        return [str(options)]


class Deep:
    def deep(self) -> int:
        return 5


def exercise(stub: UserStub) -> None:
    from tests.generated.serving import serving

    nested, inside = NestedWrapper(Ringing()), InsideWrapper(Deep())
    with serving(nested, inside):
        assert stub.use(nested, inside) == 6
