"""Short ways to write manifests, as a user writes them."""

from collections.abc import Iterable


def documents(*manifests: str) -> str:
    """Manifests in one text."""
    return "---\n".join(manifests)


def gateway(*ports: int, name: str = "edge") -> str:
    listeners = ", ".join(f"{{name: http-{port}, port: {port}, protocol: HTTP}}" for port in ports or (8080,))
    return f"""apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: {name}, namespace: shop}}
spec: {{gatewayClassName: xds-server, listeners: [{listeners}]}}
"""


def route(*services: str, name: str = "cart", gateway: str = "edge") -> str:
    """A route of all requests to the services, in equal shares."""
    backends = ", ".join(f"{{name: {service}, port: 80}}" for service in services or ("cart",))
    return f"""apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: shop}}
spec: {{parentRefs: [{{name: {gateway}}}], rules: [{{backendRefs: [{backends}]}}]}}
"""


def service(name: str = "cart", ports: Iterable[int] = (80,)) -> str:
    listed = ", ".join(f"{{name: http-{port}, port: {port}}}" for port in ports)
    return f"""apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop}}
spec: {{ports: [{listed}]}}
"""


def endpoints(*addresses: str, of: str = "cart") -> str:
    listed = ", ".join(f"{{addresses: [{address}]}}" for address in addresses)
    return f"""apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {of}-1, namespace: shop, labels: {{kubernetes.io/service-name: {of}}}}}
addressType: IPv4
ports: [{{name: http-80, port: 8080}}]
endpoints: [{listed}]
"""


def shop(*services: str, routed: Iterable[str] | None = None) -> str:
    """A Gateway, services with an endpoint each, and a route to those that are *routed*: all, by default."""
    backends = [endpoints(f"10.0.0.{number}", of=name) for number, name in enumerate(services, 1)]
    return documents(gateway(), route(*(services if routed is None else routed)), *map(service, services), *backends)


WEB_AND_SHOP = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: default}
spec:
  gatewayClassName: xds-server
  listeners: [{name: http, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop, namespace: default}
spec:
  parentRefs: [{name: web}]
  rules: [{backendRefs: [{name: one, port: 80}]}]
"""
