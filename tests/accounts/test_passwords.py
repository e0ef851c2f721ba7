"""Passwords that are tried first are none, however they are dressed up (ASVS 6.2.4, 6.2.11,
6.2.12).
"""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User

COMMON = """
    motdepasse2024 MotDePasse!! M0tDeP@sse1 azertyuiop bonjour1234 Soleil2026! chocolat123
    jetaimemaman
    marseille13000 passwort123 Passw0rt2026 qwertzuiop fussball2024 Sonnenschein1 ichliebedich
    Willkommen1!
    sommer2026! hallohallo password123 P@ssw0rd2026 juventus1897 forzanapoli amoremio2020
    benvenuto123 Ciaociao123
    principessa1 iloveyou2025 qwertyuiop welcome2026 letmein1234 Football2024! milamila2026
    Mila-2026-Mila
    février2026! Février2026! 1234567890 0987654321 aaaaaaaaaaaa ababababab 14071989000
    abcdefghij 12.05.1987..
    décembre2026 Grüezi123456 bonjour-soleil Bonjour2026Soleil passwortpasswort
"""
OWN = """
    grenouille-parapluie-tambour vier-Kerzen-im-Regal trenoverdelampada8 correcthorsebatterystaple
    xK7vQm2pLr9t
    a-long-secret-word sept.mouettes.dansent JwP-47-brunnen-kiosk mila-lampadaire-ventilo
    un-piano-dans-la-neige
"""


@pytest.mark.parametrize("password", COMMON.split())
def test_common_one_is_refused(password):
    with pytest.raises(ValidationError) as refused:
        validate_password(password)

    assert "password_too_common" in {error.code for error in refused.value.error_list}


@pytest.mark.parametrize("password", OWN.split())
def test_own_one_is_taken(password):
    validate_password(password)


@pytest.mark.django_db
def test_sign_up_refuses_one_in_words_and_makes_nobody(client):
    sent = {"email": "odile@example.com", "password1": "Bonjour2026!"}

    answer = client.post("/accounts/signup/", sent)

    assert "essaie en premier" in answer.content.decode()
    assert not User.objects.exists()


def test_long_ones_take_no_time():
    validate_password("grenouille-parapluie" * 200)
