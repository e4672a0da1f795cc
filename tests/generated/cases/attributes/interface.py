from abc import abstractmethod
from typing import Protocol


class Attributes(Protocol):
    level: int
    """How loud."""
    tags: list[str]

    @property
    def label(self) -> str:
        """What is shown."""
        ...

    @property
    @abstractmethod
    def speed(self) -> float: ...

    @speed.setter
    def speed(self, value: float) -> None: ...

    def reset(self) -> None: ...
