# ruff: noqa: E501  (a table: one line a role)
"""What a model is used for, and how large it is: models come with a longest side of 1, real sizes are lost."""

from __future__ import annotations

import re
from typing import Literal

Measure = Literal["height", "longest"]

ROLES: dict[str, tuple[str, str, Measure, float, float]] = {
    # role: (folder, pattern of the name, what is measured, least and largest metres)
    "office_chair": ("furniture", r"officechair|chairdesk", "height", 0.9, 1.15),
    "chair": ("furniture", r"chair(cushion|cushioned|handle|rounded)?$", "height", 0.8, 1.0),
    "armchair": ("furniture", r"loungechair\w*|sofa_individual|loungesofaottoman", "height", 0.6, 0.95),
    "sofa": ("furniture", r"loungesofa(long|corner)?$|sofa\d?$|sofadouble|sofalong|bench\w*", "longest", 1.6, 2.4),
    "stool": ("furniture", r"stool\w*", "height", 0.45, 0.75),
    "desk": ("furniture", r"desk\w*", "height", 0.7, 0.78),
    "table": ("furniture", r"table(2|cloth|cross|crosscloth|glass|round)?$", "height", 0.7, 0.78),
    "low_table": ("furniture", r"tablecoffee\w*|coffeetable\d?|sidetable\w*", "height", 0.38, 0.55),
    "bookcase": ("furniture", r"bookcase\w*", "longest", 1.6, 2.2),
    "closet": ("furniture", r"closet\d?$|door\d", "height", 1.9, 2.15),
    "cabinet": ("furniture", r"shortcloset|cabinet\w*|nightstand|bathroomcabinet", "longest", 0.7, 1.6),
    "kitchen": ("furniture", r"kitchen(cabinet(drawer\w*|corner\w*)?|sink|stove\w*|bar\w*)$", "height", 0.85, 0.95),
    "appliance": ("furniture", r"washer|dryer|kitchenfridgesmall|toilet|bathroomsink", "height", 0.75, 0.9),
    "fridge": ("furniture", r"kitchenfridge(builtin)?$|washerdryerstacked|shower", "height", 1.6, 2.0),
    "gadget": ("furniture", r"kitchen(blender|coffeemachine|microwave)|radio|speakersmall|television\w*|bear", "longest", 0.25, 0.5),
    "bed": ("furniture", r"bed\w*|bathtub", "longest", 1.9, 2.2),
    "floor_lamp": ("furniture", r"lamp(roundfloor|squarefloor)|coatrackstanding|lamp2?$", "height", 1.4, 1.8),
    "table_lamp": ("furniture", r"lamp(round|square)table", "height", 0.35, 0.55),
    "screen": ("furniture", r"computerscreen", "height", 0.4, 0.55),
    "keyboard": ("furniture", r"computerkeyboard", "longest", 0.4, 0.48),
    "mouse": ("furniture", r"computermouse", "longest", 0.1, 0.13),
    "laptop": ("furniture", r"laptop", "longest", 0.32, 0.4),
    "plant": ("furniture", r"plant$|pottedplant", "height", 0.6, 1.5),
    "small_plant": ("furniture", r"plantsmall\d", "height", 0.15, 0.4),
    "vase": ("furniture", r"vase\d?", "height", 0.2, 0.5),
    "bin": ("furniture", r"trashcan|cardboardbox\w*|speaker$", "height", 0.3, 0.6),
    "books": ("furniture", r"books|pillow\w*", "longest", 0.2, 0.45),
    "person": ("people_animals", r"(fe)?male_(suit|running|walking|standing\w*|lookingup|pickingup)$|woman_standing\w*|animated_human", "height", 1.55, 1.9),
    "sitter": ("people_animals", r"(fe)?male_sitting\w*", "height", 1.2, 1.4),
    "pet": ("people_animals", r"cat|dog|pug|red_fox|chick|bird", "longest", 0.3, 0.9),
    "beast": ("people_animals", r"cow|horse|llama|pig|sheep|zebra|wolf|\w+saur\w*|trex|triceratops|velociraptor", "longest", 1.2, 3.0),
    "car": ("vehicles", r"basiccar|cop\w*|normalcar\d|racecar|simplecar\w+|sportscar\d?|suv|taxi", "longest", 3.6, 4.8),
    "truck": ("vehicles", r"ambulance|bus|schoolbus|train|cargotrain_\w+|highspeed_\w+|locomotive_\w+", "longest", 6.0, 11.0),
    "bicycle": ("vehicles", r"\w*bicycle", "longest", 1.6, 1.9),
    "boat": ("vehicles", r"boat\w*|lifeboat|sail_ship|viking_boat", "longest", 4.0, 10.0),
    "sign": ("vehicles", r"trafficlight|trafficsign\d", "height", 2.2, 3.2),
    "sign2": ("buildings", r"sign_\w+|trafficlight(_2)?$", "height", 2.2, 3.4),
    "lamp_post": ("buildings", r"streetlight_\w+", "height", 4.5, 7.0),
    "cone": ("vehicles", r"trafficcone", "height", 0.45, 0.8),
    "house": ("buildings", r"house\d?|flat\d?|building\w*|shop|hospital|bigbarn|barn|smallbarn|openbarn|medieval_house|silo_house|japanesetemple|pantheon", "longest", 7.0, 18.0),
    "tower": ("buildings", r"\w*tower\w*|silo|windmill|watertower|egyptiantemple|mayantemple", "height", 6.0, 20.0),
    "yard": ("buildings", r"well|fence\d?|cannon|dummy|target\w*|siege\w+|chickencoop|stairs\w+|banner", "longest", 1.2, 3.0),
    "trinket": ("buildings", r"book|gems|skull|rollofpaper|scroll|brass_telescope|knighthelmet|chestanimated|animatedchest|king|shield\w*", "longest", 0.12, 0.35),
    "tree": ("nature", r"\w*tree\d?", "height", 3.0, 9.0),
    "bush": ("nature", r"\w*bush\d?", "height", 0.6, 1.8),
    "rock": ("nature", r"rock\d|debris|trunk", "longest", 0.3, 2.5),
    "flower": ("nature", r"flower\d?|grass\d|mushroom", "height", 0.15, 0.6),
    "fence": ("nature", r"fence\w*", "longest", 1.5, 2.5),
    "grave": ("nature", r"gravestone\w*|cross|pillar\w+|borderpillar|urn|bench|coffin|lantern\w+|crypt", "height", 0.7, 1.6),
    "food": ("small_things", r"\w+", "longest", 0.08, 0.2),
    "dungeon": ("interior", r"barrel\d?|chest\w*|crate|bucket|pedestal\d?|statue_horse|chair|table_small|bag_\w+|vase", "longest", 0.4, 1.0),
    "dungeon_small": ("interior", r"book\w*|bones\d?|candle\w*|skull|coin_pile|brick|torch|rock\d", "longest", 0.12, 0.3),
    "column": ("interior", r"column\w*|modularcolumn_\w+|pedestal2|candelabrum_tall", "height", 1.8, 3.0),
}  # fmt: skip
"""Every role. The first one that fits a model takes it; models that fit none are not used."""


def role_of(folder: str, name: str) -> str | None:
    """The role of a model called `name` in a folder of that name, or None."""
    for role, (place, pattern, *_) in ROLES.items():
        if place == folder and re.fullmatch(pattern, name):
            return role
    return None
