"""Titles of many works: unlike each other whatever their number, in words that suit the mood.

A work's number says its title, so that no list of titles needs to be kept: of each mood the pairs of an adjective and a
noun are gone through in steps that meet every pair once before any comes back, then again with a number behind.
"""

from __future__ import annotations

NOUNS = (
    "Acre", "Anchor", "Arbour", "Ashes", "Avenue", "Barley", "Beacon", "Birch", "Bramble", "Bridge", "Brook", "Cabin",
    "Candle", "Canyon", "Causeway", "Cedar", "Chapel", "Circle", "Cliff", "Clover", "Coast", "Compass", "Copper",
    "Corridor", "Courtyard", "Crossing", "Current", "Delta", "Distance", "Door", "Dune", "Ember", "Engine", "Estuary",
    "Feather", "Fern", "Ferry", "Field", "Fjord", "Fountain", "Garden", "Gate", "Glade", "Glass", "Grove", "Harbour",
    "Heath", "Hill", "Horizon", "House", "Island", "Ivy", "Jetty", "Journey", "Kite", "Lake", "Lantern", "Ledge",
    "Letter", "Lighthouse", "Linen", "Marble", "Market", "Meadow", "Mill", "Mirror", "Moor", "Moss", "Mountain",
    "North", "Orchard", "Paper", "Path", "Pebble", "Pine", "Plain", "Pond", "Quarry", "Rain", "Reed", "Ridge", "River",
    "Road", "Roof", "Sail", "Sand", "Shore", "Signal", "Silver", "Sky", "Snow", "Spire", "Spring", "Stair", "Station",
    "Stone", "Stream", "Street", "Summit", "Thread", "Tide", "Timber", "Tower", "Town", "Track", "Valley", "Veranda",
    "Village", "Wall", "Water", "Wheel", "Willow", "Wind", "Window", "Winter", "Wood", "Yard",
)  # fmt: skip
ADJECTIVES = {
    "happy": ("Bright", "Glad", "Golden", "Sunny", "Warm", "Welcome", "Blossoming", "Merry", "Friendly", "Radiant",
              "Cheerful"),
    "lively": ("Dancing", "Leaping", "Nimble", "Playful", "Skipping", "Sparkling", "Swift", "Whirling", "Laughing",
               "Bustling", "Bounding"),
    "energetic": ("Driving", "Racing", "Rising", "Rushing", "Striding", "Soaring", "Burning", "Charging", "Bold",
                  "Electric", "Vivid"),
    "tense": ("Breaking", "Broken", "Crooked", "Hunted", "Jagged", "Restless", "Stormy", "Sudden", "Turning",
              "Uneasy", "Wild"),
    "dark": ("Black", "Buried", "Hidden", "Hollow", "Nameless", "Shadowed", "Sombre", "Starless", "Sunken", "Veiled",
             "Midnight"),
    "sad": ("Abandoned", "Bare", "Empty", "Faded", "Fallen", "Forgotten", "Grey", "Lonely", "Lost", "Parted",
            "Weeping"),
    "quiet": ("Distant", "Dim", "Drifting", "Hushed", "Misty", "Muted", "Pale", "Silent", "Sleeping", "Slow",
              "Whispered"),
    "calm": ("Calm", "Clear", "Gentle", "Mild", "Open", "Peaceful", "Quiet", "Resting", "Soft", "Still", "Tender"),
    "neutral": ("Blue", "Early", "Eastern", "Far", "Green", "High", "Old", "Red", "Southern", "Western", "White"),
    "": ("Beaten", "Clapping", "Iron", "Knocking", "Marching", "Pounding", "Rattling", "Rolling", "Stamping",
         "Steady", "Ticking"),
}  # of each mood; none of two, so that two moods share no title  # fmt: skip
STEP = 761  # from one number to the next: prime to the pairs of every mood


def title(mood: str, number: int, seed: int = 0) -> str:
    """Title of a work of a batch: no two numbers of one seed have the same.

    Parameters
    ----------
    mood : str
        One of `firmus.analysis.tags.MOODS`, ``"neutral"``, or ``""`` for drums alone.
    number : int
        Of the work, from 1.
    seed : int
        Of the batch: where it begins.

    Examples
    --------
    >>> title("calm", 1, 7), title("calm", 2, 7), title("sad", 2, 7)
    ('Calm Birch', 'Quiet Moor', 'Grey Moor')
    """
    adjectives = ADJECTIVES[mood]
    pairs = len(adjectives) * len(NOUNS)
    lap, place = divmod(number - 1, pairs)
    adjective, noun = divmod((place * STEP + seed) % pairs, len(NOUNS))
    return f"{adjectives[adjective]} {NOUNS[noun]}" + (f" {lap + 1}" if lap else "")
