"""Rights: where a piece comes from, proof of it, who made what, and what of it occurs in other music.

``keys`` has the private key of an installation; ``manifest`` is the record of a work, ``labels`` what each kind of
file holds of it, ``files`` writes the files of a work with their labels and a signed sidecar; ``verification`` says
whether a file is as it was written, ``watermark`` what the notes alone say; ``card`` says who made what, ``catalogue``
lists the works of a folder. ``collection`` is a collection of music that pieces are compared with, ``matching`` what
they share with it, ``baseline`` how much people borrow, ``originality`` the verdict.
"""
