from identifiers.interface import Profile
from identifiers.profile_remote import ProfileStub, ProfileWrapper


class Implementation:
    flag: int = 1
    staff: int = 2

    def find(self, file: str, *, a: int = 1, größe: float) -> float:
        return len(file) + a + größe

    def ffin(self, **μ: int) -> int:
        return sum(μ.values())


def exercise(stub: ProfileStub[float]) -> None:
    protocol: Profile[float] = stub
    assert protocol.find("abc", größe=0.5) == 4.5
    assert protocol.find(file="abc", a=2, größe=0.5) == 5.5
    assert protocol.ffin(x=1, y=2) == 3
    protocol.flag = 3
    protocol.staff = 4
    assert (protocol.flag, protocol.staff) == (3, 4)
    ProfileWrapper(Implementation())
