import asyncio

from type_parameters.later_remote import LaterStub, LaterWrapper
from type_parameters.type_parameters_remote import TypeParametersStub


class Implementation:
    def put(self, item: int) -> str | None:
        return str(item)

    def same[S](self, value: S) -> S:
        return value

    def listed[S: int](self, value: tuple[S, S]) -> list[S]:
        return list(value)

    def names(self) -> list[str]:
        return ["a"]

    async def later[S](self, value: S, then: LaterStub[str]) -> S:
        then.done("done")
        return value


class Done:
    result: str = ""

    def done(self, result: str) -> None:
        self.result = result


def exercise(stub: TypeParametersStub[int, str]) -> None:
    from tests.generated.serving import serving

    assert stub.put(1) == "1"
    assert stub.same({"a": 1}) == {"a": 1}
    assert stub.listed((1, 2)) == [1, 2]
    assert stub.names() == ["a"]
    done = Done()
    wrapper = LaterWrapper[str](done)
    with serving(wrapper):
        assert asyncio.run(stub.later(5, wrapper)) == 5
    assert done.result == "done"
