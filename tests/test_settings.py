"""Files that people edit: whatever is in them, they are read or a line names each fault."""

import functools
import re

import hypothesis
import pytest
from hypothesis import strategies as st

from helpers import paths, profiles
from helpers.report import DocumentError, title

SOURCES = {"quick.yml": paths.PROFILES / "quick.yml", "report.yml": paths.ROOT / "report.yml"}
GOOD = {name: path.read_text(encoding="utf-8") for name, path in SOURCES.items()}
EPOCHS = re.search(r"epochs: \d+", GOOD["quick.yml"])[0]
FAILURES = {"quick.yml": profiles.ProfileError, "report.yml": DocumentError}
BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An empty folder where profiles are looked for."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("settings")
        patch.setattr(paths, "PROFILES", folder)
        patch.setattr(profiles, "profile_model", functools.cache(profiles.profile_model))
        yield folder


def line_of(text, name="quick.yml"):
    """Return the number of the first line of a file that holds a text."""
    return GOOD[name][: GOOD[name].index(text)].count("\n") + 1


def read(path, content):
    """Return what a file named as `path` is read as if it holds `content`."""
    path.write_bytes(content)
    return (
        profiles.load_profile("quick") if path.name == "quick.yml" else title.read_title(path, "en")
    )


def changed(name, old, new):
    """Return the good file `name` with one place changed, as bytes."""
    assert GOOD[name].count(old) >= 1
    return GOOD[name].replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("batch: 4", "batch: 0", "line 10: 01_residual_math.batch must be greater .* 1, found 0"),
        (EPOCHS, "epochs: -1", "03_cardiac_vae.epochs must be greater .* to 1, found -1"),
        (
            "drops: [1.0]",
            "drops: [0.5, 2.0]",
            "drops.1 must be less than or equal to 1, found 2.0",
        ),
        ('"digits"', '"mnist"', "data_name must be 'digits' or 'cifar10', found 'mnist'"),
        ("[16, 8]", "[16, 4]", "04_deeplab.output_strides.1 must be 8 or 16, found 4"),
        ("[16, 8]", "[]", "04_deeplab.output_strides must have at least 1 item"),
        ("train_subset: null", "train_subset: -3", "train_subset must be greater .* found -3"),
        ("gamma: 1.0", "gamma: .nan", "03_cardiac_vae.gamma must be a finite number, found nan"),
        ("gamma: 1.0", "gamma: -.inf", "gamma must be a finite number, found -inf"),
        ("gamma: 1.0", "gamma: .inf", "gamma must be a finite number, found inf"),
        (
            "batch: 4",
            "batch: 2026-02-30",
            "line 10: 01_.*batch must be .* integer, found 2026-02-30",
        ),
        ("batch: 4", "batch: !!int x", "line 10: 01_residual_math.batch must be a valid integer"),
        ("00_task: {}", "00_task: [1]", "line 6: 00_task must hold fields, .* found .1."),
        ("batch: 4", "batch: 4\n  batch: 4", "line 11: batch is there twice, first in line 10"),
        ("shared:", "2: 3\nshared:", "line 3: the file holds the key 2, which is no text"),
        ('"digits"', '"digits', "line 22: not YAML, expected <block end>"),
        (
            "[16, 8]",
            "[16, 8",
            f"line {line_of('output_strides')}: not YAML, expected ',' or ']'",
        ),
        ("  seed", "\tseed", "line 4: not YAML, found character '.t' .* indented with spaces"),
        ("batch: 4", "batch: !box 4", "line 10: not YAML, could not determine a constructor"),
        ("batch: 4", "? [batch]\n  : 4", "line 10: not YAML, found unhashable key"),
    ],
)
def test_a_fault_in_a_profile_is_named(folder, old, new, fault):
    with pytest.raises(profiles.ProfileError, match=f"^quick.yml, (line .*: .*)?{fault}.*$"):
        read(folder / "quick.yml", changed("quick.yml", old, new))


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        ("2026-02-30", 'en.date must be text in quotes, date: "…"; found 2026-02-30'),
        ("2026-02-28", 'en.date must be text in quotes, date: "…"; found 2026-02-28'),
        ("2026", 'en.date must be text in quotes, date: "…"; found 2026'),
        (".nan", 'en.date must be text in quotes, date: "…"; found nan'),
        ("[2026]", 'en.date must be text in quotes, date: "…"; found .2026.'),
        ('"2026"\n  city: "Minsk"', "city is there twice, first in line .*: remove one"),
        ('"2026"\n\tnote: 1', "not YAML, found character '.t'"),
    ],
)
def test_a_fault_in_report_yml_is_named(folder, new, fault):
    line = line_of('"2026"', "report.yml")
    with pytest.raises(DocumentError, match=rf"^report\.yml, line ({line}|{line + 1}): {fault}.*$"):
        read(folder / "report.yml", changed("report.yml", '"2026"', new))


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "line 1: the file must hold fields, .* found nothing"),
        (b"# nothing\n", "line 1: the file must hold fields"),
        (b"- 1\n", "line 1: the file must hold fields, .* found .1."),
        (b"seed\n", "line 1: the file must hold fields, .* found 'seed'"),
        ("a: я\n".encode("utf-16"), "line 1: not UTF-8: save it in this encoding"),
        ("a: b\nc: é\n".encode("latin-1"), "line 2: not UTF-8"),
        ("a: b\nc: d\n".encode("utf-16-le"), "line 1: not YAML, special characters"),
        (b"a: b\nc: \0\n", "line 2: not YAML, special characters are not allowed: remove"),
        (BOMB.encode(), "line 2: not YAML, found a reference"),
        (b"a: &a [*a]\n", "line 1: not YAML, found a reference"),
        (b"[\n" * 2_000, "line 1: brackets within brackets"),
        (b"a: 1\n---\na: 1\n", "line 2: not YAML, but found another document"),
    ],
    ids=range(12),
)
def test_what_is_no_settings_file_is_named(folder, name, content, fault):
    with pytest.raises(FAILURES[name], match=f"^{name}, {fault}.*$"):
        read(folder / name, content)


@pytest.mark.parametrize("name", GOOD)
def test_a_folder_in_place_of_the_file_is_named(tmp_path, monkeypatch, name):
    monkeypatch.setattr(paths, "PROFILES", tmp_path)
    (tmp_path / name).mkdir()
    with pytest.raises(FAILURES[name], match=f"^{name}: Is a directory: put a YAML file there$"):
        profiles.load_profile("quick") if name == "quick.yml" else title.read_title(
            tmp_path / name, "en"
        )


@pytest.mark.parametrize("name", GOOD)
def test_a_byte_order_mark_and_windows_lines_do_not_matter(folder, name):
    good = GOOD[name].encode()
    windows = b"\xef\xbb\xbf" + good.replace(b"\n", b"\r\n")
    assert read(folder / name, windows) == read(folder / name, good)


def test_all_faults_are_named_in_their_order(folder):
    text = changed("quick.yml", EPOCHS, "epochs: -1").decode()
    text = text.replace("batch: 4", "bacth: 4").replace("draws: 6", "draws: 6\n  draws: 2026-02-30")
    with pytest.raises(profiles.ProfileError) as error:
        read(folder / "quick.yml", text.encode())
    starts = [
        "quick.yml, line 8: 01_residual_math.batch is missing",
        "quick.yml, line 10: 01_residual_math.bacth is unknown: remove it, or correct its name",
        "quick.yml, line 19: 01_residual_math.draws must be a valid integer, found 2026-02-30",
        "quick.yml, line 19: draws is there twice, first in line 18",
        f"quick.yml, line {line_of(EPOCHS) + 1}: 03_cardiac_vae.epochs must be",
    ]
    lines = str(error.value).splitlines()
    assert len(lines) == len(starts)
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start)


PIECES = st.one_of(
    st.sampled_from(
        ["\t", "\n", '"', "'", "[", "]", "{", "}", ": ", "#", "- ", "*a", "&a ", "!!int "]
    ),
    st.sampled_from(["? ", "| ", "> ", "<<: ", "%", "@", "---\n", "2026-02-30", ".nan", "0x", "~"]),
    st.text(max_size=4),
)


@pytest.mark.parametrize("name", GOOD)
@hypothesis.settings(deadline=None, max_examples=40)
@hypothesis.given(data=st.data())
def test_no_edit_ends_in_anything_but_a_line(folder, name, data):
    """Lines and characters of a good file are deleted, inserted and replaced at random."""
    text = GOOD[name]
    for _ in range(data.draw(st.integers(1, 4))):
        parts = text.splitlines(keepends=True) if data.draw(st.booleans()) else list(text)
        start = data.draw(st.integers(0, len(parts)))
        stop = min(start + data.draw(st.integers(0, 3)), len(parts))
        parts[start:stop] = [data.draw(PIECES)]
        text = "".join(parts)
    try:
        found = read(folder / name, text.encode())
    except FAILURES[name] as error:
        assert all(line.startswith(name) for line in str(error).splitlines())
    else:
        assert isinstance(found, dict)
