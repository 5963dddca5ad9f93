"""ObjectIndex against an oracle that looks at all files anew after each step."""

from hypothesis import given
from hypothesis import strategies as st

from xds_server.model.objects import Service, ServicePort
from xds_server.providers.files.object_index import ObjectIndex
from xds_server.providers.files.parse import ObjectId, Parsed, broken
from xds_server.providers.kinds import KINDS, Value

PATHS = st.sampled_from(["1.yaml", "2.yaml", "3.yaml"])
NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.one_of(
    st.none(), st.builds(lambda port: Service(key="n", ports=(ServicePort(name="", port=port),)), st.integers(1, 3))
)
INTACT = st.dictionaries(st.tuples(st.just("services"), NAMES), VALUES).map(lambda objects: Parsed(objects=objects))
CONTENTS = st.one_of(INTACT, PATHS.map(lambda path: broken(path, "does not parse")))
STEPS = st.lists(st.tuples(st.dictionaries(PATHS, CONTENTS, max_size=3), st.sets(PATHS, max_size=2)), max_size=8)


def winners(files: dict[str, Parsed]) -> dict[ObjectId, tuple[str, Value | None]]:
    """Of every object the first file by path that holds it, and what that says."""
    found: dict[ObjectId, tuple[str, Value | None]] = {}
    for path in sorted(files):
        for identity, value in files[path].objects.items():
            found.setdefault(identity, (path, value))
    return found


@given(STEPS)
def test_claims_are_what_the_files_say(steps: list[tuple[dict[str, Parsed], set[str]]]) -> None:
    """After any steps the winners are the oracle's, what changed was among the touched, and losers are told."""
    claims, files = ObjectIndex(KINDS), dict[str, Parsed]()
    for parsed, gone in steps:
        before = winners(files)
        touched = claims.update(parsed, gone)
        for path in gone:
            files.pop(path, None)
        for path, contents in parsed.items():
            if contents.intact or path not in files:
                files[path] = contents
        after = winners(files)

        assert set(claims.of_kind("services")) == set(after)
        assert {identity: claims.value(identity) for identity in after} == {i: value for i, (_, value) in after.items()}
        changed = {i for i in before.keys() | after.keys() if before.get(i) != after.get(i)}
        assert changed <= touched
        for path, contents in files.items():
            lost = {identity[1] for identity in contents.objects if after[identity][0] != path}
            assert {
                p.object.removeprefix("Service ") for p in claims.problems(path) if "comes first" in p.message
            } == lost
