"""Notation: how a Score is written on staves, for every format and picture that has them.

`grand_staff` finds parts that one player reads, `layout` assigns notes to staves and voices, `measures` assembles each
bar, `quantisation` places notes in a beat, `rhythm` chooses note values, rests, ties and beams, `spelling` names
pitches in a key.
"""
