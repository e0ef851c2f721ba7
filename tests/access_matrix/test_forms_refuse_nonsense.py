"""Whatever is sent to whatever takes something: no error of ours, nothing changed, a word that
helps (fault W3).

Forms are found on the pages and addresses in the URLconf, so that a new one is tried the day it is
written. Here a moderate sample with fixed dice; `python -m bench.fuzz` sends as many as one likes.
"""

import random
from itertools import combinations

import pytest
from django.db import connection
from django.http import HttpResponse
from django.urls import path

from accounts.models import User
from mila.urls import urlpatterns as urls_of_the_house
from tests.access_matrix import dataset, nonsense
from tests.access_matrix.dataset import CUSTOMER, FRIEND, PRO, STAFF, VISITOR, Dataset
from tests.access_matrix.endpoints import endpoints
from tests.access_matrix.forms import Field, Page
from tests.access_matrix.honest import Endpoint
from tests.access_matrix.judge import LANGUAGES, TURNED_ROUND, Judge
from tests.access_matrix.texts import TEXTS

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
SEED = 20261124
COUNTS = {VISITOR: 180, CUSTOMER: 150, FRIEND: 120, PRO: 60, STAFF: 60}
# One of so many pages of the back office: they are slow to draw and made alike. All of its acts are
# tried.
SHARE = 5


@pytest.fixture(autouse=True)
def _nobody_is_too_eager(settings):
    """The limits on tries would answer instead of the forms, and nobody's password is worth the
    wait.
    """
    settings.ACCOUNT_RATE_LIMITS = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def chosen(role: str):
    dice = random.Random(SEED)
    return lambda name: role != STAFF or "_act" in name or dice.randrange(SHARE) == 0


@pytest.mark.parametrize("role", COUNTS)
def test_nonsense_is_refused_kindly(morning, role):
    here, dice = dataset.build(), random.Random(f"{SEED} {role}")
    judge = Judge(here)
    found = endpoints(judge.clients[role], here, role, wanted=chosen(role))

    faults = [
        fault
        for asked in nonsense.sample(found, dice, COUNTS[role])
        for fault in judge.faults(asked, dice.choice(LANGUAGES))
    ]
    foreign = [
        fault
        for form in found
        if form.name not in TURNED_ROUND
        for fault in said_alike(judge, form)
    ]

    assert faults == []
    assert foreign == []
    assert judge.asked >= COUNTS[role]
    assert judge.refused > COUNTS[role] // 10  # the sample does reach what refuses


def said_alike(judge: Judge, form: Endpoint) -> list[str]:
    """Two languages in which a form that was sent empty is refused with the same words."""
    if form.method != "post" or not form.fields or form.role == STAFF:
        return []
    empty = nonsense.asked(
        Endpoint(form.role, form.name, "post", form.path),
        "",
        "cut short",
        random.Random(1),
    )
    said = {}
    for code in LANGUAGES:
        answer = judge.send(empty, code)
        if answer.status_code != 422:
            return []
        said[code] = Page(answer.content.decode()).said.strip()
    return [
        f"{form}: {one} and {other}"
        for one, other in combinations(said, 2)
        if said[one] == said[other]
    ]


def test_the_walk_finds_forms_buttons_and_questions_of_every_kind(morning):
    here = dataset.build()
    judge = Judge(here)
    looked = {
        "customer:draft_place",
        "account_signup",
        "payments:webhook",
        "standin:bank",
        "standin:api",
    }
    looked |= {"partner:job", "partner:position", "partner:offer"}
    found = {
        (role, one.name): one
        for role in (VISITOR, FRIEND)
        for one in endpoints(judge.clients[role], here, role, wanted=looked.__contains__)
    }
    names = {name for _role, name in found}

    assert {"customer:draft_place", "account_signup", "set_language", "standin:bank"} <= names
    assert {
        "partner:claim",
        "partner:note",
        "partner:position",
        "payments:webhook",
        "standin:api",
    } <= names
    assert found[FRIEND, "partner:position"].document
    assert found[VISITOR, "payments:webhook"].secret


def test_the_same_dice_send_the_same_bytes():
    form = Endpoint(VISITOR, "x", "post", "/x/", {"a": Field("a", "text"), "f": Field("f", "file")})
    kinds = list(nonsense.every(form))

    once, twice = (
        [nonsense.asked(form, *kind, random.Random(7)) for kind in kinds] for _ in range(2)
    )

    assert once == twice
    assert {kind for _box, kind in kinds} >= {*TEXTS, *nonsense.SHAPES, *nonsense.WHOLE}


# Controls: a small site whose faults have to be found.
PAGE = (
    '<html lang="{}"><form method="post"><input name="a" value="{}"></form>'
    '<p role="alert">{}</p></html>'
)


def _refused(request, text="Non", language="fr", typed=None):
    shown = request.POST.get("a", "") if typed is None else typed
    return HttpResponse(PAGE.format(language, shown, text), status=422)


def kind(request):
    return _refused(request)


def breaks(request):
    return _refused(request, str(float(request.POST["a"])))


def writes(request):
    User.objects.create(email="half@example.com", name="Half done")
    return _refused(request)


def takes_back(request):
    User.objects.create(email="half@example.com")
    User.objects.filter(email="half@example.com").delete()
    return _refused(request)


def stores(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::integer", [request.POST["a"]])
    return _refused(request)


def forgets(request):
    return _refused(request, typed="")


def is_silent(request):
    return _refused(request, text="")


def is_empty(request):
    return HttpResponse(status=422)


def is_foreign(request):
    return _refused(request, language="en")


urlpatterns = [
    *urls_of_the_house,
    *(
        path(f"{view.__name__}/", view)
        for view in (
            kind,
            breaks,
            writes,
            takes_back,
            stores,
            forgets,
            is_silent,
            is_empty,
            is_foreign,
        )
    ),
]


def faults_of(name: str, text: str) -> list[str]:
    form = Endpoint(VISITOR, name, "post", f"/{name}/", {"a": Field("a", "text")})
    return Judge(Dataset({VISITOR: None})).faults(nonsense.asked(form, "a", text, random.Random(1)))


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("breaks", "500"),
        ("breaks", "could not convert string to float"),
        ("writes", "changed accounts_user"),
        ("forgets", "a was lost"),
        ("is_silent", "says nothing"),
        ("is_empty", "without a word"),
        ("is_foreign", "speaks en, not fr"),
    ],
)
def test_a_planted_fault_is_found(name, fault):
    assert any(fault in one for one in faults_of(name, "quotes")), faults_of(name, "quotes")


@pytest.mark.urls(__name__)
def test_what_only_the_database_refuses_is_found():
    assert any("Unstorable" in one for one in faults_of("stores", "beyond 64 bits"))


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("name", ["kind", "takes_back"])
@pytest.mark.parametrize("text", ["format", "nul", "a megabyte", "lone surrogate", "missing"])
def test_a_kind_refusal_is_no_fault(name, text):
    assert faults_of(name, text) == []
