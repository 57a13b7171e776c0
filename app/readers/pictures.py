"""The process that makes pictures smaller: `python -m app.readers.pictures MEMORY SECONDS`.

It is told of one picture after the other: a line of JSON with `bytes`, how many follow, and the `watermark`.
It answers with a line that says how large the picture is and how many bytes of each size follow, or why there
are none. All of them are one account's, and it knows nothing of the rest.
"""

import json
import logging
import os
import resource
import sys
import warnings
from contextlib import suppress
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageDraw, ImageFont, UnidentifiedImageError

from app.readers.pixels import MAX_PIXELS

WEB, THUMBNAIL = 2048, 400
"""Pixels of the long side."""
TOO_COSTLY = 3
"""What the process ends with where its memory did not suffice."""
_FORMS = ("JPEG", "PNG", "WEBP")
_QUALITY = {WEB: 85, THUMBNAIL: 80}
_PATIENCE = 5
_ORIENTATION = 0x0112
"""The tag of EXIF that says how the camera was held."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = (5, 6, 7, 8)
_SRGB = ImageCms.createProfile("sRGB")
_WATERMARK_WIDTH, _WATERMARK_HEIGHT = 0.6, 0.25
_WATERMARK_SEEN = 110
"""Of 255: how much of a watermark is seen."""


class Refused(Exception):
    """A picture that is not shown, and why."""


def _main() -> None:
    _bind(int(sys.argv[1]), int(sys.argv[2]))
    warnings.simplefilter("ignore")
    logging.disable()
    # Pictures that are too large are refused by their heads, in words of our own.
    Image.MAX_IMAGE_PIXELS = None
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while line := source.readline():
        order = json.loads(line)
        content = source.read(order["bytes"])
        try:
            told, sizes = made(content, order["watermark"])
        except Refused as refused:
            told, sizes = {"refused": str(refused)}, []
        except MemoryError:
            os._exit(TOO_COSTLY)
        sink.write(json.dumps({**told, "sizes": [len(each) for each in sizes]}).encode() + b"\n")
        for each in sizes:
            sink.write(each)
        sink.flush()


def _bind(memory: int, seconds: int) -> None:
    bounds = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
    }
    for kind, most in bounds.items():
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # Not every system bounds memory; there the limit of time is left.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (bound, bound))
    os.nice(_PATIENCE)


def made(content: bytes, watermark: str | None) -> tuple[dict[str, Any], list[bytes]]:
    """Return how large a picture is, as it is looked at, and its web size and thumbnail as JPEG.

    They stand upright, are of sRGB, and tell nothing else that the original does, such as where it was taken.
    Raises `Refused` and `MemoryError`.
    """
    try:
        with Image.open(BytesIO(content), formats=_FORMS) as image:
            width, height = _measured(image)
            # A JPEG is taken apart at a fraction of its size; twice of what is wanted keeps it sharp.
            image.draft("RGB", (2 * WEB, 2 * WEB))
            turn = image.getexif().get(_ORIENTATION, 1)
            web = _plain(image, turn)
    except (Refused, MemoryError):
        raise
    except UnidentifiedImageError:
        raise Refused("not_a_picture") from None
    except Exception:  # noqa: BLE001 - a damaged file breaks the library wherever it is damaged
        raise Refused("damaged") from None
    if turn in _LYING:
        width, height = height, width
    thumbnail = web.copy()
    thumbnail.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    sizes = [_marked(web, watermark), _marked(thumbnail, watermark)]
    told = {"width": width, "height": height}
    return told, [_written(each, side) for each, side in zip(sizes, (WEB, THUMBNAIL), strict=True)]


def _measured(image: Image.Image) -> tuple[int, int]:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise Refused("too_many_pixels")
    return width, height


def _plain(image: Image.Image, turn: int) -> Image.Image:
    """Return a picture in web size and sRGB, upright, with nothing but its pixels."""
    profile = image.info.get("icc_profile")
    image.load()
    small = _direct(image)
    small.thumbnail((WEB, WEB), Image.Resampling.LANCZOS, reducing_gap=2.0)
    small.info.clear()
    small = _in_srgb(small, profile)
    if small.mode == "RGBA":
        ground = Image.new("RGB", small.size, "white")
        ground.paste(small, mask=small.getchannel("A"))
        small = ground
    turned = small.convert("RGB")
    if turn in _TURNS:
        turned = turned.transpose(_TURNS[turn])
    clean = Image.new("RGB", turned.size)
    clean.paste(turned)
    return clean


def _direct(image: Image.Image) -> Image.Image:
    """Return a picture whose pixels are colours, not places in a palette, of 8 bits each."""
    if image.mode.startswith(("I", "F")):
        return image.convert("I").point(lambda level: level / 256).convert("L").convert("RGB")
    if image.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    return image if image.mode in ("RGB", "RGBA", "CMYK", "L") else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture in sRGB; where its own profile cannot be read it is taken for that."""
    if not profile or image.mode == "RGBA":
        return image
    try:
        found = ImageCms.ImageCmsProfile(BytesIO(profile))
        turned = ImageCms.profileToProfile(image, found, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return turned or image


def _marked(image: Image.Image, watermark: str | None) -> Image.Image:
    """Return a picture with a text across its middle, if there is to be one."""
    if not watermark:
        return image
    width, height = image.size
    font = ImageFont.load_default(100)
    left, top, right, bottom = font.getbbox(watermark)
    most = min(_WATERMARK_WIDTH * width / max(1, right - left), _WATERMARK_HEIGHT * height / (bottom - top))
    font = ImageFont.load_default(max(6, int(100 * most)))
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    ImageDraw.Draw(layer).text(
        (width / 2, height / 2),
        watermark,
        font=font,
        anchor="mm",
        fill=(255, 255, 255, _WATERMARK_SEEN),
        stroke_width=max(1, int(most * 2)),
        stroke_fill=(0, 0, 0, _WATERMARK_SEEN),
    )
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def _written(image: Image.Image, side: int) -> bytes:
    sink = BytesIO()
    image.save(sink, "JPEG", quality=_QUALITY[side], optimize=True, progressive=True)
    return sink.getvalue()


if __name__ == "__main__":
    _main()
