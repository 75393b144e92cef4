"""Files are written together or not at all, and what an earlier run left behind is taken away."""

from __future__ import annotations

import pytest

from consumer.render.place import Place
from consumer.render.shapes import SHAPES
from vault_aws_kit.errors import BlockEdited, OutputExists

FILES = {"providers.tf": "a = 1\n", "versions.tf": "b = 1\n"}


@pytest.fixture
def folder(tmp_path):
    return Place.of(SHAPES["split"], tmp_path / "infra")


@pytest.fixture
def file(tmp_path):
    return Place.of(SHAPES["hcl"], tmp_path / "provider.tf")


def write(place, **texts):
    return place.write({f"{name}.tf": text for name, text in texts.items()})


def test_a_folder_is_made_and_each_file_is_told(folder):
    assert [line.split()[0] for line in folder.write(FILES)] == ["Wrote", "Wrote"]
    assert {path.name for path in folder.out.iterdir()} == set(FILES)
    assert all("unchanged" in line for line in folder.write(FILES))


def test_a_file_that_is_no_longer_rendered_goes_and_what_people_wrote_into_it_stays(folder):
    write(folder, providers="a = 1\n", variables="v = 1\n", vault="w = 1\n")
    mine = folder.out / "vault.tf"
    mine.write_text("# mine\n" + mine.read_text())
    said = write(folder, providers="a = 1\n")
    assert not (folder.out / "variables.tf").exists()
    assert mine.read_text() == "# mine\n"
    assert f"Removed {folder.out / 'variables.tf'}, which held nothing else." in said


def test_files_of_others_with_such_names_are_left_alone(folder):
    folder.out.mkdir()
    (folder.out / "variables.tf").write_text("# mine\n")
    write(folder, providers="a = 1\n")
    assert (folder.out / "variables.tf").read_text() == "# mine\n"
    assert folder.differences({"providers.tf": "a = 1\n"}) == []


def test_nothing_is_written_where_one_file_was_edited(folder):
    folder.write(FILES)
    edited = folder.out / "versions.tf"
    edited.write_text(edited.read_text().replace("b = 1", "b = 2"))
    with pytest.raises(BlockEdited, match=r"versions\.tf: "):
        folder.write({"providers.tf": "a = 9\n", "versions.tf": "b = 9\n"})
    assert "a = 1" in (folder.out / "providers.tf").read_text()


def test_an_edited_file_that_is_no_longer_rendered_stops_it_too(folder):
    folder.write(FILES)
    edited = folder.out / "versions.tf"
    edited.write_text(edited.read_text().replace("b = 1", "b = 2"))
    with pytest.raises(BlockEdited):
        folder.write({"providers.tf": "a = 1\n"})
    assert "b = 2" in edited.read_text()


def test_a_difference_names_the_file_and_both_lines(file):
    file.write({"provider.tf": "a = 1\n"})
    (diff,) = file.differences({"provider.tf": "a = 2\n"})
    assert "-a = 1\n" in diff
    assert "+a = 2\n" in diff
    assert diff.startswith(f"--- {file.out}")


def test_a_file_that_is_not_there_or_not_ours_differs(file):
    assert "+a = 1\n" in file.differences({"provider.tf": "a = 1\n"})[0]
    file.out.write_text("# mine")
    assert "-# mine\n" in file.differences({"provider.tf": "a = 1\n"})[0]


def test_a_file_that_was_redirected_into_place_is_up_to_date_if_equal(file):
    file.out.write_text("a = 1\n")
    assert file.differences({"provider.tf": "a = 1\n"}) == []


def test_a_file_that_is_no_text_is_never_replaced(file):
    file.out.write_bytes(b"\xff\xfe")
    with pytest.raises(OutputExists):
        file.write({"provider.tf": "a"}, force=True)


def test_what_people_wrote_around_counts_for_the_folder(file):
    file.write({"provider.tf": "a = 1\n"})
    file.out.write_text(file.out.read_text() + "# mine\n")
    assert file.around() == {"provider.tf": "# mine\n"}
    file.out.write_text("# no marks\n")
    assert file.around() == {"provider.tf": ""}
