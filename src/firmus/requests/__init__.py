"""Requests in plain words, English and Chinese: a text becomes a typed Brief, or a question.

By a grammar and a small lexicon, not a language model: `text` (made plain, divided into clauses), `lexicon` (the words,
in ``assets/requests/``), `bars` and `parts` (where), `values` (keys, tempi, chords, lengths), `adjectives` (what is to
be more or less so), `new_piece` and `open_piece` (what is to be done), `request` (what comes of it), `grammar` (all of
it together).
"""
