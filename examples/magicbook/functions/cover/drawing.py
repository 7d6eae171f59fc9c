"""A title and an author → a picture (PNG, 600 × 800): a night over hills, another for every book, the same for one."""

import hashlib
import math
import random
from io import BytesIO

from font_source_serif_pro import SourceSerifPro, SourceSerifProSemibold
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, MARGIN = 600, 800, 56
PAPER = "#fdf6e3"
# Sky above, sky below, moon, then three hills from far to near.
PALETTES = [
    ("#1b2a52", "#5b6fa8", "#f8e3a1", "#3c5080", "#2a3a66", "#18244a"),
    ("#5a2a4f", "#d97b66", "#ffe2b8", "#9c4a5c", "#6f3153", "#421b3a"),
    ("#0f4c4a", "#6fb8a0", "#fdf3c4", "#2f8076", "#1d625c", "#0b3b3a"),
    ("#7a4a12", "#eebb5e", "#fff4d2", "#b8772a", "#8a531a", "#55300d"),
    ("#2d2a6e", "#a78bd0", "#ffeec2", "#5d51a0", "#433a86", "#26215a"),
    ("#12466b", "#8cc6dc", "#fff1c9", "#3d83a6", "#266589", "#0e3a57"),
]


def draw_cover(slug: str, title: str, author: str) -> bytes:
    """The picture as PNG."""
    chance = random.Random(hashlib.sha256(slug.encode()).digest())
    sky_top, sky_bottom, moon, *hills = chance.choice(PALETTES)
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(picture)
    _draw_sky(draw, sky_top, sky_bottom)
    _draw_stars(draw, chance, moon)
    _draw_moon(picture, chance, moon)
    for depth, colour in enumerate(hills):
        _draw_hill(draw, chance, HEIGHT - 300 + depth * 90, colour)
    _draw_words(draw, title, author)
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw_sky(draw: ImageDraw.ImageDraw, top: str, bottom: str) -> None:
    above, below = (tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in (top, bottom))
    for y in range(HEIGHT):
        share = y / HEIGHT
        draw.line(
            [(0, y), (WIDTH, y)], fill=tuple(round(a + (b - a) * share) for a, b in zip(above, below, strict=True))
        )


def _draw_stars(draw: ImageDraw.ImageDraw, chance: random.Random, colour: str) -> None:
    for _ in range(60):  # below the title, where they are not taken for accents
        x, y, size = chance.uniform(0, WIDTH), chance.uniform(240, 560), chance.choice([1, 1, 1.5, 2.5])
        draw.ellipse([x - size, y - size, x + size, y + size], fill=colour)


def _draw_moon(picture: Image.Image, chance: random.Random, colour: str) -> None:
    """A full moon or a crescent; drawn four times as large and reduced, for a smooth edge."""
    size, scale = chance.randint(120, 170), 4
    mask = Image.new("L", (size * scale, size * scale), 0)
    draw = ImageDraw.Draw(mask)
    draw.ellipse([0, 0, size * scale - 1, size * scale - 1], fill=255)
    if chance.random() < 0.5:
        shift = size * scale * 0.3
        draw.ellipse([shift, -shift * 0.4, shift + size * scale, size * scale - shift * 0.4], fill=0)
    mask = mask.resize((size, size), Image.Resampling.LANCZOS)
    picture.paste(colour, (chance.randint(MARGIN, WIDTH - MARGIN - size), chance.randint(270, 330)), mask)


def _draw_hill(draw: ImageDraw.ImageDraw, chance: random.Random, height: float, colour: str) -> None:
    waves = [(chance.uniform(20, 45), chance.uniform(0.6, 1.6), chance.uniform(0, math.tau)) for _ in range(2)]
    crest = [
        (x, height + sum(size * math.sin(x / WIDTH * math.tau * pace + start) for size, pace, start in waves))
        for x in range(0, WIDTH + 1, 4)
    ]
    draw.polygon([(0, HEIGHT), *crest, (WIDTH, HEIGHT)], fill=colour)


def _draw_words(draw: ImageDraw.ImageDraw, title: str, author: str) -> None:
    """The title on the sky, as large as fits, and the author on the nearest hill."""
    for size in (76, 66, 56, 46, 36, 28):
        font = ImageFont.truetype(SourceSerifProSemibold, size)
        lines = _wrap(draw, title, font)
        if len(lines) <= 4 and all(draw.textlength(line, font=font) <= WIDTH - 2 * MARGIN for line in lines):
            break
    draw.multiline_text(
        (WIDTH / 2, MARGIN),
        "\n".join(lines[:6]),
        font=font,
        fill=PAPER,
        anchor="ma",
        align="center",
        spacing=size * 0.12,
    )
    draw.text(
        (WIDTH / 2, HEIGHT - 48), author[:40], font=ImageFont.truetype(SourceSerifPro, 32), fill=PAPER, anchor="ms"
    )


def _wrap(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and draw.textlength(longer, font=font) <= WIDTH - 2 * MARGIN:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
