from attributes.attributes_remote import AttributesStub


class Implementation:
    def __init__(self) -> None:
        self.level = 1
        self.tags = ["a"]
        self.speed = 1.5

    @property
    def label(self) -> str:
        return f"level {self.level}"

    def reset(self) -> None:
        self.level = 0


def exercise(stub: AttributesStub) -> None:
    assert stub.level == 1
    stub.level = 2
    assert stub.label == "level 2"
    stub.tags = ["b", "c"]
    assert stub.tags == ["b", "c"]
    stub.speed = 2.5
    assert stub.speed == 2.5
    stub.reset()
    assert stub.level == 0
