"""Model as a service: composing, analysing and rendering over HTTP, for many users.

The life of a job
=================
::

    POST /v1/jobs ──▶ queued ──claim──▶ running ──finish──▶ succeeded
                        │  ▲               │ ├──fail────▶ failed
                        │  └──lease ran out┘ │
                        └─────cancel─────────┴──────────▶ canceled

1. *Accept.* The body is checked; one transaction then writes the job, its first event, its place in the day's quota,
   the idempotency key and the line of the audit log. The answer (202) goes out after that transaction is on disk.
2. *Claim.* A worker process takes the first job of its lane: `attempt` grows by one, and a lease runs.
3. *Work.* The worker calls `firmus.tasks`, for several jobs at a time where they are composed. One thread writes how
   far they are and the bars that are composed, lengthens the leases, and looks which jobs are still the worker's.
4. *Finish.* Results are written to disk, content-addressed: temporary file, fsync, rename, fsync of the folder. Then
   one transaction writes works, files, the last event and the state ``succeeded``.

Everything but the files is in one database (`storage.tables`), and every write of a worker carries the `attempt` it
was given (the fencing token) and asks that the job still be ``running`` with it. So at every point at which anything is
killed:

- before the commit of 1 the client has no answer, and nothing is there; after it the job is never lost;
- between 2 and the commit of 4 the lease runs out, and the job is claimed again with the same request and seed, which
  gives the same bytes; after `Settings.attempts` claims it fails instead, for it seems to be the job that kills;
- a file without its row is rubbish that `Blobs.sweep` takes out; a row without its file cannot be;
- a worker that was thought dead and comes back holds an old attempt: its writes change no row, and it is told `Lost`.
  Canceling is the same thing from the other side: the state changes at once, and the worker finds its job lost.

A clock that jumps makes leases run out early or late. That costs time, and nothing else: what is done twice is
written once.

The rooms within
================
`storage` keeps: `database` and its `tables`, `blobs` (the files), `jobs`, `events`, `works`, `sounds`, `keys`,
`idempotency`, `audit`, `backup` and `checkup`. `workers` do: `handlers` (what a job of each kind does), `worker`,
`heartbeat`, `executors` and `cluster` (where it is done), `supervisor` (who does it), `webhooks`. `http` asks and
answers: `schemas`, `submission` and `serializers` (from requests and to answers), `dependencies`, `middleware`,
`throttle`, `limits`, `metrics`, `routes`, `application`. Beside them stand `settings`, `problems` (errors), `logs`,
`serving`, `mcp` and `migrations`. `http` may use `workers`, and both `storage`; never the other way.
"""
