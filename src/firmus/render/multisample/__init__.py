"""Sampled instruments that one takes away: recordings in zones of keys and velocities, with loops and envelopes.

`zones` says what one is, `looping` makes loops without a joint, `shifting` makes samples for other keys of one,
`sf2` and `sfz` write it for samplers. What is written here as SoundFont 2 is read by `firmus.render.soundfont`.
"""
