"""The explorer's sources joined into one file."""

import re

import pytest

from fma.explorer import bundle


def test_module_is_one_file_with_one_export():
    text = bundle.module()
    assert re.findall(r"^(?:import|export)\b.*", text, re.MULTILINE) == [
        "export default { render };"
    ]


def test_script_is_no_module_and_ends_no_element_early():
    text = bundle.script()
    assert re.findall(r"^(?:import|export)\b.*", text, re.MULTILINE) == []
    assert "</script" not in text


def test_both_carry_the_same_component():
    component = bundle.module().removesuffix("export default { render };\n").rstrip()
    assert component in bundle.script()


@pytest.mark.parametrize(
    ("name", "text"),
    [("twice.js", "const one = 1;\nconst one = 2;\n"), ("left.js", 'import x from "./y.mjs";\n')],
)
def test_what_cannot_be_joined_is_refused(tmp_path, monkeypatch, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(bundle, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="cannot be joined"):
        bundle._join(name)
