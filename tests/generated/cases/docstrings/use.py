from docstrings.docstrings_remote import DocstringsStub


class Implementation:
    def one_line(self) -> int:
        return 1

    def raw(self) -> int:
        return 2

    def ends_with_a_quote(self) -> int:
        return 3

    def single(self) -> int:
        return 4

    def many_lines(self) -> int:
        return 5

    def unicode(self) -> int:
        return 6

    def long(self) -> int:
        return 7

    def empty(self) -> int:
        return 8

    def concatenated(self) -> int:
        return 9


def exercise(stub: DocstringsStub) -> None:
    assert stub.one_line() == 1
    assert stub.concatenated() == 9
