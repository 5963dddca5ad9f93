"""A message's fields as the generator sees them: read from the library's metadata, turned into expressions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from xds_server.envoy.wire.writer import FIXED32, FIXED64, LENGTH_DELIMITED, VARINT, tag, varint

_FIXED: Final = {"float": "f", "double": "d", "fixed32": "I", "fixed64": "Q", "sfixed32": "i", "sfixed64": "q"}
_INTEGERS: Final = ("int32", "int64", "sint32", "sint64", "uint32", "uint64")
_WIRE_TYPE: Final = dict.fromkeys(("bool", "enum", *_INTEGERS), VARINT) | {
    kind: FIXED32 if code in "fIi" else FIXED64 for kind, code in _FIXED.items()
}
_WRAPPED: Final = {
    "BoolValue": "bool",
    "BytesValue": "bytes",
    "DoubleValue": "double",
    "FloatValue": "float",
    "Int32Value": "int32",
    "Int64Value": "int64",
    "StringValue": "string",
    "UInt32Value": "uint32",
    "UInt64Value": "uint64",
}
_PYTHON: Final = {
    "bool": "bool",
    "bytes": "bytes",
    "double": "float",
    "float": "float",
    "string": "str",
    "Duration": "timedelta",
    "Timestamp": "datetime",
} | dict.fromkeys((*_INTEGERS, "fixed32", "fixed64", "sfixed32", "sfixed64"), "int")


@dataclass(frozen=True, slots=True)
class Value:
    """What a field holds once or more, or what a map has for keys or values."""

    kind: str
    """A proto type; or the message that the library hides behind a type of Python: `Duration`, `UInt32Value`."""
    enum: Any = None
    """Its class."""
    message: Any = None
    """Its class, also of one that is hidden."""

    @property
    def python(self) -> str:
        """The type that an encoder takes; "" for an enum or a message."""
        return _PYTHON.get(_WRAPPED.get(self.kind, self.kind), "")

    @property
    def wire_type(self) -> int:
        """The wire type."""
        return _WIRE_TYPE.get(self.kind, LENGTH_DELIMITED)

    def encoded(self, name: str, path: str, number: int, *, member: str = "_member") -> str:
        """An expression for the variable *name* as field *number* of a message; without a head for number 0.

        *member* is the function for an enum.
        """
        head = tag(number, self.wire_type) if number else b""
        match self.kind:
            case "bool":
                return f"{literal(head + bytes((1,)))} if {name} else {literal(head + bytes((0,)))}"
            case "BoolValue":
                return f"{literal(head + bytes((2, 8, 1)))} if {name} else {literal(head + bytes((0,)))}"
            case "string":
                return f"_text({literal(head)}, {name})"
            case "bytes" | "message":
                return f"_blob({literal(head)}, {name})"
            case "enum":
                return f'{member}({literal(head)}, _{self.enum.__name__}, {name}, "{path}")'
            case kind if kind in _FIXED:
                return f'_fixed({literal(head)}, "{_FIXED[kind]}", {name}, "{path}")'
            case kind if kind in _WRAPPED:
                inner = Value(_WRAPPED[kind]).encoded(name, path, 1)
                return f'_blob({literal(head)}, {inner} if {name} else b"")'
            case kind:
                return f'_{kind.lower()}({literal(head)}, {name}, "{path}")'


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message."""

    name: str
    """As the library has it: the proto's name, made safe for Python."""
    number: int
    value: Value
    key: Value | None
    """Of a map."""
    repeated: bool
    explicit: bool
    """Whether a default value is not the same as none, and is written."""
    oneof: str

    def statement(self, path: str) -> tuple[str, str]:
        """The condition under which the field is written, and the expression for its bytes."""
        name, value = self.name, self.value
        head = literal(tag(self.number, LENGTH_DELIMITED))
        if self.key is not None:
            entry = f"{_operand(self.key.encoded('key', path, 1))} + {_operand(value.encoded('one', path, 2))}"
            return name, f'_blobs({head}, [{entry} for key, one in {name}.items()], "{path}")'
        if self.repeated and value.kind in ("string", "bytes", "message"):
            return name, f'_{"texts" if value.kind == "string" else "blobs"}({head}, {name}, "{path}")'
        if self.repeated and value.wire_type != LENGTH_DELIMITED:
            return name, f"_packed({head}, [{value.encoded('one', path, 0)} for one in {name}])"
        if self.repeated:
            return name, f'b"".join([{value.encoded("one", path, self.number)} for one in {name}])'
        if value.kind == "enum" and not self.explicit:  # Its default has a name, which can be given; it is not written.
            return f"{name} is not None", value.encoded(name, path, self.number, member="_member_but_zero")
        if value.kind == "bool" and not self.explicit:
            return name, literal(tag(self.number, VARINT) + b"\x01")
        return f"{name} is not None" if self.explicit else name, value.encoded(name, path, self.number)


def fields(model: Any) -> list[Field]:
    """The fields of a class, in the order in which the library writes them: that of the proto file."""
    classes = model._betterproto.cls_by_field  # noqa: SLF001 - the library's own way to its metadata
    return [_field(name, meta, classes) for name, meta in model._betterproto.meta_by_field_name.items()]  # noqa: SLF001


def oneofs(those: Iterable[Field]) -> dict[str, list[str]]:
    """The names of the fields of each oneof; what a lone optional field is in is none."""
    groups: dict[str, list[str]] = {}
    for one in those:
        if one.oneof:
            groups.setdefault(one.oneof, []).append(one.name)
    return {group: names for group, names in groups.items() if len(names) > 1}


def numbers(enum: Any) -> dict[str, bytes]:
    """The encoded values of an enum, by the library's names for them."""
    return {name: varint(int(value) & (1 << 64) - 1) for name, value in enum.__members__.items()}


def literal(data: bytes) -> str:
    """A bytes literal."""
    return 'b"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def _field(name: str, meta: Any, classes: dict[str, Any]) -> Field:
    if meta.map_meta:
        of_key, of_value = meta.map_meta
        value = _value(of_value, classes[f"{name}.value"])
        return Field(name, meta.number, value, Value(of_key.proto_type), repeated=False, explicit=False, oneof="")
    value = _value(meta, classes[name])
    return Field(name, meta.number, value, None, bool(meta.repeated), bool(meta.optional), meta.group or "")


def _value(meta: Any, model: Any) -> Value:
    if meta.unwrap:
        hidden = meta.unwrap()
        return Value(hidden.__name__, message=hidden)
    if meta.proto_type == "enum":
        return Value("enum", enum=model)
    return Value(meta.proto_type, message=model if meta.proto_type == "message" else None)


def _operand(expression: str) -> str:
    return f"({expression})" if " if " in expression else expression
