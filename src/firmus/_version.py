"""The version, said once: of the package, of what it writes, of what it answers."""

__version__ = "0.1.0"
