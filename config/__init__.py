"""Wiring: typed settings (the only reader of the environment), the command line, URLs and ASGI."""
