"""Whether a note gives away a password: the page never stores the customer's (rule L9).

It goes by the words beside a password, in the languages of the house, and would rather refuse a
harmless note than keep a harmful one: rewording costs a moment. A bare password without any such
word cannot be told from a serial number.
"""

import re
import unicodedata

# Joins words without ending a sentence: mot-de-passe, Wi-Fi-Schlüssel, parola d'ordine.
JOINTS = re.compile(r"[-_'’/«»\"“”]+|\s+")
LINKS = r"(?: (?:de|d|du|di|del|dell|della|la|l|le|les|des|il|fur|zum|vom|das|of|the|for|to))*"
NETWORK = (
    r"(?:wi ?fi|wlan|wpa ?[23]?|wep|wps|box|livebox|freebox|routers?|routeur|modem|network"
    r"|security|netzwerk|sicherheits?|reseau|securite|rete|sicurezza)"
)
KEY = r"(?:key|passkey|code|cle|clef|schlussel|chiave|codice|pin)"
SIGNS = tuple(
    re.compile(pattern)
    for pattern in (
        # A word that means nothing but a password, in fr, de, it, en.
        r"pass ?(?:word|wort|phrase|code)|\bpasskey\b|kenn ?wort",
        r"\bmots? (?:de )?passe\b|\bparol[ae] (?:d ordine|chiave)",
        r"\b(?:mdp|pwd|psw|passwd)\b",
        # The key of a network, either way round: clé du Wi-Fi, WLAN-Schlüssel, codice della rete.
        rf"\b{KEY}{LINKS} {NETWORK}\b",
        rf"\b{NETWORK} ?{KEY}\b",
        # A secret that is announced: code: 4821, PIN 1234, pass = Soleil.
        r"\b(?:code|codice|pin|puk) ?[:=] ?\S*\d",
        r"\b(?:pin|puk)(?: code)?(?: (?:est|is|ist|e))? \d{4,}",
        r"\b(?:pass|pw|login|zugang|acces) ?[:=] ?\S",
    )
)


def mentions_password(text: str) -> bool:
    """Whether the words look as if a password, a PIN or the key of a network stood among them."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = JOINTS.sub(" ", "".join(sign for sign in plain if not unicodedata.combining(sign)))
    return any(sign.search(plain) for sign in SIGNS)
