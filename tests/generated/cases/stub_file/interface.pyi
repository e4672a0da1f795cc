from typing import Protocol

class StubFile(Protocol):
    def greet(self, name: str = "you", times: int = ...) -> str: ...
