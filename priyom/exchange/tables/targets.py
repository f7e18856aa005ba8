"""What a column can mean: the fields a row is made of, and the headings by which people call them.

Data, not code: a new field is a row here and a line in `row.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """One field. `key` is stable (it stands in mapping files); `title` is for the page; `headings` are lower case."""

    key: str
    title: str
    headings: tuple[str, ...] = ()
    hint: str = ""


TARGETS: tuple[Target, ...] = (
    Target(
        "visit.id",
        "Номер визита",
        (
            "id визита",
            "номер визита",
            "визит",
            "номер записи",
            "id записи",
            "appointmentid",
            "appointment id",
            "visit id",
            "visit",
            "қабылдау нөмірі",
            "жазба нөмірі",
        ),
        "Без него номер составляется из пациента, врача и времени.",
    ),
    Target(
        "visit.start",
        "Начало (дата и время)",
        (
            "начало",
            "дата и время",
            "дата и время приема",
            "начало приема",
            "время начала",
            "start",
            "starts at",
            "appointment start",
            "басталуы",
            "күні мен уақыты",
        ),
    ),
    Target(
        "visit.date",
        "Дата визита",
        (
            "дата",
            "дата приема",
            "дата визита",
            "день",
            "date",
            "appointment date",
            "appointmentday",
            "visit date",
            "күні",
            "қабылдау күні",
        ),
    ),
    Target(
        "visit.time", "Время визита", ("время", "время приема", "час", "time", "appointment time", "уақыты", "сағаты")
    ),
    Target(
        "visit.end",
        "Конец (дата и время, или время)",
        ("конец", "окончание", "конец приема", "время окончания", "end", "ends at", "аяқталуы"),
    ),
    Target(
        "visit.minutes",
        "Длительность, минут",
        ("длительность", "минут", "продолжительность", "duration", "minutes", "ұзақтығы"),
        "Если нет конца; иначе 30.",
    ),
    Target(
        "visit.state",
        "Состояние",
        ("статус", "состояние", "явка", "статус визита", "status", "state", "no-show", "noshow", "мәртебе", "күйі"),
    ),
    Target(
        "visit.booked_at",
        "Когда записались",
        (
            "дата записи",
            "создано",
            "записан",
            "когда записан",
            "scheduledday",
            "booked at",
            "created",
            "created at",
            "жазылған күні",
        ),
    ),
    Target(
        "patient.id",
        "Номер пациента",
        (
            "id пациента",
            "номер пациента",
            "номер карты",
            "карта",
            "№ карты",
            "медкарта",
            "patientid",
            "patient id",
            "mrn",
            "науқас нөмірі",
            "пациент нөмірі",
        ),
        "Без него номер составляется из телефона, или имени и даты рождения.",
    ),
    Target(
        "patient.name",
        "Пациент (ФИО целиком)",
        (
            "фио",
            "ф.и.о.",
            "ф.и.о",
            "пациент",
            "фио пациента",
            "имя пациента",
            "name",
            "patient",
            "patient name",
            "full name",
            "аты-жөні",
            "науқас",
            "пациенттің аты-жөні",
        ),
    ),
    Target(
        "patient.family",
        "Фамилия",
        ("фамилия", "фамилия пациента", "last name", "surname", "family", "family name", "тегі"),
    ),
    Target("patient.given", "Имя", ("имя", "first name", "given", "given name", "аты")),
    Target("patient.patronymic", "Отчество", ("отчество", "patronymic", "middle name", "әкесінің аты")),
    Target(
        "patient.birth_date",
        "Дата рождения",
        ("дата рождения", "др", "д.р.", "рождение", "birth date", "birthdate", "dob", "date of birth", "туған күні"),
    ),
    Target("patient.age", "Возраст", ("возраст", "лет", "age", "жасы"), "Только проверяется: возраст не хранится."),
    Target("patient.sex", "Пол", ("пол", "gender", "sex", "жынысы")),
    Target("patient.language", "Язык", ("язык", "язык общения", "language", "lang", "тілі")),
    Target(
        "patient.phone",
        "Телефон",
        (
            "телефон",
            "тел",
            "тел.",
            "мобильный",
            "номер телефона",
            "сотовый",
            "phone",
            "mobile",
            "phone number",
            "телефоны",
            "ұялы телефон",
        ),
    ),
    Target(
        "patient.email",
        "Почта",
        ("почта", "email", "e-mail", "эл. почта", "электронная почта", "пошта", "электрондық пошта"),
    ),
    Target(
        "practitioner.id",
        "Номер врача",
        ("id врача", "код врача", "табельный номер", "practitioner id", "doctor id", "дәрігер коды"),
    ),
    Target(
        "practitioner.name",
        "Врач",
        ("врач", "доктор", "специалист", "фио врача", "doctor", "practitioner", "physician", "provider", "дәрігер"),
    ),
    Target("service.id", "Код услуги", ("код услуги", "id услуги", "service id", "service code", "қызмет коды")),
    Target(
        "service.name",
        "Услуга",
        ("услуга", "услуги", "вид приема", "название услуги", "service", "procedure", "қызмет"),
    ),
    Target("branch.id", "Код филиала", ("код филиала", "id филиала", "branch id", "location id", "филиал коды")),
    Target(
        "branch.name",
        "Филиал",
        (
            "филиал",
            "клиника",
            "адрес филиала",
            "отделение",
            "branch",
            "location",
            "clinic",
            "neighbourhood",
            "бөлімше",
            "емхана",
        ),
    ),
    Target("branch.time_zone", "Часовой пояс филиала", ("часовой пояс", "time zone", "timezone", "уақыт белдеуі")),
)

BY_KEY = {target.key: target for target in TARGETS}


def targets() -> tuple[Target, ...]:
    """Every field, in the order of the mapping page."""
    return TARGETS
