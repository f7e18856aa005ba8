"""Staff accounts without a browser: signing in, the second step, pauses after failures, sessions, letters, links."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.contrib.auth.tokens import default_token_generator
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from priyom.clinic.house import house
from priyom.clinic.models import House, Invitation, SignInLock, Staff
from priyom.clinic.staff import create
from priyom.delivery.models import Delivery
from priyom.foundation.clock import clock
from priyom.web.me.sessions import browser
from priyom.web.signin import renew
from priyom.web.signin.seen import EVERY, Seen
from tests.factories import MONDAY, make_account, make_branch, make_practitioner, make_staff

PASSWORD = "correct horse"
HERE = "203.0.113.7"


@pytest.fixture(autouse=True)
def monday(db: None) -> None:
    clock.freeze(MONDAY)
    cache.clear()


@pytest.fixture
def olga() -> Staff:
    return create("olga", PASSWORD, "admin", name="Ольга Ли", email="olga@clinic.example")


def sign_in(login: str = "olga", password: str = PASSWORD, **more: str) -> tuple[Client, str]:
    """A browser, and where it stands after the form was sent ('' while it is still at the form)."""
    client = Client(REMOTE_ADDR=HERE)
    answer = client.post("/login", {"username": login, "password": password, **more})
    return client, answer.headers.get("Location", "")


def app_code(secret: str) -> str:
    """What an authenticator app shows now."""
    code: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    return code


def add_app(staff: Staff, secret: str = "JBSWY3DPEHPK3PXP") -> str:
    TOTP.activate(staff, secret)
    return secret


def link_in(text: str) -> str:
    found = re.search(r"https?://[^/]+(/\S+)", text)
    assert found is not None
    return found[1]


def test_name_and_password_open_the_first_page_or_the_one_that_was_asked_for(olga: Staff) -> None:
    assert sign_in()[1] == "/"
    assert sign_in(next="/staff")[1] == "/staff"
    assert sign_in(next="https://elsewhere.example/")[1] == "/"
    assert sign_in("Olga@clinic.example")[1] == "/"  # the address does as well
    client, _ = sign_in()
    assert client.get("/").status_code == 200


def test_a_wrong_password_says_so_and_tells_nothing_more(olga: Staff) -> None:
    known = Client().post("/login", {"username": "olga", "password": "wrong"})
    unknown = Client().post("/login", {"username": "nobody", "password": "wrong"})
    assert known.status_code == unknown.status_code == 422
    assert known.content.decode().replace("olga", "") == _without_token(unknown.content.decode(), known).replace(
        "nobody", ""
    )


def _without_token(page: str, like: object) -> str:
    """The page with the other one's CSRF token, which is different each time."""
    token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
    theirs = iter(token.findall(like.content.decode()))  # type: ignore[attr-defined]
    page = token.sub(lambda _found: next(theirs), page)
    headers = re.compile(r'"X-CSRFToken": "[^"]+"')
    return headers.sub(headers.findall(like.content.decode())[0], page)  # type: ignore[attr-defined]


def test_the_fifth_failure_locks_for_a_minute_even_the_right_password(olga: Staff) -> None:
    for _ in range(4):
        assert sign_in(password="wrong")[1] == ""
    page = Client(REMOTE_ADDR=HERE).post("/login", {"username": "olga", "password": "wrong"})
    assert page.status_code == 429
    assert "Попробуйте через 1 минуту" in page.content.decode()
    assert sign_in()[1] == ""
    assert sign_in("olga@clinic.example")[1] == ""  # the other spelling of the same account
    clock.freeze(MONDAY + timedelta(minutes=1))
    assert sign_in()[1] == "/"
    assert SignInLock.objects.filter(kind="login").count() == 0


def test_an_admin_sees_who_is_locked_and_lets_them_in(olga: Staff) -> None:
    admin, _ = sign_in()
    for _ in range(5):
        sign_in("vera", "wrong")
    page = admin.get("/staff").content.decode()
    assert "vera" in page
    assert "закрыт еще на 1 минуту" in page
    admin.post(reverse("web:lock_lift", args=[SignInLock.objects.get(kind="login").pk]))
    assert "vera" not in admin.get("/staff").content.decode()


def test_codes_are_asked_for_after_the_password_and_guessing_them_locks(olga: Staff) -> None:
    secret = add_app(olga)
    client, where = sign_in()
    assert where == "/login/second"
    assert client.get("/").headers["Location"].startswith("/login")  # half-way is not in
    assert client.post("/login/second", {"code": "000000"}).status_code == 422
    assert client.post("/login/second", {"code": app_code(secret)[:3] + " " + app_code(secret)[3:]}).status_code == 302
    assert client.get("/").status_code == 200

    for attempt in range(5):
        client, _ = sign_in()  # a right password in between does not start the count anew
        answer = client.post("/login/second", {"code": "000000"})
        assert answer.status_code == (429 if attempt == 4 else 422)
    assert sign_in()[1] == ""


def test_the_second_step_cannot_be_entered_without_the_first(olga: Staff) -> None:
    secret = add_app(olga)
    assert Client().get("/login/second").headers["Location"] == "/login"
    assert Client().post("/login/second", {"code": app_code(secret)}).headers["Location"] == "/login"


def test_the_app_is_set_up_and_its_secret_rests_encrypted(olga: Staff) -> None:
    client, _ = sign_in()
    page = client.get("/me/app").content.decode()
    assert "<svg" in page
    secret = client.session["mfa.totp.secret"]
    wrong = client.post("/me/app", {"code": "000000"})
    assert wrong.status_code == 422
    assert secret in wrong.content.decode()  # the same picture stays on the phone
    assert client.post("/me/app", {"code": app_code(secret)}).headers["Location"] == "/me/codes"
    row = Authenticator.objects.get(user=olga, type="totp")
    assert secret not in str(row.data)

    codes = re.findall(r"<code>(\d+)</code>", client.get("/me/codes").content.decode())
    assert len(codes) == 10
    assert codes[0] in client.get("/me/codes/file").content.decode()
    client.post("/me/codes/kept")
    assert client.get("/me/codes").headers["Location"].startswith("/me/security")  # shown once
    assert client.get("/me/codes/file").headers["Location"].startswith("/me/security")

    other, _ = sign_in()
    assert other.post("/login/second", {"code": codes[0]}).status_code == 302
    other, _ = sign_in()
    assert other.post("/login/second", {"code": codes[0]}).status_code == 422  # each works once


def test_the_app_is_switched_off(olga: Staff) -> None:
    client, _ = sign_in()
    client.get("/me/app")
    client.post("/me/app", {"code": app_code(client.session["mfa.totp.secret"])})
    client.post("/me/app/off")
    assert Authenticator.objects.count() == 0  # codes without an app would open nothing worth having
    assert sign_in()[1] == "/"


@pytest.mark.parametrize("path", ["/me/app", "/me/passkeys/new", "/staff/invite"])
def test_what_changes_who_gets_in_asks_again_after_a_quarter_of_an_hour(
    olga: Staff, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = sign_in()
    assert client.get(path).status_code == 200
    later = time.time() + 901
    monkeypatch.setattr(time, "time", lambda: later)
    assert client.get(path).headers["Location"] == f"/me/again?next={path}"
    assert client.post("/me/again", {"password": "wrong", "next": path}).status_code == 422
    assert client.post("/me/again", {"password": PASSWORD, "next": path}).headers["Location"] == path
    assert client.get(path).status_code == 200


def test_asking_again_takes_the_code_of_the_app_and_locks_too(olga: Staff) -> None:
    client = Client()
    client.force_login(olga)
    assert client.get("/me/app").status_code == 302
    secret = add_app(olga)
    assert client.post("/me/again", {"code": app_code(secret), "next": "/me/passkeys/new"}).status_code == 302
    assert client.get("/me/passkeys/new").status_code == 200
    for _ in range(5):
        answer = client.post("/me/again", {"password": "wrong"})
    assert answer.status_code == 429
    assert client.post("/me/again", {"password": PASSWORD}).status_code == 429


def test_the_house_can_ask_managers_for_a_second_step(olga: Staff) -> None:
    House.objects.filter(pk=house().pk).update(second_factor=True)
    create("vera", PASSWORD, "registrar")
    assert sign_in("vera")[0].get("/").status_code == 200
    client, _ = sign_in()
    assert client.get("/").headers["Location"] == "/me/security"
    assert client.get("/rail", headers={"HX-Request": "true"}).status_code == 200
    assert client.get("/staff", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/me/security"
    assert "второй шаг" in client.get("/me/security").content.decode()
    client.get("/me/app")
    client.post("/me/app", {"code": app_code(client.session["mfa.totp.secret"])})
    assert client.get("/").status_code == 200


def test_the_rule_is_set_by_managers(olga: Staff) -> None:
    client, _ = sign_in()
    client.post("/staff/rule", {"second_factor": "1"})
    assert house().second_factor is True
    client.post("/staff/rule", {})
    assert house().second_factor is False


def test_a_new_password_ends_all_other_sessions(olga: Staff) -> None:
    here, _ = sign_in()
    there, _ = sign_in()
    assert UserSession.objects.count() == 2
    bad = here.post("/me/password", {"old": "wrong", "new": "new password", "again": "new password"})
    assert "Пароль не подошел" in bad.content.decode()
    for new, again, words in (
        ("short", "short", "нужно от 10"),
        ("olga@clinic.e", "olga@clinic.e", "слишком похож"),
        ("1234567890", "1234567890", "слишком известен"),
        ("new password", "other password", "не совпали"),
    ):
        answer = here.post("/me/password", {"old": PASSWORD, "new": new, "again": again})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    done = here.post("/me/password", {"old": PASSWORD, "new": "new password", "again": "new password"})
    assert done.status_code == 302
    assert here.get("/").status_code == 200
    assert there.get("/").status_code == 302
    assert UserSession.objects.get().session_key == here.session.session_key
    assert sign_in(password="new password")[1] == "/"


def test_sessions_are_listed_and_ended(olga: Staff) -> None:
    here, _ = sign_in()
    there, _ = sign_in()
    page = here.get("/me/security").content.decode()
    assert page.count("этот браузер") >= 1
    assert HERE in page
    row = UserSession.objects.get(session_key=there.session.session_key)
    stranger = Client()
    stranger.force_login(make_staff())
    assert stranger.post(reverse("web:session_end", args=[row.pk])).status_code == 404
    here.post(reverse("web:session_end", args=[row.pk]))
    assert there.get("/").status_code == 302
    again, _ = sign_in()
    here.post("/me/sessions/end")
    assert again.get("/").status_code == 302
    assert here.get("/").status_code == 200


def test_a_session_is_noted_as_seen_at_most_every_five_minutes(olga: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    at = [1000.0]
    monkeypatch.setattr("priyom.web.signin.seen.time.monotonic", lambda: at[0])
    Seen.noted.clear()
    client, _ = sign_in()

    def seen() -> object:
        return UserSession.objects.get().last_seen_at

    client.get("/me/security")
    before = seen()
    clock.freeze(MONDAY + timedelta(hours=1))
    at[0] += EVERY - 1
    client.get("/me/security")
    assert seen() == before
    at[0] += 1
    client.get("/me/security")
    assert seen() == MONDAY + timedelta(hours=1)


def test_a_session_from_before_the_list_gets_its_line(olga: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    at = [1000.0]
    monkeypatch.setattr("priyom.web.signin.seen.time.monotonic", lambda: at[0])
    Seen.noted.clear()
    client = Client(REMOTE_ADDR=HERE)
    client.force_login(olga)
    client.get("/me/security")
    at[0] += EVERY
    client.get("/me/security")
    assert UserSession.objects.get().ip == HERE


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
            "YaBrowser/24.7.0 Safari/537.36",
            "Yandex 24, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari 17, iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox 128, Linux"),
        ("curl/8", "curl/8"),
        ("", "неизвестный браузер"),
    ],
)
def test_browsers_are_named(agent: str, said: str) -> None:
    assert browser(agent) == said


def test_who_is_switched_off_is_out_at_once(olga: Staff) -> None:
    admin, _ = sign_in()
    vera = create("vera", PASSWORD, "registrar")
    theirs, _ = sign_in("vera")
    assert theirs.get("/").status_code == 200
    admin.post(reverse("web:staff_switch", args=[vera.pk]))
    assert theirs.get("/").status_code == 302
    assert UserSession.objects.filter(user=vera).count() == 0
    assert sign_in("vera")[1] == ""
    admin.post(reverse("web:staff_switch", args=[vera.pk]), {"on": "1"})
    assert sign_in("vera")[1] == "/"


def test_the_last_administrator_stays(olga: Staff) -> None:
    owner = Client()
    boss = create("boss", PASSWORD, "owner")
    owner, _ = sign_in("boss")
    url = reverse("web:staff_person", args=[olga.pk])
    assert "последний администратор" in owner.post(url, {"role": "registrar"}).content.decode()
    mine = owner.post(reverse("web:staff_switch", args=[boss.pk]))
    assert "другой администратор" in mine.content.decode()
    assert Staff.objects.filter(is_active=True, role__in=("admin", "owner")).count() == 2


def test_role_branches_and_doctor_are_changed(olga: Staff) -> None:
    admin, _ = sign_in()
    vera, branch, doctor = create("vera", PASSWORD, "registrar"), make_branch(), make_practitioner()
    url = reverse("web:staff_person", args=[vera.pk])
    admin.post(url, {"role": "doctor", "branches": [branch.pk, "x"], "practitioner": doctor.pk})
    vera.refresh_from_db()
    assert (vera.role, list(vera.branches.all()), vera.practitioner) == ("doctor", [branch], doctor)
    assert branch.name in admin.get("/staff").content.decode()


def test_a_lost_phone(olga: Staff) -> None:
    admin, _ = sign_in()
    vera = create("vera", PASSWORD, "registrar")
    add_app(vera)
    assert sign_in("vera")[1] == "/login/second"
    admin.post(reverse("web:staff_factor", args=[vera.pk]))
    assert sign_in("vera")[1] == "/"


def test_an_invitation_from_the_letter_to_the_first_page(olga: Staff) -> None:
    make_account("smtp")
    branch = make_branch()
    admin, _ = sign_in()
    form = {"email": "vera@clinic.example", "name": "Вера Цой", "role": "registrar", "branches": branch.pk}
    assert admin.post("/staff/invite", {**form, "language": "ru"}).headers["Location"] == "/staff?done=invited"
    letter = Delivery.objects.get(origin="system")
    assert (letter.address, letter.expires_at) == ("vera@clinic.example", MONDAY + timedelta(days=3))
    assert "Регистратор" in letter.body["text"]
    path = link_in(letter.body["text"])
    guest = Client()
    assert "Вера Цой" in guest.get(path).content.decode()
    typed = {"name": "Вера Цой", "username": "olga", "new": "my new password", "again": "my new password"}
    assert "Выберите другое" in guest.post(path, typed).content.decode()
    assert guest.post(path, {**typed, "username": "vera", "new": "short"}).status_code == 422
    done = guest.post(path, {**typed, "username": "vera"})
    assert done.headers["Location"] == "/me/security?done=welcome"
    assert guest.get("/").status_code == 200
    assert list(Staff.objects.get(username="vera").branches.all()) == [branch]
    assert Client().get(path).status_code == 410  # one use


def test_without_mail_the_page_shows_the_link_once(olga: Staff) -> None:
    admin, _ = sign_in()
    page = admin.post("/staff/invite", {"email": "vera@clinic.example", "name": "Вера", "role": "doctor"})
    path = link_in(re.findall(r'value="(http[^"]+/join/[^"]+)"', page.content.decode())[0])
    assert Client().get(path).status_code == 200
    assert "/join/" not in admin.get("/staff").content.decode()
    row = Invitation.objects.get()
    admin.post(reverse("web:invitation_again", args=[row.pk]))
    assert Client().get(path).status_code == 410  # the old link ended
    admin.post(reverse("web:invitation_withdraw", args=[row.pk]))
    assert Invitation.objects.get().withdrawn_at == MONDAY


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"email": "nonsense", "name": "Вера", "role": "doctor"}, "Это не адрес почты"),
        ({"email": "vera@clinic.example", "name": " ", "role": "doctor"}, "как зовут"),
        ({"email": "vera@clinic.example", "name": "Вера", "role": "king"}, "king"),
        ({"email": "OLGA@clinic.example", "name": "Ольга", "role": "doctor"}, "уже работают"),
    ],
)
def test_odd_invitations_are_refused_with_what_was_typed(olga: Staff, form: dict[str, str], words: str) -> None:
    admin, _ = sign_in()
    answer = admin.post("/staff/invite", form)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert form["email"] in answer.content.decode()
    assert Invitation.objects.count() == 0


def test_a_forgotten_password_by_letter(olga: Staff) -> None:
    make_account("smtp")
    theirs, _ = sign_in()
    told = Client().post("/login/forgotten", {"who": "olga@clinic.example"}).content.decode()
    letter = Delivery.objects.get(origin="system")
    assert (letter.address, letter.expires_at) == ("olga@clinic.example", MONDAY + timedelta(hours=1))
    path = link_in(letter.body["text"])
    for _ in range(5):
        sign_in(password="wrong")
    browser = Client()
    assert browser.get(path).status_code == 200
    assert browser.post(path, {"new": "short", "again": "short"}).status_code == 422
    done = browser.post(path, {"new": "my new password", "again": "my new password"})
    assert done.headers["Location"] == "/"
    assert browser.get("/").status_code == 200  # and the lock is gone
    assert theirs.get("/").status_code == 302
    assert Client().get(path).status_code == 410  # one use

    for who in ("nobody", "nobody@clinic.example"):
        same = Client().post("/login/forgotten", {"who": who}).content.decode()
        assert _told(same) == _told(told)
    assert Delivery.objects.filter(origin="system").count() == 1


def _told(page: str) -> list[str]:
    return re.findall(r'role="(?:status|alert)">([^<]+)<', page)


def test_a_link_for_a_new_password_does_not_pass_the_second_step(olga: Staff) -> None:
    secret = add_app(olga)
    for _ in range(5):
        sign_in(password="wrong")
    path = link_in(renew.link(olga))
    browser = Client()
    answer = browser.post(path, {"new": "my new password", "again": "my new password"})
    assert answer.headers["Location"] == "/login/second"
    assert browser.get("/").status_code == 302
    assert browser.post("/login/second", {"code": app_code(secret)}).status_code == 302  # the lock is gone
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/login/new/MQ/none-none", "/login/new/!!/x", "/login/new/OTk5OTk/x", "/join/none"])
def test_links_that_open_nothing_say_so(olga: Staff, path: str) -> None:
    assert Client().get(path).status_code == 410
    assert Client().post(path, {"new": PASSWORD, "again": PASSWORD}).status_code == 410


def test_a_link_is_over_after_an_hour_and_after_use(olga: Staff, settings: object) -> None:
    token = default_token_generator.make_token(olga)
    settings.PASSWORD_RESET_TIMEOUT = -1  # type: ignore[attr-defined]
    assert default_token_generator.check_token(olga, token) is False


def test_letters_are_not_sent_without_end(olga: Staff) -> None:
    make_account("smtp")
    statuses = [Client().post("/login/forgotten", {"who": "olga"}).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert Delivery.objects.filter(origin="system").count() == 3


def test_without_mail_an_admin_gives_the_link(olga: Staff) -> None:
    assert "не отправляет почту" in Client().get("/login/forgotten").content.decode()
    admin, _ = sign_in()
    vera = create("vera", PASSWORD, "registrar")
    page = admin.post(reverse("web:staff_password", args=[vera.pk])).content.decode()
    path = link_in(re.findall(r'value="(http[^"]+/login/new/[^"]+)"', page)[0])
    assert Client().get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/signup",
        "/accounts/2fa/",
        "/accounts/email/",
        "/login/code",
        "/accounts/password/reset/",
    ],
)
def test_the_librarys_own_pages_are_closed(path: str) -> None:
    with pytest.raises(Resolver404):
        resolve(path)


@pytest.mark.parametrize("name", ["account_email", "account_reset_password", "mfa_index", "usersessions_list"])
def test_the_librarys_own_names_lead_nowhere(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize("path", ["/login", "/login/forgotten", "/join/none", "/login/new/MQ/x-y"])
def test_pages_at_the_door_keep_nothing_and_let_nothing_foreign_run(path: str) -> None:
    answer = Client().get(path)
    assert "no-store" in answer.headers["Cache-Control"]
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("language", "words"), [("kk", "Құпиясөзді ұмыттыңыз ба?"), ("en", "Forgotten the password?")])
def test_the_door_speaks_the_language_of_the_browser(language: str, words: str) -> None:
    client = Client()
    client.post("/login/language", {"language": language, "back": "/login/forgotten"})
    assert words in client.get("/login").content.decode()
