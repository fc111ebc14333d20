"""The sandbox: a stranger's file is read in a child process within limits.

`process` is the parent's side, `music` and `sound` what children run, `limits` what holds them.
"""
