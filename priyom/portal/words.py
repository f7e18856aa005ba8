"""Everything patients' pages say, in Russian, Kazakh and English: one typed table, so no language can lack a line.

`{when}` is a moment inside a sentence, `{label}` one by itself (`times.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = {"ru": "Русский", "kk": "Қазақша", "en": "English"}


@dataclass(frozen=True, slots=True)
class Words:
    """The lines of one language."""

    languages: str
    call: str
    when: str
    doctor: str
    service: str
    where: str
    confirm: str
    move: str
    cancel: str
    cancel_yes: str
    keep: str
    other_time: str
    slot_yes: str
    rebook_yes: str
    back: str
    your_visit: str
    ask_confirm: str
    ask_cancel: str
    ask_slot: str
    ask_rebook: str
    ask_other_time: str
    offers: str
    confirmed: str
    confirmed_more: str
    moved: str
    moved_more: str
    rebooked: str
    rebooked_more: str
    cancelled: str
    cancelled_more: str
    missed: str
    missed_more: str
    over: str
    over_more: str
    stale: str
    taken: str
    no_times: str
    no_times_more: str
    handed_over: str
    handed_over_more: str
    still: str
    not_found: str
    not_found_more: str
    unsubscribe: str
    unsubscribe_more: str
    unsubscribe_yes: str
    unsubscribed: str
    unsubscribed_more: str


RU = Words(
    languages="Язык страницы",
    call="Позвонить в клинику",
    when="Когда",
    doctor="Врач",
    service="Услуга",
    where="Где",
    confirm="Приду",
    move="Перенести",
    cancel="Отменить",
    cancel_yes="Да, отменить",
    keep="Нет, приду",
    other_time="Нужно другое время",
    slot_yes="Да, перенести",
    rebook_yes="Да, записаться",
    back="Назад",
    your_visit="Ваш визит {when}",
    ask_confirm="Придете {when}?",
    ask_cancel="Точно отменить визит {when}?",
    ask_slot="Перенести визит? Новое время: {label}",
    ask_rebook="Записать вас? Время: {label}",
    ask_other_time="Подобрать другое время с администратором?",
    offers="Выберите новое время",
    confirmed="Спасибо, ждем вас",
    confirmed_more="Вы подтвердили: придете {when}.",
    moved="Визит перенесен",
    moved_more="Ждем вас {when}. Прежнее время освободили.",
    rebooked="Вы записаны",
    rebooked_more="Ждем вас {when}.",
    cancelled="Визит отменен",
    cancelled_more="Время освободили. Чтобы записаться снова, позвоните в клинику.",
    missed="Этот визит не состоялся",
    missed_more="Можно прийти в другое время. Выберите, и мы вас запишем.",
    over="Этот визит уже прошел",
    over_more="Здесь больше ничего не нужно делать. Чтобы записаться снова, позвоните в клинику.",
    stale="Кнопка устарела: визит с тех пор изменился. Мы ничего не меняли. Вот как сейчас:",
    taken="Это время только что заняли. Вот другие свободные.",
    no_times="Свободного времени у врача пока нет",
    no_times_more="Позвоните в клинику или попросите администратора связаться с вами.",
    handed_over="Передали администратору",
    handed_over_more="Он свяжется с вами и подберет время.",
    still="Пока ваш визит остается {when}.",
    not_found="Ссылка не открылась",
    not_found_more="Возможно, она скопирована не целиком. Откройте сообщение и нажмите кнопку еще раз "
    "или позвоните в клинику.",
    unsubscribe="Больше не писать вам сюда?",
    unsubscribe_more="Сюда не будут приходить ни напоминания о визитах, ни другие сообщения клиники.",
    unsubscribe_yes="Да, не писать",
    unsubscribed="Больше не пишем вам сюда",
    unsubscribed_more="Передумаете - позвоните в клинику.",
)

KK = Words(
    languages="Бет тілі",
    call="Клиникаға қоңырау шалу",
    when="Қашан",
    doctor="Дәрігер",
    service="Қызмет",
    where="Қайда",
    confirm="Келемін",
    move="Ауыстыру",
    cancel="Бас тарту",
    cancel_yes="Иә, бас тарту",
    keep="Жоқ, келемін",
    other_time="Басқа уақыт керек",
    slot_yes="Иә, ауыстыру",
    rebook_yes="Иә, жазылу",
    back="Артқа",
    your_visit="Қабылдауыңыз: {when}",
    ask_confirm="{when} қабылдауға келесіз бе?",
    ask_cancel="{when} қабылдаудан шынымен бас тартасыз ба?",
    ask_slot="Қабылдауды ауыстырайық па? Жаңа уақыты: {label}",
    ask_rebook="Сізді жазайық па? Уақыты: {label}",
    ask_other_time="Басқа уақытты әкімшімен бірге таңдайсыз ба?",
    offers="Жаңа уақытты таңдаңыз",
    confirmed="Рақмет, сізді күтеміз",
    confirmed_more="Келетініңізді растадыңыз: {when}.",
    moved="Қабылдау ауыстырылды",
    moved_more="Сізді күтеміз: {when}. Бұрынғы уақыт босатылды.",
    rebooked="Сіз жазылдыңыз",
    rebooked_more="Сізді күтеміз: {when}.",
    cancelled="Қабылдау тоқтатылды",
    cancelled_more="Уақыт босатылды. Қайта жазылу үшін клиникаға қоңырау шалыңыз.",
    missed="Бұл қабылдау өтпеді",
    missed_more="Басқа уақытта келуге болады. Таңдаңыз, біз сізді жазамыз.",
    over="Бұл қабылдау өтіп кетті",
    over_more="Мұнда енді ештеңе істеудің қажеті жоқ. Қайта жазылу үшін клиникаға қоңырау шалыңыз.",
    stale="Батырма ескірген: содан бері қабылдау өзгерді. Біз ештеңе өзгерткен жоқпыз. Қазіргі жағдай:",
    taken="Бұл уақытты жаңа ғана алып қойды. Басқа бос уақыттар:",
    no_times="Дәрігерде әзірге бос уақыт жоқ",
    no_times_more="Клиникаға қоңырау шалыңыз немесе әкімшінің хабарласуын сұраңыз.",
    handed_over="Әкімшіге жеткіздік",
    handed_over_more="Ол сізбен хабарласып, уақыт таңдайды.",
    still="Әзірге қабылдауыңыз өзгермейді: {when}.",
    not_found="Сілтеме ашылмады",
    not_found_more="Ол толық көшірілмеген болуы мүмкін. Хабарды ашып, батырманы қайта басыңыз "
    "немесе клиникаға қоңырау шалыңыз.",
    unsubscribe="Сізге енді мұнда жазбайық па?",
    unsubscribe_more="Мұнда қабылдау туралы еске салулар да, клиниканың басқа хабарлары да келмейді.",
    unsubscribe_yes="Иә, жазбаңыз",
    unsubscribed="Енді мұнда жазбаймыз",
    unsubscribed_more="Ойыңыз өзгерсе, клиникаға қоңырау шалыңыз.",
)

EN = Words(
    languages="Language of the page",
    call="Call the clinic",
    when="When",
    doctor="Doctor",
    service="Service",
    where="Where",
    confirm="I will come",
    move="Move",
    cancel="Cancel",
    cancel_yes="Yes, cancel",
    keep="No, I will come",
    other_time="I need another time",
    slot_yes="Yes, move",
    rebook_yes="Yes, book",
    back="Back",
    your_visit="Your visit {when}",
    ask_confirm="Will you come {when}?",
    ask_cancel="Do you really want to cancel your visit {when}?",
    ask_slot="Move your visit? New time: {label}",
    ask_rebook="Book this time? {label}",
    ask_other_time="Shall the clinic find another time with you?",
    offers="Choose a new time",
    confirmed="Thank you, see you soon",
    confirmed_more="You confirmed that you will come {when}.",
    moved="Your visit is moved",
    moved_more="We expect you {when}. The old time is free again.",
    rebooked="You are booked",
    rebooked_more="We expect you {when}.",
    cancelled="Your visit is cancelled",
    cancelled_more="The time is free again. To book another visit, call the clinic.",
    missed="This visit did not take place",
    missed_more="You can come at another time. Choose one and we will book it.",
    over="This visit is over",
    over_more="There is nothing left to do here. To book another visit, call the clinic.",
    stale="This button is old: the visit has changed since. We changed nothing. This is how things stand now:",
    taken="Somebody has just taken this time. Here are others.",
    no_times="The doctor has no free time yet",
    no_times_more="Call the clinic, or ask us to get in touch with you.",
    handed_over="We have told the clinic",
    handed_over_more="They will get in touch and find a time.",
    still="Until then your visit stays {when}.",
    not_found="The link did not open",
    not_found_more="It may have been copied only in part. Open the message and press the button again, "
    "or call the clinic.",
    unsubscribe="Stop writing to you here?",
    unsubscribe_more="Neither reminders of visits nor any other message of the clinic will come here.",
    unsubscribe_yes="Yes, stop",
    unsubscribed="We no longer write to you here",
    unsubscribed_more="If you change your mind, call the clinic.",
)

_TABLE = {"ru": RU, "kk": KK, "en": EN}


def words(language: str) -> Words:
    """The lines of that language; Russian for one we do not speak."""
    return _TABLE.get(language, RU)
