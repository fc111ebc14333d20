"""Requests in plain words, English and Chinese: a text becomes a typed Brief, or a question.

By a grammar and a small lexicon, not a language model: `text` (made plain, divided into clauses), `lexicon` (the words,
in ``assets/requests/``), `bars` and `parts` (where), `values` (keys, tempi, chords, lengths), `adjectives` (what is to
be more or less so), `grammar` (what is to be done), `proposal` (the Brief of it, in words before it runs).
"""
