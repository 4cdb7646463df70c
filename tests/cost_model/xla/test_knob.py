import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_model.tile import Tile
from cost_model.xla.knob import with_library, with_tile
from cost_model.xla.wire import Message, bytes_field, delimited, fields, varint_field


def _options(ynn: bytes = b"\x04\x05") -> bytes:
    debug = varint_field(60, 1) + varint_field(308, 256) + bytes_field(422, ynn)
    return bytes_field(3, varint_field(4, 1) + bytes_field(3, debug)) + varint_field(5, 7)


def _debug(options: bytes) -> Message:
    return Message(options).message(3).message(3)


def test_a_tile_turns_libraries_off_and_keeps_the_rest() -> None:
    edited = with_tile(_options(), Tile(8, 4, 2))
    debug = _debug(edited)
    assert debug.number(60) == 0
    assert debug.number(308) == 256
    assert debug.numbers(422) == ()
    extra = {entry.text(1): entry.text(2) for entry in debug.messages(500)}
    assert extra == {
        "xla_force_enable_experimental_llvm_ir_gemm": "true",
        "xla_llvm_ir_gemm_tile_size": "8:4:2*vectwidth",
    }
    assert Message(edited).message(3).number(4) == 1
    assert Message(edited).number(5) == 7


def test_each_library_on_one_thread() -> None:
    assert _debug(with_library(_options(), "ynn")).numbers(422) == (4, 5)
    assert _debug(with_library(_options(), "eigen")).numbers(422) == ()
    for library in ("ynn", "eigen"):
        debug = _debug(with_library(_options(), library))
        assert debug.number(60) == 0
        assert debug.messages(500) == []


def test_options_without_debug_options_get_some() -> None:
    assert _debug(with_tile(b"", Tile(1, 1, 1))).messages(500)


@given(st.integers(1, 2**20), st.integers(0, 2**63 - 1), st.binary(max_size=300))
def test_fields_read_as_written(number: int, value: int, content: bytes) -> None:
    message = varint_field(number, value) + bytes_field(number + 1, content)
    assert [(n, v) for n, v, _ in fields(message)] == [(number, value), (number + 1, content)]
    assert b"".join(raw for _, _, raw in fields(message)) == message


def test_negative_and_packed_numbers() -> None:
    message = Message(varint_field(1, 2**64 - 5) + bytes_field(2, b"\x01\x02\x03"))
    assert message.number(1) == -5
    assert message.numbers(2) == (1, 2, 3)


def test_a_delimited_message_is_split_off() -> None:
    assert delimited(b"\x03abcdef") == (b"abc", b"def")


@pytest.mark.parametrize("content", [b"\xff", b"\x0a\x05ab", b"\x0b", b"\x09\x01"])
def test_malformed_messages_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"truncated|wire type"):
        list(fields(content))
