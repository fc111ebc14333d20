"""The sandbox: an untrusted file is read in a child process with limits.

`process` is the parent's side, `music` and `sound` are the children's programs, `limits` their resource limits.
"""
