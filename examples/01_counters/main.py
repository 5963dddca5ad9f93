"""Counters: how often each word was said, kept up to date at the cost of what changed.

    python examples/01_counters/main.py

prints

    ann says hello world, bob says hello:
        hello: nothing -> 2
        world: nothing -> 1
    bob says hello bob instead:
        bob: nothing -> 1
    ann leaves:
        hello: 2 -> 1
        world: 1 -> nothing
    computed anew for that: ann's sentence, and the counts of its two words
"""

import krt
from krt.testing import RecomputeLog


def show(delta: krt.Delta[str, int]) -> None:
    for word, (old, new) in sorted(delta):
        print(f"    {word}: {old or 'nothing'} -> {new or 'nothing'}")


def main() -> None:
    graph = krt.Graph(on_failure="raise")
    sentences = graph.source("sentences", {"ann": "hello world", "bob": "hello"})

    # One entry per person and place of a word; an index groups them by word; a map counts each group.
    said = sentences.flat_map(
        lambda ctx, sentence: {(ctx.key, place): word for place, word in enumerate(sentence.split())}, name="said"
    )
    by_word = said.index(lambda word: [word], name="word").group(name="by_word")
    counts = by_word.map(lambda _, entries: len(entries), name="counts")

    print("ann says hello world, bob says hello:")
    counts.subscribe(show)
    print("bob says hello bob instead:")
    sentences.set("bob", "hello bob")

    log = RecomputeLog(graph)
    print("ann leaves:")
    sentences.delete("ann")
    log.expect("said['ann']", "by_word['hello']", "by_word['world']", "counts['hello']", "counts['world']")
    print("computed anew for that: ann's sentence, and the counts of its two words")


if __name__ == "__main__":
    main()
