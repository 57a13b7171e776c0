"""The words the demo studio is made of: names, streets, items and what people write to each other."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


WOMEN = _words("""
    Emma Olivia Ava Sophia Isabella Mia Charlotte Amelia Harper Evelyn Abigail Emily Ella Grace
    Chloe Nora Lily Hannah Zoe Stella Aria Lucy Maya Ruby Alice Eva Naomi Clara Priya Mei Aisha
    Fatima Yuki Sofía Zoë Renée Chloé
""")
MEN = _words("""
    Liam Noah Oliver Elijah James William Benjamin Lucas Henry Theodore Jack Levi Alexander Daniel
    Michael Mason Ethan Samuel Owen Leo Julian Miles Caleb Isaac Ezra Thomas Aaron Simon Jonas Peter
    Marcus Felix José Søren Łukasz
""")
FIRST_NAMES = WOMEN + MEN
LAST_NAMES = _words("""
    Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez
    Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris
    Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill
    Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips
    Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers
    Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson
    Watson Brooks Chavez Wood Bennett Gray Mendoza Hughes Price Alvarez Castillo Sanders Patel Myers
    Long Ross Foster Jimenez Hartley O'Brien Müller Nuñez Björk
""")
STREETS = _lines("""
    Orchard Lane
    Maple Street
    River Road
    Oak Avenue
    Church Street
    Hillcrest Drive
    Elm Street
    Lakeview Terrace
    Mill Road
    Park Avenue
    Prospect Street
    Cedar Court
    Spring Street
    Willow Way
    Highland Avenue
    Union Street
    Birch Lane
    Chestnut Street
    Meadow Road
    Ferry Street
    Pine Hollow Road
    Grand Avenue
""")
TOWNS = (
    ("Albany", "12207"),
    ("Troy", "12180"),
    ("Schenectady", "12305"),
    ("Saratoga Springs", "12866"),
    ("Clifton Park", "12065"),
    ("Delmar", "12054"),
    ("Guilderland", "12084"),
    ("Latham", "12110"),
    ("Rensselaer", "12144"),
    ("Ballston Spa", "12020"),
)
SCHOOLS = _lines("""
    Lincoln High School
    Riverside High School
    St. Agnes Academy
    Washington Middle School
    Maplewood Elementary
    Northgate High School
    Hudson Valley Academy
    Lakeview High School
""")
BUSINESSES = _lines("""
    Hudson Dental Group
    Capital Realty Partners
    Mohawk Credit Union
    Bright Path Consulting
    Evergreen Builders
    Northside Law Offices
""")
ITEMS = (
    ("PR-0507", "5x7 portrait print", 2800),
    ("PR-0810", "8x10 portrait print", 4500),
    ("PR-1114", "11x14 portrait print", 9500),
    ("CV-1620", "16x20 gallery canvas", 24500),
    ("CV-2436", "24x36 gallery canvas", 52500),
    ("AL-1010", "10x10 album, 20 pages", 69500),
    ("DG-0010", "Ten digital images", 39500),
    ("DG-0001", "Digital image", 6500),
    ("FR-0810", "Walnut frame 8x10", 6900),
    ("WL-0008", "Eight wallets", 1800),
    ("CD-0025", "25 folded cards", 7200),
)
CLIENT_NOTES = (
    "Prefers natural light. The youngest is shy at first and warms up with the bubble machine.",
    "Parks at the back because of the stroller. Likes to come early and look at the sample albums.",
    "Asked twice about matte paper. Allergic to lilies, so no flowers in the set.",
    "Met at the spring fair. Wants the same garden set as two years ago, with the wooden bench.",
    "Travels a lot; best reached by text in the evening. Orders are picked up by her sister.",
)
SESSION_NOTES = (
    "Bring the blue blanket and the small stool. Two outfits, one change in between.",
    "Grandparents join for the first fifteen minutes; seat them before the children arrive.",
    "The dog comes along and leaves with a neighbour after the first set.",
    "Wants a black and white series by the window, and one formal portrait for the office.",
    "Rain plan: camera room with the grey backdrop.",
)
STATUS_REASONS = ("Moved away", "Children are grown", "No reply")
GALLERY_LINES = (
    (
        "Your images are online now. You can mark favourites, compare them side by side and order prints"
        " and canvases directly from the gallery."
    ),
    (
        "If you would rather order in person, reply with two or three dates that suit you and we will "
        "keep an hour free for you in the viewing room."
    ),
    ("The gallery stays open until the date shown on its first page; tell us if you need a little longer."),
)
CONFIRMATION_LINES = (
    (
        "Thank you for booking with us! Please come about ten minutes early, so that there is time to "
        "look at the sets and settle in."
    ),
    (
        "Solid colours photograph best; avoid large logos and very fine stripes. Bring one comfortable "
        "toy for each child, and snacks that leave no traces."
    ),
    "If anything changes, call or text us as early as you can and we will find another time.",
)
REMINDER_LINES = (
    (
        "This is a friendly reminder of your session. We have everything prepared and look forward to "
        "seeing you."
    ),
    "Parking is free behind the building; the entrance is next to the green door.",
)
ORDER_LINES = (
    "Your order has gone to the lab. Prints take about a week, canvases and albums about three.",
    (
        "We check every piece by hand before we call you. You will get a message as soon as it can be "
        "picked up."
    ),
)
REPLIES = (
    ("Thank you so much! We love them. Could we change one of the 8x10 prints to the picture by the window?"),
    "That time works for us. Is it all right if my mother comes along?",
    "Sorry for the late answer. We will take the second date, please.",
    "They are beautiful, thank you! I will order this weekend.",
)
TEXT_REPLIES = ("Great, see you then!", "Can we come 15 minutes later?", "Thank you!", "Yes, confirmed.")
