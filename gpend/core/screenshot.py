"""Is a picture one of a screen? A face in it is part of a page or a video call, and no photo that was blurred (pure).

Two things tell: its name, by which every system that takes screenshots calls them, and its metadata, where iOS and
macOS write "Screenshot". A picture that names the camera that took it is a photo, whatever it is called.
"""

import re

from gpend.core.formats.described import described, remarks
from gpend.settings import Screenshots, TriageSettings

_BEGINNINGS = (
    r"screen[ _-]?shots?([\d_ (.-]|$)",  # Android, GNOME, KDE, Windows, and macOS in English
    "mmscreenshot|scrnshot|screencap",  # WeChat, Samsung before 2012, adb
    r"bildschirm(foto|aufnahme)|capture d.écran|captura de (pantalla|ecr[ãa]|tela)|schermata",
    "skärm(avbild|bild)|schermafbeelding|skjermbilde|skærmbillede|näyttökuva|zrzut ekranu",
    "снимок экрана|скриншот|ekran (al|res)|스크린샷|화면 캡처|スクリーンショット",
    "截屏|截图|截圖|屏幕(截图|快照|截屏)|螢幕(截圖|快照|擷取)",
)
_NAMES = re.compile("|".join(_BEGINNINGS), re.IGNORECASE)
_FOLDERS = re.compile(r"screenshots?|截屏|截图|屏幕截图|截圖|螢幕截圖|スクリーンショット|스크린샷", re.IGNORECASE)
_REMARK = re.compile(rb"\bscreen ?shot\b|gnome-screenshot|org\.kde\.spectacle|\bflameshot\b", re.IGNORECASE)


def left(name: str, folder: str, photo: bytes, settings: TriageSettings) -> str:
    """Why a picture is left alone as one of a screen, for a person; "" if it is none, or those are restored too.

    `name` is its base name, `folder` the name of the folder it lies in.
    """
    if settings.screenshots is Screenshots.RESTORE:
        return ""
    told = "its name" if _NAMES.match(name) else "its folder" if _FOLDERS.fullmatch(folder) else ""
    if not told and not _REMARK.search(remarks(photo)):
        return ""
    if described(photo).camera:
        return ""
    return f"a screenshot, by {told or 'its metadata'}; `triage.screenshots: restore` has them restored too"
