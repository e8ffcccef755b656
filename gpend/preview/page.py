"""The report as one self-contained HTML file: no script, style or picture from elsewhere."""

import base64
from importlib import resources

from jinja2 import Environment, select_autoescape

from gpend.core import pipeline
from gpend.preview.collect import Collection


def page(collection: Collection, threshold: float) -> str:
    """The whole HTML of the report."""
    environment = Environment(autoescape=select_autoescape(default=True), trim_blocks=True, lstrip_blocks=True)
    environment.filters["picture"] = _picture
    environment.filters["told"] = lambda verdict: pipeline.WORDS[verdict]
    template = environment.from_string(resources.files("gpend.preview").joinpath("page.html").read_text("utf-8"))
    return template.render(
        collection=collection,
        threshold=threshold,
        sharpness=[round(value, 4) for value in collection.sharpness],
    )


def _picture(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
