"""Pictures of a screen are told by their name, their folder or their metadata, and never taken for photos."""

import io

import numpy as np
import piexif
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gpend.core import screenshot
from gpend.settings import Screenshots, TriageSettings
from tests.photos import synthetic
from tests.photos_jpeg import Maker, phone_photo

LEAVE = TriageSettings()


def png(**texts: str) -> bytes:
    told = PngInfo()
    for keyword, text in texts.items():
        told.add_text(keyword, text)
    output = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(output, "PNG", pnginfo=told)
    return output.getvalue()


def jpeg(comment: bytes) -> bytes:
    output = io.BytesIO()
    exif = piexif.dump({"Exif": {piexif.ExifIFD.UserComment: comment}})
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(output, "JPEG", exif=exif)
    return output.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "Screenshot_20240229-123456.png",  # Android
        "Screenshot_20240229-123456_Chrome.jpg",  # Samsung
        "Screenshot_2024-02-29-12-34-56-789_com.tencent.mm.jpg",  # Xiaomi
        "Screenshot 2024-02-29 at 12.34.56.png",  # macOS
        "Screen Shot 2015-02-28 at 12.34.56.png",
        "Screenshot from 2024-02-29 12-34-56.png",  # GNOME
        "Screenshot (12).png",  # Windows
        "screenshot.png",
        "Bildschirmfoto 2024-02-29 um 12.34.56.png",
        "Capture d\u2019écran 2024-02-29 à 12.34.56.png",
        "截屏2024-02-29 12.34.56.png",
        "屏幕截图 2024-02-29.png",
        "mmscreenshot1709181296.jpg",  # WeChat
        "スクリーンショット 2024-02-29.png",
    ],
)
def test_a_screenshot_is_told_by_its_name(name: str) -> None:
    assert screenshot.left(name, "2024", png(), LEAVE).startswith("a screenshot, by its name")


@pytest.mark.parametrize(
    "name",
    ["IMG_1234.png", "screenshotting.jpg", "my screenshot of anna.png", "Screens.png", "wx_camera_1709181296.jpg"],
)
def test_other_names_are_those_of_photos(name: str) -> None:
    assert screenshot.left(name, "2024", png(), LEAVE) == ""


@pytest.mark.parametrize("folder", ["Screenshots", "screenshot", "截图"])
def test_a_folder_of_screenshots_holds_such(folder: str) -> None:
    assert "by its folder" in screenshot.left("IMG_1.png", folder, png(), LEAVE)


@pytest.mark.parametrize(
    "photo",
    [
        png(Software="gnome-screenshot"),
        png(Comment="Screenshot"),
        jpeg(b"ASCII\0\0\0Screenshot"),  # as iOS and macOS write it
    ],
)
def test_metadata_call_a_screenshot_by_its_name(photo: bytes) -> None:
    assert "by its metadata" in screenshot.left("IMG_1234.PNG", "2024", photo, LEAVE)


def test_what_a_camera_took_is_a_photo_whatever_it_is_called() -> None:
    photo = phone_photo(Maker.CANON, synthetic(40, 40)).photo
    assert screenshot.left("Screenshot_1.jpg", "Screenshots", photo, LEAVE) == ""


def test_a_person_may_want_them_restored() -> None:
    wanted = TriageSettings(screenshots=Screenshots.RESTORE)
    assert screenshot.left("Screenshot_1.png", "Screenshots", png(), wanted) == ""


@pytest.mark.parametrize(
    "photo", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"RIFF\0\0\0\0WEBP", bytes(99)]
)
def test_damaged_pictures_say_nothing(photo: bytes) -> None:
    assert screenshot.left("a.png", "", photo, LEAVE) == ""


def test_a_picture_that_lacks_the_mark_of_its_end_is_told_all_the_same() -> None:
    assert screenshot.left("a.png", "2024", png(Software="gnome-screenshot")[:-12], LEAVE)
