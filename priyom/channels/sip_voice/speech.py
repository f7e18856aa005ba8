"""Words become sound: the clinic's recordings where a whole sentence is recorded, else the voice of `espeak-ng`.

A recording is a WAV file named by the words it holds, in lower case, all else a low line: `вы_записаны_на_прием.wav`,
`четверг.wav`, `двадцать_шестое.wav`. It stands in the folder of its language (`ru`, `kk`). A sentence is glued of the
longest recordings that cover it; one that they do not cover is spoken by the voice as a whole, for half a human is
worse than none. Nothing here needs a sound card.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from array import array
from collections import OrderedDict
from pathlib import Path

from priyom.channels.sip_voice.audio import RATE, BadSound, read_wav, tone
from priyom.channels.sip_voice.numerals import spoken
from priyom.channels.sip_voice.words import Sentence

VOICES = {"ru": "ru", "kk": "kk"}
PROGRAM = "espeak-ng"
SIGNAL_SECONDS = 0.1
_SPEED = "140"
_PATIENCE = 20.0
_MOST_KEPT = 512
_PAUSE = array("h", [0] * (RATE // 5))
_LONGEST_PHRASE = 12


class Mute(Exception):
    """Nothing here can say this; the words are for people, Russian."""


def slug(text: str) -> str:
    """The name of a recording of these words."""
    return re.sub(r"[^\w]+", "_", text.lower().replace("ё", "е")).strip("_")


class Voice:
    """One account's voice. `folder` holds recordings ('' for none); `program` says whether espeak-ng may speak;
    `signal` makes a short tone of every sentence (for the sandbox)."""

    def __init__(self, folder: str, *, program: bool, signal: bool = False) -> None:
        self._folder = Path(folder) if folder else None
        self._program = shutil.which(PROGRAM) if program else None
        self._signal = signal
        self._made: OrderedDict[Sentence, array[int]] = OrderedDict()
        self._prompts: dict[str, dict[str, Path]] | None = None
        self._one_at_a_time = asyncio.Semaphore(2)

    def trouble(self) -> str:
        """Why this voice cannot speak at all, for people, Russian; '' when it can."""
        if self._folder is not None and not self._folder.is_dir():
            return f"папки с записями нет: {self._folder}"
        if self._signal or self._program or self.recorded():
            return ""
        return f"нечем говорить: не найдена программа {PROGRAM} (пакет {PROGRAM}), и записей фраз нет"

    def about(self) -> str:
        """What this voice speaks with, in a few words, Russian."""
        if self._signal:
            return "учебный режим: вместо речи сигнал"
        parts = [
            f"записей: {self.recorded()}" if self._folder else "",
            PROGRAM if self._program else "без синтеза речи",
        ]
        return ", ".join(part for part in parts if part)

    def recorded(self) -> int:
        """How many recordings there are."""
        return sum(len(found) for found in self._library().values())

    async def samples(self, sentences: tuple[Sentence, ...]) -> array[int]:
        """The sentences one after another, with short pauses. Raises Mute."""
        whole = array("h")
        for sentence in sentences:
            if sentence not in self._made:
                self._made[sentence] = await self._make(sentence)
            self._made.move_to_end(sentence)
            whole += self._made[sentence] + (array("h") if self._signal else _PAUSE)
        while len(self._made) > _MOST_KEPT:
            self._made.popitem(last=False)
        return whole

    async def _make(self, sentence: Sentence) -> array[int]:
        if self._signal:
            return tone(SIGNAL_SECONDS)
        text = spoken(sentence.text, sentence.language)
        paths = cover(slug(text).split("_"), self._library().get(sentence.language, {}))
        if paths:
            return await asyncio.to_thread(_glue, paths)
        if self._program is None:
            raise Mute(f"фраза не записана, а программы {PROGRAM} нет: «{text[:80]}»")
        async with self._one_at_a_time:
            return await _synthesise(self._program, text, VOICES[sentence.language])

    def _library(self) -> dict[str, dict[str, Path]]:
        if self._prompts is None:
            folder = self._folder
            self._prompts = {} if folder is None else {
                code: {slug(path.stem): path for path in sorted((folder / code).glob("*.wav"))} for code in VOICES
            }  # fmt: skip
        return self._prompts


def cover(words: list[str], library: dict[str, Path]) -> list[Path]:
    """The recordings that together say these words, the longest first; [] when some word is in none."""
    found, at = [], 0
    while at < len(words) and library:
        for length in range(min(_LONGEST_PHRASE, len(words) - at), 0, -1):
            path = library.get("_".join(words[at : at + length]))
            if path is not None:
                found.append(path)
                at += length
                break
        else:
            return []
    return found if at == len(words) else []


def _glue(paths: list[Path]) -> array[int]:
    whole = array("h")
    for path in paths:
        try:
            whole += read_wav(path.read_bytes())
        except (OSError, BadSound) as error:
            raise Mute(f"запись {path.name}: {error}") from None
    return whole


async def _synthesise(program: str, text: str, voice: str) -> array[int]:
    process = await asyncio.create_subprocess_exec(
        program, "-v", voice, "-s", _SPEED, "-b", "1", "--stdin", "--stdout",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        sound, _ = await asyncio.wait_for(process.communicate(text.encode("utf-8", "replace")), _PATIENCE)
    except TimeoutError:
        raise Mute(f"программа {PROGRAM} не отвечает") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        return await asyncio.to_thread(read_wav, sound)
    except BadSound as error:
        raise Mute(f"программа {PROGRAM}: {error}") from None
