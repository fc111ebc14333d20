"""The error tree is the one drawn in its docstring."""

import re

from firmus import errors


def test_the_tree_is_drawn_as_it_is():
    drawn = set(re.findall(r"^    [├└│─ ]*(\w+) ", errors.__doc__, re.MULTILINE))
    there = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert drawn == there
    assert all(issubclass(getattr(errors, name), errors.FirmusError) for name in there)


def test_an_unknown_name_gets_the_nearest():
    assert "did you mean 'tenor'" in errors.unknown("part", "tenro", ["soprano", "tenor"])
