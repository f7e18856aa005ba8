"""Everything the site chat says, in Russian, Kazakh and English: one typed table, so no language can lack a line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one language. `{n}`, `{clinic}`, `{phone}` ... are filled in by the page."""

    open: str
    fold: str
    unread: str
    greeting: str
    history: str
    clinic: str
    you: str
    message: str
    send: str
    attach: str
    remove: str
    sending: str
    taken: str
    offline: str
    refused: str
    often: str
    lost: str
    large: str
    many: str
    typing: str
    fresh: str
    ask: str
    number: str
    get_code: str
    not_now: str
    bad_number: str
    code_sent: str
    code: str
    prove: str
    another: str
    wrong: str
    over: str
    proven: str
    no_sms: str
    wait: str
    ways: str
    ways_more: str
    ways_none: str
    go_on: str
    qr: str
    give_number: str
    finish: str
    sure: str
    finished: str
    begin: str
    back: str
    script: str
    code_sms: str


RU = Lines(
    open="Чат: {clinic}",
    fold="Свернуть чат",
    unread="Новых сообщений: {n}",
    greeting="Здравствуйте! Напишите, что вам нужно: записаться, узнать цену, подготовиться к приему. "
    "Ответит сотрудник клиники.",
    history="Переписка с клиникой",
    clinic="Клиника",
    you="Вы",
    message="Ваше сообщение",
    send="Отправить",
    attach="Прикрепить файл",
    remove="Убрать файл {name}",
    sending="отправляем",
    taken="передано в клинику",
    offline="Нет связи. Сообщение уйдет само, когда она появится.",
    refused="не отправлено",
    often="Слишком много сообщений подряд. Отправим чуть позже.",
    lost="Чат сейчас не открывается. Позвоните в клинику или попробуйте позже.",
    large="«{name}» слишком большой: можно до {n} МБ вместе.",
    many="Не больше 10 файлов за раз.",
    typing="Клиника печатает...",
    fresh="Новые сообщения ниже",
    ask="Оставьте номер мобильного: найдем вашу запись, а если закроете сайт, ответ придет на телефон.",
    number="Номер мобильного",
    get_code="Получить код",
    not_now="Не сейчас",
    bad_number="Нужен мобильный номер России или Казахстана: +7 и еще 10 цифр.",
    code_sent="Отправили SMS с кодом на {phone}. Введите его, это подтвердит, что номер ваш.",
    code="Код из SMS",
    prove="Подтвердить",
    another="Другой номер",
    wrong="Код не подошел. Осталось попыток: {n}.",
    over="Этот код больше не действует. Запросите новый.",
    proven="Номер подтвержден, спасибо.",
    no_sms="Сейчас код не отправить. Напишите номер прямо в чат.",
    wait="Слишком часто. Попробуйте через {n} мин.",
    ways="Продолжить в мессенджере",
    ways_more="Клиника ответит там. С компьютера: наведите камеру телефона на код.",
    ways_none="Мессенджеры клиники пока не подключены.",
    go_on="Продолжить в {title}",
    qr="QR-код: {title}",
    give_number="Указать номер телефона",
    finish="Завершить чат",
    sure="Точно завершить? Сюда больше не будут писать.",
    finished="Чат завершен. Сюда больше не пишем.",
    begin="Начать снова",
    back="Назад к чату",
    script="Для чата нужен JavaScript. Позвоните, пожалуйста, в клинику.",
    code_sms="Код для чата на сайте: {code}. Никому его не говорите.",
)

KK = Lines(
    open="Чат: {clinic}",
    fold="Чатты жинау",
    unread="Жаңа хабарлар: {n}",
    greeting="Сәлеметсіз бе! Не керек екенін жазыңыз: жазылу, бағасын білу, қабылдауға дайындалу. "
    "Клиника қызметкері жауап береді.",
    history="Клиникамен жазысу",
    clinic="Клиника",
    you="Сіз",
    message="Хабарыңыз",
    send="Жіберу",
    attach="Файл тіркеу",
    remove="{name} файлын алып тастау",
    sending="жіберілуде",
    taken="клиникаға жеткізілді",
    offline="Байланыс жоқ. Пайда болғанда хабар өзі кетеді.",
    refused="жіберілмеді",
    often="Қатарынан тым көп хабар. Сәл кейінірек жібереміз.",
    lost="Чат қазір ашылмай тұр. Клиникаға қоңырау шалыңыз немесе кейінірек көріңіз.",
    large="«{name}» тым үлкен: барлығы {n} МБ-қа дейін болады.",
    many="Бір жолы 10 файлдан артық емес.",
    typing="Клиника жазып жатыр...",
    fresh="Жаңа хабарлар төменде",
    ask="Ұялы нөміріңізді қалдырыңыз: жазбаңызды табамыз, ал сайтты жапсаңыз, жауап телефонға келеді.",
    number="Ұялы нөмір",
    get_code="Код алу",
    not_now="Қазір емес",
    bad_number="Ресейдің немесе Қазақстанның ұялы нөмірі керек: +7 және тағы 10 сан.",
    code_sent="{phone} нөміріне SMS-код жібердік. Оны енгізіңіз, нөмірдің сіздікі екенін растайды.",
    code="SMS-тегі код",
    prove="Растау",
    another="Басқа нөмір",
    wrong="Код сәйкес келмеді. Қалған мүмкіндік: {n}.",
    over="Бұл код енді жарамсыз. Жаңасын сұраңыз.",
    proven="Нөмір расталды, рақмет.",
    no_sms="Қазір код жіберу мүмкін емес. Нөмірді чатқа жазыңыз.",
    wait="Тым жиі. {n} мин. кейін көріңіз.",
    ways="Мессенджерде жалғастыру",
    ways_more="Клиника сонда жауап береді. Компьютерден: телефон камерасын кодқа бағыттаңыз.",
    ways_none="Клиниканың мессенджерлері әзірге қосылмаған.",
    go_on="{title} арқылы жалғастыру",
    qr="QR-код: {title}",
    give_number="Телефон нөмірін көрсету",
    finish="Чатты аяқтау",
    sure="Шынымен аяқтайсыз ба? Мұнда енді жазбайды.",
    finished="Чат аяқталды. Мұнда енді жазбаймыз.",
    begin="Қайта бастау",
    back="Чатқа оралу",
    script="Чат үшін JavaScript керек. Клиникаға қоңырау шалыңыз.",
    code_sms="Сайттағы чатқа арналған код: {code}. Оны ешкімге айтпаңыз.",
)

EN = Lines(
    open="Chat: {clinic}",
    fold="Fold the chat",
    unread="New messages: {n}",
    greeting="Hello! Write what you need: to book a visit, to learn a price, to prepare. "
    "Somebody of the clinic will answer.",
    history="Your messages with the clinic",
    clinic="The clinic",
    you="You",
    message="Your message",
    send="Send",
    attach="Attach a file",
    remove="Remove the file {name}",
    sending="sending",
    taken="handed to the clinic",
    offline="No connection. Your message will go by itself when it is back.",
    refused="not sent",
    often="Too many messages in a row. We send it a little later.",
    lost="The chat does not open now. Please call the clinic or try later.",
    large="«{name}» is too large: up to {n} MB together.",
    many="No more than 10 files at a time.",
    typing="The clinic is typing...",
    fresh="New messages below",
    ask="Leave your mobile number: we find your visit, and if you close the site the answer comes to your phone.",
    number="Mobile number",
    get_code="Get a code",
    not_now="Not now",
    bad_number="A mobile number of Russia or Kazakhstan is needed: +7 and 10 more digits.",
    code_sent="We sent an SMS with a code to {phone}. Type it in: it proves that the number is yours.",
    code="Code from the SMS",
    prove="Confirm",
    another="Another number",
    wrong="The code does not fit. Tries left: {n}.",
    over="This code is no longer good. Ask for a new one.",
    proven="Your number is confirmed, thank you.",
    no_sms="A code cannot be sent now. Write the number into the chat.",
    wait="Too often. Try again in {n} min.",
    ways="Go on in a messenger",
    ways_more="The clinic answers there. On a computer: point your phone's camera at the code.",
    ways_none="The clinic has no messenger connected yet.",
    go_on="Go on in {title}",
    qr="QR code: {title}",
    give_number="Give a phone number",
    finish="End the chat",
    sure="Really end it? Nobody will write to you here any more.",
    finished="The chat is ended. We no longer write here.",
    begin="Begin again",
    back="Back to the chat",
    script="The chat needs JavaScript. Please call the clinic.",
    code_sms="Code for the chat on the site: {code}. Tell it to nobody.",
)

TABLE = {"ru": RU, "kk": KK, "en": EN}


def lines(language: str) -> Lines:
    """The lines of that language; Russian for one we do not speak."""
    return TABLE.get(language, RU)
