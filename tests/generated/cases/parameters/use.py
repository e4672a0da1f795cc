from parameters.parameters_remote import ParametersStub


class Implementation:
    def none(self) -> None:
        return None

    def positional_only(self, a: int, b: int = 2, /) -> int:
        return a * 10 + b

    def older_spelling(self, __a: int, __b: int = 2) -> int:
        return __a * 10 + __b

    def either(self, a: int, b: int = -1) -> int:
        return a * 10 + b

    def keyword_only(self, *, a: int, b: str = 'it"s') -> str:
        return f"{a}{b}"

    def variadic(self, *numbers: int, scale: int = 255) -> int:
        return sum(numbers) * scale

    def keywords(self, **numbers: int) -> int:
        return sum(numbers.values())

    def all_of_them(
        self, a: int, /, b: int, *c: int, d: int, e: float = 1e3, **f: int
    ) -> list[float]:
        return [a, b, *c, d, e, *f.values()]

    def omitted(
        self, a: int = 7, b: int = 1, *, c: int = 8, d: list[int] = [9]
    ) -> list[int]:
        return [a, b, c, *d]

    def literals(
        self,
        a: None = None,
        b: bool = True,
        c: tuple[int, str] = (1, "x"),
        d: tuple[int, ...] = (),
        e: str = "",
        f: float = 0,
    ) -> str:
        return repr((a, b, c, d, e, f))

    def a_name_that_is_long_enough_to_need_a_second_line(
        self, first: int, second: int
    ) -> int:
        return first - second


def exercise(stub: ParametersStub) -> None:
    stub.none()
    assert stub.positional_only(1) == 12
    assert stub.older_spelling(1, 3) == 13
    assert stub.either(1) == 9
    assert stub.either(b=1, a=2) == 21
    assert stub.keyword_only(a=1) == '1it"s'
    assert stub.variadic(1, 2) == 765
    assert stub.variadic(scale=1) == 0
    assert stub.keywords(a=1, b=2) == 3
    assert stub.all_of_them(1, 2, 3, d=4, z=5) == [1, 2, 3, 4, 1000.0, 5]
    assert stub.omitted() == [7, 1, 8, 9]
    assert stub.omitted(b=2) == [7, 2, 8, 9]
    assert stub.omitted(1, c=3, d=[4, 5]) == [1, 1, 3, 4, 5]
    assert stub.literals() == repr(
        (None, True, (1, "x"), (), "caf\u00e9 \n\t\\ \u200b", -0.5)
    )
    assert stub.a_name_that_is_long_enough_to_need_a_second_line(3, second=1) == 2
