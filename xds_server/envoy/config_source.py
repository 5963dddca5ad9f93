"""The config sources that point back to this control plane."""

from datetime import timedelta

from xds_server.envoy.encoders import envoy_config_core_v3 as core

ADS = core.config_source(ads=core.aggregated_config_source(), resource_api_version="V3")
"""Over the aggregated stream."""

ADS_WAITS = core.config_source(
    ads=core.aggregated_config_source(), initial_fetch_timeout=timedelta(), resource_api_version="V3"
)
"""The same without a timeout: what depends on it stays warming for as long as the answer is not known."""
