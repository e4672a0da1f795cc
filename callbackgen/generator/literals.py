"""Literal values as source text, the way ``black`` and ``ruff format`` leave them."""

from __future__ import annotations

import unicodedata

import libcst

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def quoted(value: str | bytes) -> str:
    """A string or bytes literal, in double quotes unless single ones escape less.

    What cannot be seen is escaped, so that text in a generated module reads as what
    it is.
    """
    text = value if isinstance(value, str) else value.decode("latin-1")
    quote = "'" if text.count('"') > text.count("'") else '"'
    is_bytes = isinstance(value, bytes)
    body = "".join(_escaped(character, quote, is_bytes) for character in text)
    return f"{'b' if is_bytes else ''}{quote}{body}{quote}"


def _escaped(character: str, quote: str, is_bytes: bool) -> str:
    if character == quote:
        return f"\\{quote}"
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    invisible = unicodedata.category(character) in _INVISIBLE
    if not invisible and (code < 0x7F or not is_bytes):
        return character
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def literal(node: libcst.BaseExpression) -> str | None:
    """The text of a literal, or None if `node` is any other expression.

    A literal is None, a bool, a number, a str or bytes, a signed number, or a tuple
    of literals.
    """
    match node:
        case libcst.Name(value="None" | "True" | "False" as name):
            return name
        case libcst.Integer() | libcst.Float() | libcst.Imaginary():
            return _number(node.value)
        case libcst.SimpleString() | libcst.ConcatenatedString():
            value = node.evaluated_value
            return None if value is None else quoted(value)
        case libcst.UnaryOperation(
            operator=libcst.Minus() | libcst.Plus() as operator,
            expression=libcst.Integer() | libcst.Float() | libcst.Imaginary() as number,
        ):
            sign = "-" if isinstance(operator, libcst.Minus) else "+"
            return sign + _number(number.value)
        case libcst.Tuple(elements=elements):
            items = [
                literal(element.value) if isinstance(element, libcst.Element) else None
                for element in elements
            ]
            if None in items:
                return None
            comma = "," if len(items) == 1 else ""
            return f"({', '.join(filter(None, items))}{comma})"
        case _:
            return None


def _number(text: str) -> str:
    """A number as the formatters write it.

    Prefix, exponent and suffix are in lower case, hexadecimal digits in upper case,
    and there is a digit on either side of the point.
    """
    text = text.lower()
    if text.startswith("0x"):
        return f"0x{text[2:].upper()}"
    if text.startswith(("0b", "0o")):
        return text
    suffix = "j" if text.endswith("j") else ""
    mantissa, e, exponent = text.removesuffix("j").partition("e")
    if mantissa.startswith("."):
        mantissa = f"0{mantissa}"
    if mantissa.endswith("."):
        mantissa = f"{mantissa}0"
    return f"{mantissa}{e}{exponent.removeprefix('+')}{suffix}"
