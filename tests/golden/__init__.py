"""One folder per feature: the objects in `in.yaml`, what the translation makes of them in `routing.yaml`, and the Envoy
configuration of each role in `xds.yaml`. `settings.yaml` has the server's settings that are not the default.

`make golden` writes the last two anew: read the difference before you commit it.
"""
