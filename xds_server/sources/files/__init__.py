"""Objects from a directory of YAML and JSON files."""

from xds_server.sources.files.source import FileSource

__all__ = ["FileSource"]
