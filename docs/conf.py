"""Settings of Sphinx for the pages that `pnetlib docs` builds, in the tree that it assembles."""

import json
import re
from pathlib import Path

site = json.loads((Path(__file__).parent / "site.json").read_text("utf-8"))

project = site["title"]
author = "The pnetlib authors"
copyright = "The pnetlib authors. Text and figures: CC BY 4.0. Code: MIT"
if site["others"]:
    copyright = f"the owners of {project}. Made with pnetlib"
version = release = site["version"]
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["files"]
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_fence_as_directive = ["math"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # the notebooks were executed by the run
nb_render_markdown_format = "myst"  # tables and formulas in outputs
nb_code_prompt_show = "Show code"
nb_code_prompt_hide = "Hide code"
autodoc_typehints = "none"  # the docstrings name the types
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
add_module_names = False

html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_extra_path = ["extra"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
mathjax_path = "tex-svg.js"  # one file, which loads no other
# Its menu would load more; formulas are as high as the text around them.
mathjax3_config = {"options": {"enableMenu": False}, "svg": {"scale": 0.85}}
html_show_sourcelink = html_copy_source = False
html_show_search_summary = False  # summaries are fetched, which a page without a server cannot do
html_show_sphinx = False
html_context = {"default_mode": "light"}
html_sidebars = {page: [] for page in site["alone"]}  # they have no section to show
html_theme_options = {
    "logo": {"text": project},
    "navbar_end": [],
    "navbar_persistent": ["search-button-field"],
    "header_links_before_dropdown": 8,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
}
notices = {
    "simulated": "This edition was made from <b>simulated data</b>.",
    "trial": "This run was a <b>trial</b> (profile smoke), whose sizes are too small to conclude from.",
}
if told := [text for name, text in notices.items() if site[name]]:
    html_theme_options["announcement"] = " ".join(told)


def escape_marks(app, what, name, obj, options, lines):
    """Escape what is no markup in docstrings: bars of absolute values, names such as ``theta_``."""
    parts = re.split(r"(``.*?``|`[^`]*`)", "\n".join(lines), flags=re.S)
    parts[::2] = [re.sub(r"(\||(?<=\w)_(?!\w))", r"\\\1", part) for part in parts[::2]]
    lines[:] = "".join(parts).split("\n")


def in_japanese(app, pagename, templatename, context, doctree):
    """Name the language of a Japanese page, for browsers and screen readers."""
    if pagename.startswith("ja/"):
        context["language"] = "ja"


def with_one_title(app, pagename, templatename, context, doctree):
    """Leave out what follows the title of another cohort's overview, since it is the same name."""
    if site["others"] and pagename == "index":
        context["docstitle"] = ""


def setup(app):
    """Register what Sphinx has no setting for."""
    app.connect("autodoc-process-docstring", escape_marks)
    app.connect("html-page-context", in_japanese)
    app.connect("html-page-context", with_one_title)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
