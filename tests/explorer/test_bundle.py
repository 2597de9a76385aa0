"""The figures' sources joined into one file each."""

import gzip
import re

import pytest

from fma.explorer import bundle


@pytest.mark.parametrize("figure", bundle.FIGURES)
def test_module_is_one_file_with_one_export(figure):
    text = bundle.module(figure)
    assert re.findall(r"^(?:import|export)\b.*", text, re.MULTILINE) == [
        "export default { render };"
    ]


@pytest.mark.parametrize("figure", bundle.FIGURES)
def test_script_is_no_module_and_ends_no_element_early(figure):
    text = bundle.script(figure)
    assert re.findall(r"^(?:import|export)\b.*", text, re.MULTILINE) == []
    assert "</script" not in text


@pytest.mark.parametrize("figure", bundle.FIGURES)
def test_both_carry_the_same_component(figure):
    component = bundle.module(figure).removesuffix("export default { render };\n")
    assert set(component.splitlines()) <= set(bundle.script(figure).splitlines())


def test_the_lens_and_the_throw_carry_no_atlas():
    assert "atlasNumbers" in bundle.script("explorer")
    assert "atlasNumbers" not in bundle.script("lens") + bundle.script("throw")


def test_all_that_is_interactive_is_light():
    sizes = [
        len(gzip.compress(text.encode()))
        for figure in bundle.FIGURES
        for text in (bundle.script(figure), bundle.style(figure))
    ]
    assert sum(sizes) < 350_000


@pytest.mark.parametrize(
    ("name", "text"),
    [("twice.js", "const one = 1;\nconst one = 2;\n"), ("left.js", 'import x from "./y.mjs";\n')],
)
def test_what_cannot_be_joined_is_refused(tmp_path, monkeypatch, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(bundle, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="cannot be joined"):
        bundle._join(name)
