"""The library's messages for protobuf's own runtime: an independent reader and writer, to test and to measure against."""

from collections.abc import Iterable
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from xds_server.envoy.generate.fields import Field, Value, fields
from xds_server.envoy.generate.source import package_of

_PACKAGE: Final = "models"
_FIELD: Final = descriptor_pb2.FieldDescriptorProto


def runtime_classes(models: Iterable[Any]) -> dict[Any, Any]:
    """The runtime's class for each class of the library, and for each that these hold.

    Fields have the same names and numbers. A message that the library hides behind a type of Python is a message here.
    """
    found: dict[Any, list[Field]] = {}
    enums: set[Any] = set()
    waiting = [*models]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found[one] = fields(one)
        for field in found[one]:
            if field.value.kind == "enum":
                enums.add(field.value.enum)
            elif field.value.message is not None:
                waiting.append(field.value.message)
    file = descriptor_pb2.FileDescriptorProto(name="models.proto", package=_PACKAGE, syntax="proto3")
    file.enum_type.extend(_enum(enum) for enum in enums)
    file.message_type.extend(_message(one, those) for one, those in found.items())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        one: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{_name(one)}")) for one in found
    }


def _enum(enum: Any) -> Any:
    made = descriptor_pb2.EnumDescriptorProto(name=_name(enum))
    made.options.allow_alias = True
    members = sorted(enum.__members__.items(), key=lambda item: item[1] != 0)
    if members[0][1] != 0:  # proto2's enums may begin elsewhere, proto3's must not.
        made.value.add(name=f"{_name(enum)}_", number=0)
    for name, value in members:
        made.value.add(name=f"{_name(enum)}_{name}", number=int(value))
    return made


def _message(model: Any, those: Iterable[Field]) -> Any:
    made = descriptor_pb2.DescriptorProto(name=_name(model))
    oneofs: dict[str, int] = {}
    for one in those:
        if one.oneof and one.oneof not in oneofs:
            oneofs[one.oneof] = len(oneofs)
            made.oneof_decl.add(name=one.oneof)
    for one in those:
        field = made.field.add(name=one.name, number=one.number, json_name=one.name)
        field.label = _FIELD.LABEL_REPEATED if one.repeated or one.key is not None else _FIELD.LABEL_OPTIONAL
        if one.oneof:
            field.oneof_index = oneofs[one.oneof]
        if one.key is None:
            _typed(field, one.value)
            continue
        entry = made.nested_type.add(name="".join(word.capitalize() for word in one.name.split("_")) + "Entry")
        entry.options.map_entry = True
        for name, number, value in (("key", 1, one.key), ("value", 2, one.value)):
            _typed(entry.field.add(name=name, number=number, label=_FIELD.LABEL_OPTIONAL), value)
        field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".{_PACKAGE}.{_name(model)}.{entry.name}"
    return made


def _typed(field: Any, value: Value) -> None:
    if value.kind == "enum":
        field.type, field.type_name = _FIELD.TYPE_ENUM, f".{_PACKAGE}.{_name(value.enum)}"
    elif value.message is not None:
        field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".{_PACKAGE}.{_name(value.message)}"
    else:
        field.type = getattr(_FIELD, f"TYPE_{value.kind.upper()}")


def _name(model: Any) -> str:
    return f"{package_of(model).replace('.', '_')}_{model.__name__}"
