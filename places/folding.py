"""Town names as they are compared: typed by a person, listed by the post,
answered by a geocoder.
"""

import re
import unicodedata

WRITTEN_OUT = {"st": "saint", "sankt": "saint", "ste": "sainte"}


def fold(name: str) -> str:
    """No accents, no case, no punctuation, saints written out: "St-Étienne" and "SAINT ETIENNE" are
    one.
    """
    name = name.replace("œ", "oe").replace("Œ", "Oe")
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", " ", plain).split()
    return " ".join(WRITTEN_OUT.get(word, word) for word in words)
