"""Objects from a directory of YAML and JSON files."""

from xds_server.providers.files.provider import FilesProvider

__all__ = ["FilesProvider"]
