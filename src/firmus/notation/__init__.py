"""Notation: how a Score is written on staves, for every format and picture that has them.

`layout` assigns notes to staves and voices, `measures` assembles each bar, `rhythm` chooses note values, rests, ties
and beams, `spelling` names pitches in a key.
"""
