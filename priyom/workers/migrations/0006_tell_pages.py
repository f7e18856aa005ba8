"""Triggers that tell the open pages what has changed (see `journal/bell.py`): whoever writes something down need not
remember to say so. They take the place of those that said only that something had.

A statement tells once, whatever it changed; one that changed nothing tells nothing. Rows are compared where a statement
touches more than people see (a conversation's `typing_at` is of the thread, not of the list). The few row triggers are
on columns the sending of messages does not touch, or are passed over by their condition.
"""

from __future__ import annotations

from django.db import migrations

OLD = {
    "inbox_incoming": ("priyom_wake", "INSERT"),
    "inbox_calltask": ("priyom_wake", "INSERT OR UPDATE"),
    "inbox_conversation": ("priyom_news", "UPDATE"),
    "delivery_storedfile": ("priyom_news", "UPDATE"),
}

INSERTED = "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT"
UPDATED = "REFERENCING OLD TABLE AS before NEW TABLE AS fresh FOR EACH STATEMENT"
TAKEN = "(to_jsonb(fresh) - 'typing_at') IS DISTINCT FROM (to_jsonb(before) - 'typing_at')"

# name -> (the words, each a row; table; triggers: (name's end, when, over what))
TELLERS: dict[str, tuple[str, str, tuple[tuple[str, str, str], ...]]] = {
    "facts": (
        """SELECT 'patient:' || patient_id FROM fresh WHERE patient_id IS NOT NULL
        UNION SELECT 'visit:' || visit_id FROM fresh WHERE visit_id IS NOT NULL
        UNION SELECT coalesce('delivery:' || (data ->> 'delivery_id'), 'other') FROM fresh WHERE patient_id IS NULL""",
        "journal_fact",
        (("", "INSERT", INSERTED),),
    ),
    "incoming": (
        "SELECT 'chat:' || conversation_id FROM fresh UNION SELECT 'chats' FROM fresh",
        "inbox_incoming",
        (("", "INSERT", INSERTED),),
    ),
    "chats_begun": (
        "SELECT 'chat:' || id FROM fresh UNION SELECT 'chats' FROM fresh",
        "inbox_conversation",
        (("", "INSERT", INSERTED),),
    ),
    "chats": (
        f"""SELECT 'chat:' || id FROM fresh JOIN before USING (id) WHERE fresh IS DISTINCT FROM before
        UNION SELECT 'chats' FROM fresh JOIN before USING (id) WHERE {TAKEN}""",
        "inbox_conversation",
        (("", "UPDATE", UPDATED),),
    ),
    "tasks": (
        """SELECT 'task:' || id FROM fresh UNION SELECT 'patient:' || patient_id FROM fresh
        UNION SELECT 'visit:' || visit_id FROM fresh WHERE visit_id IS NOT NULL UNION SELECT 'tasks' FROM fresh""",
        "inbox_calltask",
        (("_new", "INSERT", INSERTED), ("_changed", "UPDATE", INSERTED)),
    ),
    "notes": (
        "SELECT 'chat:' || conversation_id FROM fresh UNION SELECT 'chats' FROM fresh",
        "inbox_note",
        (("_new", "INSERT", INSERTED), ("_changed", "UPDATE", INSERTED)),
    ),
    "desk": (
        "SELECT 'desk' FROM fresh LEFT JOIN before USING (staff_id) WHERE fresh.state IS DISTINCT FROM before.state",
        "inbox_presence",
        (("", "UPDATE", UPDATED),),
    ),
    "desk_begun": ("SELECT 'desk' FROM fresh", "inbox_presence", (("", "INSERT", INSERTED),)),
    "files": (
        "SELECT 'file:' || id FROM fresh JOIN before USING (id) WHERE fresh.state <> before.state",
        "delivery_storedfile",
        (("", "UPDATE", UPDATED),),
    ),
    "doubts": (
        "SELECT 'delivery:' || delivery_id FROM fresh UNION SELECT 'doubts' FROM fresh",
        "delivery_doubt",
        (("_new", "INSERT", INSERTED), ("_changed", "UPDATE", INSERTED)),
    ),
    "card_notes": (
        "SELECT 'patient:' || patient_id FROM fresh",
        "patients_cardnote",
        (("_new", "INSERT", INSERTED), ("_changed", "UPDATE", INSERTED)),
    ),
}

# name -> (the words of a row, table, triggers: (name's end, when, condition))
ROW_TELLERS: dict[str, tuple[str, str, tuple[tuple[str, str, str], ...]]] = {
    "looking": (
        "'looking:' || coalesce(NEW.conversation_id, OLD.conversation_id)",
        "inbox_looking",
        (
            ("_came", "INSERT", ""),
            ("_went", "DELETE", ""),
            ("_wrote", "UPDATE OF wrote_at", "WHEN (NEW.wrote_at IS DISTINCT FROM OLD.wrote_at)"),
        ),
    ),
    "messages": (
        "coalesce('patient:' || NEW.patient_id, 'delivery:' || NEW.id)",
        "delivery_delivery",
        (
            ("_edited", "UPDATE OF edited_text", "WHEN (NEW.edited_text <> OLD.edited_text)"),
            (
                "_taken_back",
                "UPDATE OF state",
                "WHEN (NEW.state = 'cancelled' AND OLD.state <> 'cancelled' AND NEW.origin = 'staff')",
            ),
        ),
    ),
}


def told(name: str, words: str, table: str, triggers: tuple[tuple[str, str, str], ...]) -> migrations.RunSQL:
    function = f"priyom_tell_{name}"
    made = [
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN\n"
        f"PERFORM priyom_tell((SELECT string_agg(word, ' ' ORDER BY word) FROM (\n{words}\n) AS said (word)));\n"
        "RETURN NULL; END $$;"
    ]
    made += [
        f"CREATE TRIGGER {function}{end} AFTER {when} ON {table} {over} EXECUTE FUNCTION {function}();"
        for end, when, over in triggers
    ]
    return migrations.RunSQL("\n".join(made), undone(function, table, triggers))


def told_of_a_row(name: str, words: str, table: str, triggers: tuple[tuple[str, str, str], ...]) -> migrations.RunSQL:
    function = f"priyom_tell_{name}"
    made = [
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN\n"
        f"PERFORM priyom_tell({words});\nRETURN NULL; END $$;"
    ]
    made += [
        f"CREATE TRIGGER {function}{end} AFTER {when} ON {table} FOR EACH ROW {only} EXECUTE FUNCTION {function}();"
        for end, when, only in triggers
    ]
    return migrations.RunSQL("\n".join(made), undone(function, table, triggers))


def undone(function: str, table: str, triggers: tuple[tuple[str, str, str], ...]) -> str:
    return (
        "\n".join(f"DROP TRIGGER {function}{end} ON {table};" for end, _, _ in triggers)
        + f"DROP FUNCTION {function}();"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("workers", "0005_wake_calls"),
        ("journal", "0003_news"),
        ("inbox", "0006_calls_and_turns"),
        ("patients", "0003_notes_tags_merges"),
    ]

    operations = [
        *(
            migrations.RunSQL(
                f"DROP TRIGGER {name} ON {table};",
                f"CREATE TRIGGER {name} AFTER {when} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION priyom_wake('fact');",
            )
            for table, (name, when) in OLD.items()
        ),
        *(told(name, *teller) for name, teller in TELLERS.items()),
        *(told_of_a_row(name, *teller) for name, teller in ROW_TELLERS.items()),
    ]
