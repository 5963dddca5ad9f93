"""Objects from a directory of YAML and JSON files."""

from xds_server.providers.files.provider import FileSource

__all__ = ["FileSource"]
