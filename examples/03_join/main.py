"""A join with a dynamic reference: each order names its customer, and may name another one later.

    python examples/03_join/main.py

prints

    o1 is for Ann in Rome, o2 is for nobody known
    bob turns up: o2 is for Bob in Oslo
    o1 goes to bob: o1 is for Bob in Oslo
    ann moves: nobody cares any more
    why: letters['o1'] is 'for Bob in Oslo': made by the transform
      read customers['bob']
      orders['o1'] is 'bob': written from outside
"""

from dataclasses import dataclass

import krt


@dataclass(frozen=True, slots=True)
class Customer:
    """Who gets a letter, and where."""

    name: str
    city: str


def main() -> None:
    graph = krt.Graph(on_failure="raise")
    customers = graph.source("customers", {"ann": Customer("Ann", "Rome")})
    orders = graph.source("orders", {"o1": "ann", "o2": "bob"})

    # What a run reads is what wakes it, until the next run reads something else.
    def letter(ctx: krt.Context, customer_id: str) -> str:
        customer = ctx.get(customers, customer_id)
        return f"for {customer.name} in {customer.city}" if customer else "for nobody known"

    letters = orders.map(letter, name="letters")
    print(", ".join(f"{order} is {text}" for order, text in letters.items()))

    heard: list[str] = []
    letters.subscribe(lambda delta: heard.extend(f"{order} is {new}" for order, (_, new) in delta), replay=False)

    def tell(what: str) -> None:
        print(f"{what}: {', '.join(heard) or 'nobody cares any more'}")
        heard.clear()

    customers.set("bob", Customer("Bob", "Oslo"))
    tell("bob turns up")
    orders.set("o1", "bob")
    tell("o1 goes to bob")
    customers.set("ann", Customer("Ann", "Pisa"))
    tell("ann moves")
    print("why:", krt.explain(letters, "o1"))


if __name__ == "__main__":
    main()
