"""A frame gives what the encoder gives."""

from hypothesis import given
from hypothesis import strategies as st

from xds_server.envoy import clusters, endpoints, routes
from xds_server.envoy.encoders import envoy_config_endpoint_v3 as endpoint
from xds_server.envoy.encoders import envoy_config_route_v3 as route
from xds_server.envoy.wire.template import Frame

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=400)


@given(NAMES, st.integers(0, 65_535))
def test_a_frame_gives_the_message(name: str, port: int) -> None:
    """For every name, also when its length takes two bytes or it is not ASCII, the bytes are the encoder's."""
    encoded = endpoint.locality_lb_endpoints(lb_endpoints=[endpoints._lb_endpoint(name, port)])

    assert endpoints._around(port).around(name) == encoded
    assert clusters._HTTP1.around(name) == clusters._cluster(name, http2=False)
    assert clusters._HTTP2.around(name) == clusters._cluster(name, http2=True)
    assert routes._HOST.around(name) == route.virtual_host(name=name, domains=[name])


def test_a_length_is_encoded_once() -> None:
    """The encoder is asked once for each length."""
    asked: list[str] = []

    def encode(text: str) -> bytes:
        asked.append(text)
        return b"<" + text.encode() + b">"

    frame = Frame(encode)

    assert [frame.around(text) for text in ("aa", "bb", "ccc")] == [b"<aa>", b"<bb>", b"<ccc>"]
    assert [len(text) for text in asked] == [2, 3]
