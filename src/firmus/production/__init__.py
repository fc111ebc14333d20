"""Music for a purpose: soundtracks cut to the sample, and sessions that lead from one state to another.

A `scenes.Scene` is spans of time with moods; `scoring` composes it section by section, each a Brief of ``compose`` or
``continue``; `cues` delivers it as files.
"""
