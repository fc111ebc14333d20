"""The HTTP API: what is taken from the network, and what goes back; nothing here composes or keeps."""
