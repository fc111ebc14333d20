"""Instruments that one takes away: of a recording, of words and settings, of two others.

`recording` cuts a recording into notes and finds their pitches; `sampling` makes zones of notes; `packages` is what is
delivered: SoundFont, SFZ with its samples, a preview and its picture.
"""
