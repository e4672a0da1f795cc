from abc import abstractmethod
from typing import Final, Protocol


class Attributes(Protocol):
    level: int
    """How loud."""
    name: Final[str]
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
