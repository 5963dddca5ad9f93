"""Makes `structural.json` of public data: what an API server's schemas say of the kinds that are read.

    python -m xds_server.providers.schema.generate CRDS CORE DISCOVERY

CRDS: the directory `config/crd` of the Gateway API, with both channels. CORE, DISCOVERY: what an API server answers to
`kubectl get --raw /openapi/v3/api/v1` and `.../apis/discovery.k8s.io/v1`, as files.
"""

import sys
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from xds_server.model.objects import GATEWAY_API
from xds_server.providers.kinds import KINDS, REFERENCED, Kind

Schema = dict[str, Any]

_KEPT: Final = (
    "type", "format", "required", "enum", "default", "pattern", "minLength", "maxLength", "minimum", "maximum",
    "minItems", "maxItems", "minProperties", "maxProperties",
)  # fmt: skip
_METADATA: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_ANYTHING: Final[Schema] = {}


def _built_in(kind: Kind) -> str:
    """The name of a kind's schema in the OpenAPI document, as in `io.k8s.api.discovery.v1.EndpointSlice`."""
    return f"io.k8s.api.{kind.group.partition('.')[0] or 'core'}.{kind.version}.{kind.kind}"


def _definition(crds: Path, channel: str, plural: str) -> Schema:
    path = crds / channel / f"gateway.networking.k8s.io_{plural}.yaml"
    versions = yaml.safe_load(path.read_text())["spec"]["versions"]
    found: Schema = next(one["schema"]["openAPIV3Schema"] for one in versions if one["name"] == "v1")
    return found


def _merged(standard: Schema, experimental: Schema) -> Schema:
    """The standard channel's schema, which knows what only the other one has, and does not look at it."""
    result = dict(standard)
    if "enum" in standard:
        result["enum"] = sorted({*standard["enum"], *experimental["enum"]})
    if "items" in standard:
        result["items"] = _merged(standard["items"], experimental["items"])
    if "properties" in standard:
        known = {name: _merged(one, experimental["properties"][name]) for name, one in standard["properties"].items()}
        result["properties"] = dict.fromkeys(experimental["properties"], _ANYTHING) | known
    return result


def _inlined(schema: Schema, schemas: dict[str, Schema]) -> Schema:
    """A schema of the OpenAPI document, with what it refers to in its place."""
    for part in (schema, *schema.get("allOf", ())):
        if "$ref" in part:
            schema = {**_inlined(schemas[part["$ref"].rpartition("/")[2]], schemas), **schema}
    result = {name: value for name, value in schema.items() if name not in ("$ref", "allOf")}
    if "items" in result:
        result["items"] = _inlined(result["items"], schemas)
    if isinstance(result.get("additionalProperties"), dict):
        result["additionalProperties"] = _inlined(result["additionalProperties"], schemas)
    if "properties" in result:
        result["properties"] = {name: _inlined(one, schemas) for name, one in result["properties"].items()}
        for name in result.get("required", ()):
            result["properties"][name].pop("default", None)  # what Go makes of a field that is not there
    return result


def _stripped(schema: Schema) -> Schema:
    """What is checked of a schema. `unique`: by which fields items differ, none for the items themselves."""
    result: Schema = {name: schema[name] for name in _KEPT if name in schema and schema[name] not in ("", {})}
    kind = schema.get("x-kubernetes-list-type")
    if kind in ("set", "map"):
        result["unique"] = schema.get("x-kubernetes-list-map-keys", [])
    rules = [rule["message"] for rule in schema.get("x-kubernetes-validations", ())]
    if "oneOf" in schema and schema.get("type") == "object":
        rules.append("oneOf")
    if rules:
        result["rules"] = rules
    if "properties" in schema:
        result["properties"] = {name: _stripped(one) for name, one in schema["properties"].items()}
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            result[name] = _stripped(schema[name])
    return result


def generated(crds: Path, core: Path, discovery: Path) -> dict[str, Schema]:
    """By plural kind."""
    schemas: dict[str, Schema] = {}
    for path in (core, discovery):
        schemas |= msgspec.json.decode(path.read_bytes())["components"]["schemas"]
    metadata = _stripped(_inlined(schemas[_METADATA], schemas))
    result: dict[str, Schema] = {}
    for kind in (*KINDS, *REFERENCED):
        if kind.group == GATEWAY_API:
            channels = [_definition(crds, channel, kind.plural) for channel in ("standard", "experimental")]
            result[kind.plural] = _stripped(_merged(*channels))
        else:
            result[kind.plural] = _stripped(_inlined(schemas[_built_in(kind)], schemas))
    for one in result.values():
        one["properties"]["metadata"] = metadata
        one["properties"] = {name: part for name, part in one["properties"].items() if name != "status"} | {
            "status": _ANYTHING
        }
    return result


if __name__ == "__main__":
    made = msgspec.json.encode(generated(*map(Path, sys.argv[1:4])), order="sorted")
    sys.stdout.buffer.write(msgspec.json.format(made, indent=1) + b"\n")
