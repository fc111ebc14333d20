"""Music as it is written, and how it is played: what the readers of notation share.

A reader makes a `measures.WrittenScore`: measures and notes as they stand on paper. `assembly` plays the measures in
the order that `repeats` finds and joins tied notes, and so makes a Score.
"""
