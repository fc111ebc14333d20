"""The HTTP API: requests and responses; nothing here composes or stores."""
