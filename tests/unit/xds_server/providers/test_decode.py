"""The door: pages, single objects, and what one bad object costs."""

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from xds_server.model.objects import EndpointSlice, Service
from xds_server.providers.decode import Decoder
from xds_server.providers.kinds import KINDS
from xds_server.providers.schema.base import Finding

BY_PLURAL = {kind.plural: kind for kind in KINDS}
SERVICES = Decoder(BY_PLURAL["services"])


def service(name: str, port: object) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "shop", "managedFields": [{"x": 1}]},
        "spec": {"ports": [{"port": port}]},
    }


def page(*items: object) -> bytes:
    return json.dumps({"metadata": {"resourceVersion": "7", "continue": ""}, "items": list(items)}).encode()


def test_a_page_yields_its_objects_in_order() -> None:
    """Every object of a page becomes a value under `namespace/name`."""
    decoded = SERVICES.page(page(service("a", 80), service("b", 81)))

    assert [(d.key, type(d.value), d.findings) for d in decoded] == [("shop/a", Service, ()), ("shop/b", Service, ())]


def test_one_bad_object_costs_only_itself() -> None:
    """The others of its page are decoded, and it is named with field, fact and next step."""
    decoded = SERVICES.page(page(service("a", 80), service("b", "eighty"), service("c", 82)))

    assert [(d.key, d.value is None) for d in decoded] == [("shop/a", False), ("shop/b", True), ("shop/c", False)]
    assert [str(p) for p in decoded[1].problems(BY_PLURAL["services"], "services")] == [
        "services: Service shop/b spec.ports[0].port: expected int, got str: correct the value"
    ]


def test_a_fault_of_ours_costs_one_object(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, named, and keeps its last good version like any other that cannot be used."""

    def flat(raw: Any, _: list[Finding]) -> Any:
        if raw.metadata.name == "b":
            raise ZeroDivisionError("oops")
        return BY_PLURAL["services"].flat(raw, _)

    decoder = Decoder(replace(BY_PLURAL["services"], flat=flat))

    decoded = decoder.page(page(service("a", 80), service("b", 81), service("c", 82)))

    assert [(d.key, d.value is None) for d in decoded] == [("shop/a", False), ("shop/b", True), ("shop/c", False)]
    assert "cannot be read, ZeroDivisionError('oops')" in decoded[1].findings[0].message
    assert "Service shop/b" in caplog.text


def test_null_items_are_no_items() -> None:
    """A list without objects may say so with null."""
    assert SERVICES.page(b'{"metadata":{"resourceVersion":"1"},"items":null}') == []


@pytest.mark.parametrize("body", [b"<html>", b'{"items":[', b'{"metadata":{}}', b"[]"])
def test_what_is_no_list_is_an_error(body: bytes) -> None:
    """A body that is not a list is never taken for an empty one."""
    with pytest.raises(msgspec.DecodeError):
        SERVICES.page(body)


def test_a_missing_field_is_named() -> None:
    """The finding names the field that is missing, not its parent."""
    decoded = SERVICES.json(b'{"metadata":{"name":"a"}}')

    assert decoded.key == "default/a"
    assert decoded.findings == (("spec", "is missing: add it"),)


def test_an_object_without_a_name_has_no_key() -> None:
    """Nothing can be kept under a name that is not known."""
    decoded = SERVICES.loaded({"metadata": {"namespace": "shop"}})

    assert (decoded.key, decoded.value) == ("", None)
    assert decoded.findings == (("metadata.name", "is missing: add it"),)


@pytest.mark.parametrize(
    ("metadata", "field"),
    [
        ({"name": "A"}, "metadata.name"),
        ({"name": "a/b"}, "metadata.name"),
        ({"name": "a", "namespace": "_"}, "metadata.namespace"),
    ],
)
def test_a_name_that_is_none_is_refused(metadata: dict[str, str], field: str) -> None:
    """A file may not smuggle in a name that an API server would refuse."""
    decoded = SERVICES.loaded({"metadata": metadata, "spec": {}})

    assert decoded.value is None
    assert [finding.field for finding in decoded.findings] == [field]


def test_equal_objects_are_equal_values() -> None:
    """What is not read does not show: an annotation makes no other value."""
    slices = Decoder(BY_PLURAL["endpointslices"])
    plain = {"metadata": {"name": "a", "namespace": "b"}, "addressType": "IPv4"}
    noted = {**plain, "metadata": {**plain["metadata"], "annotations": {"x": "y"}, "resourceVersion": "9"}}  # type: ignore[dict-item]

    first, second = (slices.json(json.dumps(obj).encode()).value for obj in (plain, noted))

    assert isinstance(first, EndpointSlice)
    assert first == second
