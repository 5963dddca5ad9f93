"""Merges our conditions into the `status` of an object. Pure.

It changes only our conditions: those of other types, and other controllers' entries of a route, stay as they are. A
condition whose status has not changed keeps its lastTransitionTime, so an unchanged status causes no write.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from xds_server.model.conditions import (
    PARTIALLY_INVALID,
    Condition,
    GatewayStatus,
    ParentStatus,
    RouteStatus,
)
from xds_server.model.objects import GATEWAY_API, ObjectKey, ParentRef

CONTROLLER: Final = "xds-server.dev/gateway-controller"

Json = Mapping[str, Any]


def of_gateway(status: GatewayStatus, current: Json, now: str) -> dict[str, Any]:
    """The status of a Gateway."""
    listeners = {one.get("name"): one for one in current.get("listeners") or ()}
    return {
        **current,
        "conditions": _conditions(status.conditions, current.get("conditions") or (), status.generation, now),
        "listeners": [
            {
                "name": one.name,
                "supportedKinds": [{"group": GATEWAY_API, "kind": "HTTPRoute"}] if one.takes_routes else [],
                "attachedRoutes": one.attached_routes,
                "conditions": _conditions(
                    one.conditions,
                    listeners.get(one.name, {}).get("conditions") or (),
                    status.generation,
                    now,
                ),
            }
            for one in status.listeners
        ],
    }


def of_route(status: RouteStatus, namespace: str, current: Json, now: str) -> dict[str, Any]:
    """The status of a route in *namespace*."""
    parents: Sequence[Json] = current.get("parents") or ()
    others = [one for one in parents if one.get("controllerName") != CONTROLLER]
    ours = [one for one in parents if one.get("controllerName") == CONTROLLER]
    return {
        **current,
        "parents": [*others, *(_parent(one, status.generation, namespace, ours, now) for one in status.parents)],
    }


def of_class(generation: int, current: Json, now: str) -> dict[str, Any]:
    """The status of our GatewayClass: always accepted, because it has no parameters that could be invalid."""
    accepted = (Condition("Accepted", True, "Accepted"),)  # noqa: FBT003 - a condition has a status
    return {**current, "conditions": _conditions(accepted, current.get("conditions") or (), generation, now)}


def _parent(status: ParentStatus, generation: int, namespace: str, ours: Sequence[Json], now: str) -> dict[str, Any]:
    reference = _reference(status.parent, namespace)
    before = next((one for one in ours if one.get("parentRef") == reference), {})
    # This one is there only while it is true.
    said = [one for one in before.get("conditions") or () if one.get("type") != PARTIALLY_INVALID]
    return {
        "parentRef": reference,
        "controllerName": CONTROLLER,
        "conditions": _conditions(status.conditions, said, generation, now),
    }


def _reference(parent: ParentRef, namespace: str) -> dict[str, Any]:
    """A parentRef with the API server's defaults, and the namespace only if it differs from the route's."""
    gateway_namespace, _, name = parent.gateway.partition("/")
    return {
        "group": GATEWAY_API,
        "kind": "Gateway",
        **({"namespace": gateway_namespace} if gateway_namespace != namespace else {}),
        "name": name,
        **({"sectionName": parent.section_name} if parent.section_name else {}),
        **({"port": parent.port} if parent.port else {}),
    }


def _conditions(said: Iterable[Condition], current: Iterable[Json], generation: int, now: str) -> list[dict[str, Any]]:
    """The conditions, with ours replacing those of the same type."""
    before = {one.get("type"): dict(one) for one in current}
    for one in said:
        was = before.get(one.type, {})
        status = "True" if one.status else "False"
        before[one.type] = {
            "type": one.type,
            "status": status,
            "reason": one.reason,
            "message": one.message,
            "observedGeneration": generation,
            "lastTransitionTime": was.get("lastTransitionTime", now) if was.get("status") == status else now,
        }
    return list(before.values())


def place(plural: str, key: ObjectKey) -> str:
    """Path of an object of the Gateway API; *key* is a plain name for one without a namespace."""
    namespace, _, name = key.rpartition("/")
    return f"/apis/{GATEWAY_API}/v1/{f'namespaces/{namespace}/' if namespace else ''}{plural}/{name}"
