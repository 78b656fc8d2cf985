"""JSON: the same values in the same spelling, and nothing that two readers read differently."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.model import CannotSanitize, Threat
from sanitizers.verify.textfile import verify_json
from tests.unit.sanitizers.textfile.text_job import details, rebuilt


@pytest.mark.parametrize(
    "text",
    [
        '{"市": [1, 2.50, -0.0, 1E5, 12345678901234567890123, true, false, null]}',
        "[]",
        "{}",
        '"x"',
        "1",
        '{"b":1,"a":2}',
        '{\n  "a": [1,\n 2]\n}\n',
        '{"a":"\\u0041\\n\\t\\"\\\\"}',
        "[1e999]",
        '{"a":1}\n{"a":2}\n',
        '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}',
        '["\\ud83d\\ude00"]',
    ],
)
def test_plain_json_stays_as_it_is(text: str) -> None:
    result = rebuilt(text, "a.json")
    assert (result.data.decode(), result.type, result.findings) == (text, "application/json", ())


@pytest.mark.parametrize(
    ("text", "clean", "said"),
    [
        ('{"a": 1, "b": 2, "a": 3}', '{"b": 2, "a": 3}', "1 members whose name comes again"),
        ('{"a":1,"a":2,"a":3}', '{"a":3}', "2 members"),
        ('{"a":{"x":1,"x":2},"b":1,"\\u0061":2}', '{"b":1,"\\u0061":2}', "2 members"),
        ("[NaN, -Infinity]", "[null, null]", "2 values that JSON does not have"),
        ('{"a":"x\\u202ey"}', '{"a":"xy"}', "bidirectional control characters behind escapes"),
        ('{"a\\u200b":1}', '{"a":1}', "zero-width characters behind escapes"),
        ('["\\ud800"]', '["\ufffd"]', "code points that are no characters behind escapes"),
        ('["x\u202ey"]', '["xy"]', "bidirectional"),
    ],
)
def test_what_deceives_goes(text: str, clean: str, said: str) -> None:
    result = rebuilt(text, "a.json")
    assert result.data.decode() == clean
    assert said in details(result)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1,]",
        '{"a":1,}',
        "{'a':1}",
        "[01]",
        "[1 2]",
        '{"a" 1}',
        "// x\n{}",
        '["\n"]',
        "[1]]",
        "{} {}",
        "tru",
        "[.5]",
        "x",
        '{"a":1}\n{\n"a":2}',
        "[1}",
        '{"a":}',
        '["\\x"]',
        "[true1]",
        "",
    ],
)
def test_what_is_not_json_goes_on_as_text(text: str) -> None:
    result = rebuilt(text, "a.json")
    assert (result.type, result.data.decode()) == ("text/plain", text)


def test_too_deep_is_refused() -> None:
    rebuilt("[" * 512 + "]" * 512, "a.json")
    with pytest.raises(CannotSanitize) as refusal:
        rebuilt("[" * 513 + "]" * 513, "a.json")
    assert refusal.value.threat is Threat.LIMIT_EXCEEDED


def test_the_second_reading_refuses_what_is_not_json() -> None:
    for text in ("[1,]", "{} {}", "[NaN]", '["\u202e"]', '{"a":1}\n[1,'):
        with pytest.raises(CannotSanitize):
            verify_json(text.encode())


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet='aあ\\"/\n\u2028'),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet="abあ\\", max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON, st.booleans(), st.sampled_from([None, 1, 4]))
def test_any_json_says_the_same(value: object, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent).replace("\u2028", "x")
    assert json.loads(rebuilt(text, "a.json").data) == json.loads(text)
