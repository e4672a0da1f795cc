from stub_file.stub_file_remote import StubFileStub


class Implementation:
    def greet(self, name: str = "you", times: int = 1) -> str:
        return name * times


def exercise(stub: StubFileStub) -> None:
    assert stub.greet() == "you"
    assert stub.greet("me", 2) == "meme"
