"""What people do with Firmus: Brief → Work."""

VERBS = {
    "compose": ("compose", "compose"), "continue": ("refine", "extend"), "infill": ("refine", "infill"),
    "harmonise": ("accompany", "harmonise"), "accompany": ("accompany", "accompany"), "vary": ("vary", "vary"),
    "interpolate": ("interpolate", "interpolate"), "humanise": ("humanise", "humanise"),
}  # fmt: skip
"""Module and function of each verb that makes Works: what the command line says, and what the service's jobs are."""
