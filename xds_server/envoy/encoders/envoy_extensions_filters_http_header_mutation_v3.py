"""Encoders of envoy.extensions.filters.http.header_mutation.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs

if TYPE_CHECKING:
    from xds_server.envoy.encoders import envoy_config_common_mutation_rules_v3, envoy_config_core_v3

HeaderMutation = NewType("HeaderMutation", bytes)
HEADER_MUTATION: Final = "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation"


def header_mutation(
    *,
    mutations: Mutations | None = None,
    most_specific_header_mutations_wins: bool = False,
) -> HeaderMutation:
    """envoy.extensions.filters.http.header_mutation.v3.HeaderMutation."""
    out = b""
    if mutations is not None:
        out += _blob(b"\x0a", mutations)
    if most_specific_header_mutations_wins:
        out += b"\x10\x01"
    return HeaderMutation(out)


HeaderMutationPerRoute = NewType("HeaderMutationPerRoute", bytes)
HEADER_MUTATION_PER_ROUTE: Final = (
    "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute"
)


def header_mutation_per_route(
    *,
    mutations: Mutations | None = None,
) -> HeaderMutationPerRoute:
    """envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute."""
    out = b""
    if mutations is not None:
        out += _blob(b"\x0a", mutations)
    return HeaderMutationPerRoute(out)


Mutations = NewType("Mutations", bytes)


def mutations(
    *,
    request_mutations: Sequence[envoy_config_common_mutation_rules_v3.HeaderMutation] = (),
    query_parameter_mutations: Sequence[envoy_config_core_v3.KeyValueMutation] = (),
    response_mutations: Sequence[envoy_config_common_mutation_rules_v3.HeaderMutation] = (),
    response_trailers_mutations: Sequence[envoy_config_common_mutation_rules_v3.HeaderMutation] = (),
    request_trailers_mutations: Sequence[envoy_config_common_mutation_rules_v3.HeaderMutation] = (),
) -> Mutations:
    """envoy.extensions.filters.http.header_mutation.v3.Mutations."""
    out = b""
    if request_mutations:
        out += _blobs(b"\x0a", request_mutations, "Mutations.request_mutations")
    if query_parameter_mutations:
        out += _blobs(b"\x1a", query_parameter_mutations, "Mutations.query_parameter_mutations")
    if response_mutations:
        out += _blobs(b"\x12", response_mutations, "Mutations.response_mutations")
    if response_trailers_mutations:
        out += _blobs(b"\x22", response_trailers_mutations, "Mutations.response_trailers_mutations")
    if request_trailers_mutations:
        out += _blobs(b"\x2a", request_trailers_mutations, "Mutations.request_trailers_mutations")
    return Mutations(out)
