"""The poster of a messenger as a PDF for printing: an A4 sheet for the wall, or a tent for the desk (A4, folded once).
Text in Russian and Kazakh at once: whoever stands before it reads one of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import fontpkg_noto_sans
import segno
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from fpdf import FPDF

FONT = next((Path(fontpkg_noto_sans.ROOT) / "files").glob("NotoSans[[]*.ttf"))
INK, ACCENT, QUIET = (20, 30, 32), (11, 110, 110), (96, 108, 110)
A4_WIDE, A4_HIGH = 210.0, 297.0
REMIND = "Напомним о визите и ответим в {channel}"
REMIND_KK = "{channel}: қабылдау туралы еске саламыз, сұрақтарға жауап береміз"
POINT = "Наведите камеру телефона · Камераны бағыттаңыз"
WORDS = REMIND + REMIND_KK + POINT


@dataclass(frozen=True, slots=True)
class Poster:
    """What stands on it. `address` is what the QR opens; `channel` is the messenger's name."""

    clinic: str
    channel: str
    address: str
    bot: str = ""


def wall(poster: Poster) -> bytes:
    """One A4 sheet, upright."""
    with TemporaryDirectory() as folder:
        pdf = _document(poster, Path(folder))
        pdf.add_page()
        _panel(pdf, poster, 0, 0, A4_WIDE, A4_HIGH, 1.0)
        return bytes(pdf.output())


def tent(poster: Poster) -> bytes:
    """An A4 sheet to be folded across the middle: both sides say the same, the upper one stands on its head."""
    half = A4_HIGH / 2
    with TemporaryDirectory() as folder:
        pdf = _document(poster, Path(folder))
        pdf.add_page()
        with pdf.rotation(180, A4_WIDE / 2, half / 2):
            _panel(pdf, poster, 0, 0, A4_WIDE, half, 0.56)
        _panel(pdf, poster, 0, half, A4_WIDE, half, 0.56)
        pdf.set_draw_color(*QUIET)
        pdf.set_line_width(0.2)
        pdf.set_dash_pattern(dash=2, gap=2)
        pdf.line(8, half, A4_WIDE - 8, half)
        return bytes(pdf.output())


def _document(poster: Poster, folder: Path) -> FPDF:
    pdf = FPDF(orientation="P", unit="mm", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.set_title(f"{poster.clinic}: {poster.channel}")
    text = "".join((poster.clinic, poster.channel, poster.address, poster.bot))
    letters = "".join(sorted({*WORDS, *text}))
    for style, weight in (("", 400), ("B", 700)):
        (folder / f"{weight}.ttf").write_bytes(_font(weight, letters))
        pdf.add_font("Noto", style, folder / f"{weight}.ttf")
    return pdf


@lru_cache(maxsize=64)
def _font(weight: int, letters: str) -> bytes:
    """Noto Sans of one weight with these letters only: cut first, for fixing a weight of the whole font takes long."""
    font = TTFont(FONT)
    options = Options()
    options.layout_features = ["kern"]
    options.notdef_outline = True
    subset = Subsetter(options)
    subset.populate(text=letters)
    subset.subset(font)
    fixed = instantiateVariableFont(font, {"wght": weight, "wdth": 100})
    out = BytesIO()
    fixed.save(out)
    return out.getvalue()


def _panel(pdf: FPDF, poster: Poster, left: float, top: float, width: float, height: float, scale: float) -> None:
    """Clinic, words, QR and address, from top to bottom; `scale` 1 is the wall's."""
    middle, y = left + width / 2, top + 22 * scale
    y = _words(pdf, poster.clinic, middle, y, width, 30 * scale, "B", INK)
    y = _words(pdf, REMIND.format(channel=poster.channel), middle, y + 5 * scale, width, 21 * scale, "", INK)
    y = _words(
        pdf, REMIND_KK.format(channel=poster.channel), middle, y + 2 * scale, width,
        15 * scale, "", QUIET,
    )  # fmt: skip
    foot = 44 * scale
    side = min(width - 60 * scale, top + height - foot - y - 10 * scale)
    _qr(pdf, poster.address, middle - side / 2, y + 7 * scale, side)
    y += 7 * scale + side + 5 * scale
    y = _words(pdf, POINT, middle, y, width, 15 * scale, "B", ACCENT)
    _words(pdf, poster.bot or poster.address, middle, y + 1.5 * scale, width, 13 * scale, "", QUIET)


def _words(
    pdf: FPDF, text: str, middle: float, y: float, width: float, points: float, style: str, colour: tuple[int, int, int]
) -> float:
    """Centred lines of `points`, made smaller where one word is too wide; the y below them."""
    room = width - 24
    pdf.set_font("Noto", style, points)
    while max(pdf.get_string_width(word) for word in text.split() or [""]) > room and points > 6:
        points -= 1
        pdf.set_font("Noto", style, points)
    pdf.set_text_color(*colour)
    pdf.set_xy(middle - room / 2, y)
    pdf.multi_cell(room, points * 0.45, text, align="C", new_x="LEFT", new_y="NEXT")
    return pdf.get_y()


def _qr(pdf: FPDF, address: str, left: float, top: float, side: float) -> None:
    """The code as vector squares, error correction M, with the four quiet modules the standard wants."""
    code = segno.make(address, error="m", micro=False)
    rows = [bytes(row) for row in code.matrix_iter(border=4)]
    step = side / len(rows)
    pdf.set_fill_color(0, 0, 0)
    for number, row in enumerate(rows):
        begin = 0
        while begin < len(row):
            if not row[begin]:
                begin += 1
                continue
            end = begin
            while end < len(row) and row[end]:
                end += 1
            pdf.rect(left + begin * step, top + number * step, (end - begin) * step, step * 1.02, style="F")
            begin = end
