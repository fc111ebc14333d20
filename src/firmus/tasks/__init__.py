"""What people do with Firmus: Brief → Work."""

VERBS = {
    "compose": "compose", "continue": "extend", "infill": "infill", "harmonise": "harmonise", "accompany": "accompany",
    "vary": "vary", "interpolate": "interpolate", "humanise": "humanise",
}  # fmt: skip
"""Module of each verb that makes Works: ``commission(brief)``, which refuses, and ``perform(commission, progress)``."""
