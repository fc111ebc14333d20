"""Retrieval: a library of music on disk, its index, and queries.

It is not called ``search``: that is a function of the package, which a module of the same name would hide.
"""
