"""Rights: how much of a piece occurs in other music, and how much people borrow."""
