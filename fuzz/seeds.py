"""The inputs from which fuzzing starts, made of real messages: `python -m fuzz.seeds`.

Each folder of `corpus/` is written anew: libFuzzer keeps those inputs, of these and of
those that were there, that reach something which no smaller one does.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import msgspec
from Pyro5 import serializers
from Pyro5.core import URI

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.channel import Channel
from callbackgen.runtime.envelope import GOODBYE, RELEASE
from callbackgen.runtime.fingerprint import description
from callbackgen.runtime.interfaces import wrapper_of
from callbackgen.runtime.lanes import NO_CHAIN
from callbackgen.runtime.referring import reference
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.unpacking import NUMBERS
from fuzz import channel_target, session_target
from fuzz.atheris_run import CORPUS, TARGETS, run
from fuzz.framing import KINDS, frame
from fuzz.payload_target import READERS
from fuzz.surface import METHODS, SurfaceStub

THEIRS: Final = reference(
    receivers=False, key=1, interface="fuzz.Listener", fingerprint=b"12345678"
)
OURS: Final = reference(receivers=True, key=1, interface="fuzz.Listener")

LEAF: Final = {"type": "leaf", "ids": ["12345678-1234-5678-1234-567812345678"]}
BRANCH: Final = {
    "type": "branch",
    "inner": [LEAF, {"type": "branch", "inner": [], "leaves": [], "anything": 5}],
    "leaves": [LEAF],
}
_HEAD: Final = msgspec.msgpack.encode(("<i8", (2,)))
ARRAY: Final = msgspec.msgpack.Ext(
    NUMBERS, len(_HEAD).to_bytes(2) + _HEAD + bytes(2 * 8)
)

ARGUMENTS: Final[dict[str, tuple[list[Any], dict[str, Any]]]] = {
    "plain": ([1, 2.5, "three", True], {}),
    "kept": ([{"a": [1, None, 2.5j, 2**70]}], {}),
    "rows": ([[{"a": 1.5}, {}]], {}),
    "sets": ([[1, 2], [[1, "a"]]], {}),
    "times": (["2024-02-29T12:00:00Z", "2024-02-29"], {}),
    "amounts": (["1.50", "12345678-1234-5678-1234-567812345678"], {}),
    "numbers": ([1 + 2j, 2**70], {}),
    "many": ([1, 2, 3], {"name": "text"}),
    "either": (["text"], {"b": "more"}),
    "made": ([{"x": 1}], {"row": {"symbol": "A", "prices": [1.0]}}),
    "chosen": (["red"], {}),
    "listen": ([THEIRS], {}),
    "listeners": ([{"a": THEIRS, "b": THEIRS}], {}),
    "told": (["text"], {}),
    "level": ([5], {}),
    "tree": ([BRANCH], {}),
    "places": ([["::1", "1::/64"], {1: "a/b", 2.5: "c"}], {}),
    "rights": ([[1, 2, 8, "text"]], {}),
    "array": ([ARRAY], {}),
    "given": ([{"a": [1, b"bytes"]}], {}),
}
NAMED: Final = URI("PYRO:object@localhost:1")
RESULTS: Final[dict[int, Any]] = {
    1: "text",
    2: envelope.plain([(1, 2), {3}, frozenset({4}), {"a": 2.5}]),
    3: None,
    4: "text",
    5: THEIRS,
    6: [THEIRS, OURS],
    8: 3,
}
"""By the numbers of the calls that the session makes in its target."""


def requests() -> list[bytes]:
    """The payloads of calls, one of each member."""
    return [
        envelope.request("fuzz.Surface", one.name, *ARGUMENTS[one.name])
        for one in METHODS
    ]


def results() -> list[bytes]:
    """The payloads of answers."""
    return [envelope.packed(one) for one in RESULTS.values()]


def controls() -> list[bytes]:
    """The payloads of what the ends tell each other."""
    return [
        envelope.control(RELEASE, (1, 1), (2, 3)),
        envelope.control(GOODBYE, "over"),
    ]


def failures() -> list[bytes]:
    """The payloads of answers that say what went wrong."""
    return [
        envelope.failure("busy", "too many"),
        envelope.failure(envelope.RAISED, "text", "builtins.ValueError", "traceback"),
    ]


def streams() -> list[bytes]:
    """What one end sends, as it arrives at the other."""
    channel = Channel(Settings(oneways=4), 0.0)
    calls = [channel.call(1, channel.new_chain(), 0, b"\x90", nested=False)]
    calls += [channel.call("service", 7, 500, one, nested=True) for one in requests()]
    told = [channel.oneway("service", NO_CHAIN, one) for one in requests()[:4]]
    channel.tick(20.0)
    asked = channel.take().outgoing
    controlled = [channel.tell(one) for one in controls()]
    answered = [
        wire.encoded(wire.RESULT, number, one)
        for number, one in zip(RESULTS, results(), strict=True)
    ]
    failed = [
        wire.encoded(wire.RESULT, number + 1, one, flags=wire.EXCEPTION)
        for number, one in enumerate(failures())
    ]
    greeting = wire.encoded(wire.CONNECT, 0, b"{}", annotations=envelope.greeting())
    made = [data for _, data in calls]
    parts = [made[:3], told, asked, controlled, answered, failed, [greeting]]
    return [b"".join(part) for part in parts] + made


def frames() -> list[bytes]:
    """The same for `framed`: calls, answers and the rest in several orders."""
    called = [frame(0, 2, n, one) for n, one in enumerate(requests())]
    inside = [frame(0, 10 + n, n, one) for n, one in enumerate(requests()[:3])]
    told = [frame(1, 2, n, one) for n, one in enumerate(requests())]
    numbered = zip(RESULTS, results(), strict=True)
    answered = [frame(2, 0, number, one) for number, one in numbered]
    failed = [frame(3, 0, n + 1, one) for n, one in enumerate(failures())]
    controlled = [frame(1, 3, 0, one) for one in controls()]
    pings = [frame(4, 0, 1, b"taken?"), frame(4, 0, 9, b"pong")]
    every = [frame(what, what, 1, b"\x90") for what in range(len(KINDS))]
    mixed = [*told[:3], controlled[0], *called[:3], *pings, *answered, controlled[1]]
    within = [*inside, answered[0], *inside, *answered[1:]]
    called_back = [called[11], frame(2, 0, 2, envelope.packed(True)), controlled[0]]
    parts = [called, told, inside, answered, failed, controlled, pings, every, mixed]
    parts += [within, called_back]
    return [b"".join(part) for part in parts] + called + answered


def ordinary() -> list[bytes]:
    """Calls and handshakes by Pyro5's own serializers."""
    found: list[bytes] = []
    known: Any = serializers
    for place, number in enumerate(sorted((1, 3, 4))):
        serializer = known.serializers_by_id[number]
        for value in (1, {"a": [1.5, None]}, ValueError("text"), float("nan"), NAMED):
            call = bytes(serializer.dumpsCall("object", "method", [value], {"b": "c"}))
            found += [bytes([place, makes]) + call for makes in range(3)]
        said = {"handshake": "hello", "object": "service"}
        found.append(bytes([place, 3]) + bytes(serializer.dumps(said)))
    return found


def payloads() -> list[bytes]:
    """The payloads of messages, for each that reads some."""
    told = description(wrapper_of(SurfaceStub)).encode()
    made = {
        "request": requests(),
        "result": results(),
        "heading": requests()[:2],
        "control": controls(),
        "error": failures(),
        "reference": [bytes(one.data) for one in (THEIRS, OURS)],  # type: ignore[attr-defined]
        "text": [told],
        "ordinary": requests(),
    }
    return [
        bytes([place, number % len(METHODS)]) + one
        for place, reader in enumerate(READERS)
        for number, one in enumerate(made[reader])
    ]


def seeds() -> dict[str, list[bytes]]:
    """Those of each target."""
    modes = [0, channel_target.CALLS, channel_target.SLOW | channel_target.NESTED]
    modes.append(channel_target.CALLS | channel_target.IMPATIENT)
    roles = (0, session_target.CALLS)
    return {
        "wire": [bytes([size]) + one for one in streams() for size in (0, 1)],
        "channel": [bytes([mode, 0]) + one for one in streams() for mode in modes]
        + [bytes([mode + 1, 7]) + one for one in frames() for mode in modes],
        "session": [bytes([role, 0]) + one for one in streams() for role in roles]
        + [bytes([role + 1, 0]) + one for one in frames() for role in roles],
        "payload": payloads(),
        "ordinary": ordinary(),
    }


def main() -> None:
    """Write the corpus of each target anew, or of those that are named."""
    for target in sys.argv[1:] or TARGETS:
        kept = CORPUS / target
        with tempfile.TemporaryDirectory() as folder:
            before = Path(folder)
            for data in seeds()[target]:
                write(before, data)
            for file in kept.glob("*"):
                write(before, file.read_bytes())
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir(parents=True)
            run(target, "-merge=1", str(kept), folder)
        print(f"{target}: {len(list(kept.iterdir()))} inputs")


def write(folder: Path, data: bytes) -> None:
    """Write an input under the name that libFuzzer would give it."""
    name = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
