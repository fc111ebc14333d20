"""Playing together: a player's notes come in as they are played, and Firmus plays along.

::

    notes, MIDI clock ─▶ clock       beats against seconds, following the player's tempo
                      ─▶ listener    what was played, in ticks, and where a phrase ends
         each beat    ─▶ planner     chords ahead (`chord_following`), parts (`accompaniment`), answers (`answers`)
                      ─▶ scheduler   what is due now; what comes too late is dropped
                      ─▶ messages    to a MIDI port (`ports`), or into a score (`take`)

`session.Session` is all of this and knows no transport: it is given notes with their times and asked what is due, so
that ten minutes of playing can be simulated in seconds. Times that come in are seconds of any clock that does not go
back; everything inside is in ticks.
"""
