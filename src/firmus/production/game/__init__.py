"""Game packs: one theme in several states, in layers that add up, with transitions and stings, for a game's engine.

`states` reads the states, `layers` arranges the theme for each, `joins` leads from one to another, `pack` makes the
files, `godot` the resource that Godot 4 plays, `page` the page on which all is heard.
"""
