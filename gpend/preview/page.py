"""The report as one self-contained HTML file: no script, style or picture from elsewhere."""

import base64
from collections import Counter
from importlib import resources
from pathlib import Path, PurePath

from jinja2 import Environment, select_autoescape
from markupsafe import Markup

from gpend import words
from gpend.core import report
from gpend.core.formats import signatures
from gpend.preview.collect import Collection


def page(collection: Collection, threshold: float, strength: float = 1.0) -> str:
    """The whole HTML of the report; the faces after restoring are shown at `strength`."""
    environment = Environment(
        autoescape=select_autoescape(default=True), trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )
    environment.filters["picture"] = _picture
    environment.filters["address"] = _address
    environment.filters["told"] = lambda verdict: report.WORDS[verdict]
    template = environment.from_string(resources.files("gpend.preview").joinpath("page.html").read_text("utf-8"))
    return template.render(
        collection=collection,
        threshold=threshold,
        strength=strength,
        sharpness=[round(value, 4) for value in collection.sharpness],
        shown=Counter(face.report.verdict.value for face in collection.faces).most_common(),
        style=Markup(resources.files("gpend.web").joinpath("static", "style.css").read_text("utf-8")),  # noqa: S704 - ours
    )


def _shown(value: object) -> object:
    """Names of files, and what is said of them, as text that any file can hold and any browser can show."""
    if isinstance(value, (str, PurePath)) and not isinstance(value, Markup):
        return words.plain(str(value))
    return value


def _address(photo: Path) -> str:
    """Of the photo itself, for who opens the report on the same machine; bytes that are no UTF-8 are escaped."""
    return photo.absolute().as_uri()


def _picture(data: bytes) -> Markup:
    begins = "data:image/png;base64," if data.startswith(signatures.PNG) else "data:image/jpeg;base64,"
    return Markup(begins) + base64.b64encode(data).decode("ascii")  # noqa: S704 - nothing of a stranger's is in it
