import warnings

from marks.marks_remote import MarksStub


class Implementation:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def told(self, text: str) -> None:
        self.texts.append(text)

    def also_told(self, text: str) -> None:
        self.texts.append(text)

    def confirm(self, question: str) -> bool:
        return question == "?"

    def old(self, text: str) -> str:
        return text

    def said(self, text: str, more: int = 0) -> str:
        return text + str(more)

    def last(self) -> list[str]:
        return self.texts


def exercise(stub: MarksStub) -> None:
    for number in range(20):
        stub.told(f"told {number}")
        stub.also_told(f"also {number}")
    assert stub.confirm("?") is True
    assert stub.said("a", 1) == "a1"
    expected = [f"{word} {n}" for n in range(20) for word in ("told", "also")]
    assert stub.last() == expected
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert stub.old("x") == "x"  # pyright: ignore[reportDeprecated]
    assert [str(warning.message) for warning in caught] == ["use told"]
