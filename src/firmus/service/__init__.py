"""Model as a service: composing, analysing and rendering over HTTP, for many users.

The life cycle of a job
=======================
::

    POST /v1/jobs ──▶ queued ──claim──▶ running ──finish──▶ succeeded
                        │  ▲               │ ├──fail────▶ failed
                        │  └─lease expired─┘ │
                        └─────cancel─────────┴──────────▶ canceled

1. *Accept.* The body is validated; one transaction then writes the job, its first event, its reservation in the day's
   quota, the idempotency key and the line of the audit log. The response (202) is sent after that transaction is
   committed to disk.
2. *Claim.* A worker process claims the first job of its lane: `attempt` is incremented, and a lease starts.
3. *Work.* The worker calls `firmus.tasks`, for several composing jobs at a time. One thread writes progress and the
   bars that are composed, renews the leases, and checks which claims are still valid.
4. *Finish.* Results are written to disk, content-addressed: temporary file, fsync, rename, fsync of the folder. Then
   one transaction writes works, files, the last event and the state ``succeeded``.

Everything but the files is in one database (`storage.tables`), and every write of a worker carries its `attempt` (the
fencing token) and is conditional on the job still being ``running`` with it. So at every point at which anything is
killed:

- before the commit of 1 the client has no response, and nothing was written; after it the job is never lost;
- between 2 and the commit of 4 the lease expires, and the job is claimed again with the same request and seed, which
  gives the same bytes. That costs it nothing: only where a worker's process died by itself while the job ran alone, the
  job itself seems to be the cause, and after `Settings.attempts` such failures it is given up. Of jobs that ran
  together each runs alone the next time. The end of a server, a lease that expired and a worker that was stopped are
  not counted;
- a worker that sends no sign of life for a lease is killed and replaced;
- a file without a row is garbage that `housekeeping` deletes; a row without its file cannot exist;
- a worker that was presumed dead and comes back holds an old attempt: its writes change no row, and it gets
  `ClaimLost`. Canceling works the same way: the state changes at once, and the worker's claim is lost.

A clock that jumps makes leases expire early or late. That costs time, and nothing else: what is executed twice is
written once.

Packages
========
`storage`: `database` and its `tables`, `blobs` (files), `jobs`, `events`, `works`, `sounds`, `keys`, `idempotency`,
`audit`, `erasure` (deletion), `housekeeping`, `backup` and `checkup`. `workers`: `handlers` (one for each kind of job),
`worker`, `heartbeat`, `executors` and `cluster` (where workers run), `supervisor`, `webhooks`. `http`: `schemas`,
`submission` and `serializers`, `dependencies`, `permissions`, `connections`, `middleware`, `head`, `throttle`,
`limits`, `pool`, `readiness`, `metrics`, `routes`, `application`. Beside them are `settings`, `problems` (errors),
`logs`, `serving`, `mcp` and `migrations`. `http` may import `workers`, and both `storage`; never the other way.
"""
