"""Code that must not type-check: each line with an error code in its comment, and no other. tests/unit/krt/test_typing.py reads it."""

import krt

graph = krt.Graph()
numbers: krt.Source[str, int] = graph.source("numbers")
texts: krt.Source[str, str] = graph.source("texts")
by_size = numbers.index(lambda n: [n], name="size")


def reads(ctx: krt.Context, n: int) -> int:
    ctx.get(numbers, 1)  # arg-type,misc
    ctx.lookup(by_size, "text")  # arg-type,misc
    ctx.lookup(numbers, "a")  # call-overload
    ctx.fetch(by_size)  # call-overload
    return ctx.get(numbers, "a")  # return-value


numbers.set(1, 1)  # arg-type
numbers.set("a", "text")  # arg-type
numbers.set("a", None)  # arg-type
numbers.replace({"a": "text"})  # dict-item
numbers["a"] = 1  # index
texts.map(reads, name="wrong input")  # arg-type
numbers.map(lambda n: n, name="no context")  # arg-type,misc
numbers.map(reads)  # call-arg
numbers.map(reads, "positional name")  # call-arg,misc
numbers.flat_map(reads, name="no mapping")  # arg-type
numbers.flat_map(lambda ctx, n: {"a": n}, name="policy", on_conflict="last")  # arg-type
numbers.index(lambda n: n, name="no iterable")  # arg-type,return-value
numbers.index(lambda n: [[n]], name="unhashable")  # type-var
by_size.lookup("text")  # arg-type
derived = numbers.map(reads, name="derived")
derived.set("a", 1)  # attr-defined
derived.synced = "yes"  # assignment
graph.merge(numbers, by_size, name="no collection")  # arg-type,call-overload
graph.merge(numbers, name="combined", combine=str.upper)  # call-overload,arg-type
numbers.subscribe(lambda: None)  # arg-type,misc
krt.Delta("numbers", {}).collection = "other"  # misc
krt.Reflector(derived)  # arg-type
krt.Graph(on_failure="ignore")  # arg-type
