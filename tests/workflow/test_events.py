"""``run.jsonl``: lines that a power cut damaged harm no others."""

from pnetlib.workflow.events import NAME, add_event, read_events

DONE = {"step": "01_first", "status": "done", "seconds": 1.5}


def test_events_are_read_as_they_were_added(tmp_path):
    assert read_events(tmp_path) == []
    add_event(tmp_path, DONE)
    add_event(tmp_path, DONE | {"status": "failed"})
    assert read_events(tmp_path) == [DONE, DONE | {"status": "failed"}]


def test_a_line_that_was_cut_off_is_passed_over(tmp_path):
    add_event(tmp_path, DONE)
    with open(tmp_path / NAME, "ab") as file:
        file.write(b'{"step": "02_sec\x00\xff')
    add_event(tmp_path, DONE)
    assert read_events(tmp_path) == [DONE, DONE]
    (tmp_path / NAME).write_text("[]\n3\n{}\n")
    assert read_events(tmp_path) == []


def test_events_that_cannot_be_written_stop_nothing(tmp_path):
    add_event(tmp_path / "absent", DONE)
    (tmp_path / NAME).mkdir()
    add_event(tmp_path, DONE)
    assert read_events(tmp_path) == []
