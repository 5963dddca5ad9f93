"""Envoy's messages as bytes.

The encoders are plain functions over the wire format, because that starts and runs fast; that they write what
envoy-data-plane's models write, byte for byte, is tested (tests/unit/xds_server/envoy). See docs/decisions.
"""
