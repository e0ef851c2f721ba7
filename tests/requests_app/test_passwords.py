"""What looks like a customer's password in a note, and what only looks like work (rule L9)."""

import pytest

from requests_app.passwords import mentions_password

REFUSED = [
    "password: Soleil2026",
    "The pass-word is Soleil",
    "PASSWORD",
    "Mot de passe : Soleil",
    "le mot-de-passe est Soleil2026",
    "mdp Soleil2026",
    "Nouveau MDP = Soleil",
    "Passwort lautet Sonne",
    "Die Passwörter habe ich notiert",
    "Kennwort: Sonne",
    "La parola d’ordine è sole",
    "wifi key Soleil2026",
    "Wi-Fi key: Soleil",
    "WLAN-Schlüssel ABCD",
    "Der Schlüssel für das WLAN ist ABCD",
    "Netzwerkschlüssel 1234",
    "Sicherheitscode 4821",
    "clé wifi 3F9A",
    "La clé de la box est sous la box",
    "la clé de sécurité est ABCD",
    "code wi-fi 4821",
    "codice della rete 4821",
    "chiave Wi-Fi sole",
    "WPA2 key",
    "code : 4821",
    "PIN 4821",
    "PIN-Code 4821",
    "le pin est 4821",
    "login: odile",
    "ｐａｓｓｗｏｒｄ Soleil",
]
KEPT = [
    "",
    "J’ai trouvé la cause.",
    "La box était derrière l’armoire, je la déplace.",
    "Code d’erreur 678 sur la box.",
    "J’ai remplacé la box. Code erreur disparu.",
    "J’ai besoin de la clé USB.",
    "Schlüssel zum Keller gefunden",
    "Je passe à l’étage.",
    "Ho passato il cavo in cantina.",
    "Encore dix minutes pour le deuxième répéteur (5 GHz).",
    "The pins of the plug were bent.",
    "Réseau : tout va bien",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_gives_a_secret_away(text):
    assert mentions_password(text)


@pytest.mark.parametrize("text", KEPT)
def test_what_speaks_of_the_work(text):
    assert not mentions_password(text)
