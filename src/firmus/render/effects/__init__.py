"""Sound effects, synthesised: noise, sines and filters, of settings that all kinds share.

`transitions` (riser, impact, sweep), `ambiences` (rain, wind, room, machine) and `interface` (click, confirm, error,
notify, coin) hold a function a kind, Settings -> (frames, 2); `kinds` lists them, and finishes what they make.
"""
