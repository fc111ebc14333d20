"""Notation: how a Score is written down, for every format and picture that shows staves.

`layout` deals notes to staves and voices, `measures` puts each bar together, `rhythm` chooses note values, rests, ties
and beams, `spelling` names pitches in a key.
"""
