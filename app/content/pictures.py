"""Pictures as they are put into a library: measured, upright, and without what the camera wrote beside them. Pure."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from app.errors import Invalid
from app.i18n import N_

MOST_PIXELS: Final = 50_000_000
KINDS: Final = frozenset({"JPEG", "PNG"})
BROKEN: Final = N_("图片“%(name)s”打不开，可能没有传完整。请换一张。")
TOO_BIG: Final = N_("图片“%(name)s”太大，最多五千万像素。请缩小后再传。")
_HARMLESS: Final = frozenset(
    {
        *("dpi", "icc_profile", "jfif", "jfif_version", "jfif_unit", "jfif_density", "adobe", "adobe_transform"),
        *("progressive", "progression", "gamma", "transparency", "interlace", "aspect", "srgb", "chromaticity"),
    }
)


@dataclass(frozen=True)
class Picture:
    """The bytes to keep and how large the picture is."""

    content: bytes
    width: int
    height: int


def prepared(content: bytes, name: str) -> Picture:
    """Return a picture ready to be kept; one that tells nothing but its pixels stays byte for byte."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content)) as image:
                return _prepared(image, content, name)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid(TOO_BIG, name=name) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise Invalid(BROKEN, name=name) from error


def _prepared(image: Image.Image, content: bytes, name: str) -> Picture:
    if image.format not in KINDS:
        raise Invalid(BROKEN, name=name)
    if image.width * image.height > MOST_PIXELS:
        raise Invalid(TOO_BIG, name=name)
    image.load()
    if not _tells_more(image):
        return Picture(content, image.width, image.height)
    upright = ImageOps.exif_transpose(image)
    out = BytesIO()
    clean = _pixels_of(upright)
    profile = image.info.get("icc_profile")
    if image.format == "JPEG":
        clean.save(out, "JPEG", quality=92, icc_profile=profile, optimize=True)
    else:
        clean.save(out, "PNG", icc_profile=profile, optimize=True)
    return Picture(out.getvalue(), clean.width, clean.height)


def _tells_more(image: Image.Image) -> bool:
    """Say whether the file holds anything beside the picture; what is not known to be harmless counts."""
    told = set(image.info) - _HARMLESS
    return bool(told) or bool(image.getexif())


def _pixels_of(image: Image.Image) -> Image.Image:
    """Return a picture with the same pixels and nothing else."""
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    if image.mode == "P":
        clean.putpalette(image.getpalette() or [])
    return clean
