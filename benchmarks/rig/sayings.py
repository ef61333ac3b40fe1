"""Two hundred sentences as they are written, and as they are read aloud.

Numbers, dates, money, names, addresses, markdown. Numbers stay digits in what is read aloud: both sides are
brought into one spelling when they are compared.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

VARIANTS = 4
"""Of every pattern, with other numbers and names."""


@dataclass(frozen=True, slots=True)
class Saying:
    """One sentence."""

    written: str
    spoken: str


PATTERNS = (
    (
        "The parcel weighs {n} kg and is {m} cm long.",
        "The parcel weighs {n} kilograms and is {m} centimeters long.",
    ),
    ("She paid ${n} for the ticket.", "She paid {n} dollars for the ticket."),
    ("The lunch was ${n}.50 with the tip.", "The lunch was {n} dollars and 50 cents with the tip."),
    ("It costs £{n} a month.", "It costs {n} pounds a month."),
    ("The hotel asked for €{n} a night.", "The hotel asked for {n} euros a night."),
    ("About {n}% of the people agreed.", "About {n} percent of the people agreed."),
    ("We meet on {month} {d}, 2024.", "We meet on {month} {d}, 2024."),
    ("The train leaves at {h}:30 pm.", "The train leaves at {h}:30 p.m."),
    ("Dinner is at {h} pm.", "Dinner is at {h} p.m."),
    ("It was {n}°C in the shade.", "It was {n} degrees Celsius in the shade."),
    ("{name} lives at {m} Garden St.", "{name} lives at {m} Garden Street."),
    ("Dr. {name} will see you now.", "Doctor {name} will see you now."),
    ("Mr. {name} and Mrs. {other} came late.", "Mister {name} and missus {other} came late."),
    ("The speed limit is {n} km/h here.", "The speed limit is {n} kilometers per hour here."),
    ("Turn to page {n} of the book.", "Turn to page {n} of the book."),
    ("This is **really** important, {name} said.", "This is really important, {name} said."),
    ("Please read the *second* chapter tonight.", "Please read the second chapter tonight."),
    ("See [the guide](https://example.com/guide) for more.", "See the guide for more."),
    ("- {name} bought {n} apples.", "{name} bought {n} apples."),
    ("# Weather in {city}", "Weather in {city}"),
    ("{name} came {o} in the race.", "{name} came {o} in the race."),
    ("The {o} floor is closed today.", "The {o} floor is closed today."),
    ("Add 1/2 cup of sugar and stir.", "Add one half cup of sugar and stir."),
    ("The shop is open 9-5 on weekdays.", "The shop is open 9 to 5 on weekdays."),
    ("The score was {n} to {m} in the end.", "The score was {n} to {m} in the end."),
    ("More than {k},000 people came to {city}.", "More than {k} thousand people came to {city}."),
    ("The city has {k} million inhabitants.", "The city has {k} million inhabitants."),
    ("{name} was born in 19{y}.", "{name} was born in 19{y}."),
    ("The room is {n} ft wide.", "The room is {n} feet wide."),
    ("The bottle holds {n} ml of water.", "The bottle holds {n} milliliters of water."),
    ("Call {name} before {h} o'clock.", "Call {name} before {h} o'clock."),
    ("The answer is {n}.5, not {m}.", "The answer is {n} point 5, not {m}."),
    ("{n} + {m} is an easy sum.", "{n} plus {m} is an easy sum."),
    ("Bread & butter cost {n} cents.", "Bread and butter cost {n} cents."),
    ("He ran {n} miles before breakfast.", "He ran {n} miles before breakfast."),
    ("The meeting with {name} took {n} min.", "The meeting with {name} took {n} minutes."),
    ("{city} is {n} km from {town}.", "{city} is {n} kilometers from {town}."),
    ("Chapter {d}: the journey to {city}.", "Chapter {d}, the journey to {city}."),
    ("I saw {name} 😀 in the park.", "I saw {name} in the park."),
    ("The flight to {city} takes {h} hours.", "The flight to {city} takes {h} hours."),
    ("It happened in the 19{t}0s in {city}.", "It happened in the 19{t}0s in {city}."),
    ("{name} ordered {d} cups of coffee.", "{name} ordered {d} cups of coffee."),
    ("The file is {n} MB in size.", "The file is {n} megabytes in size."),
    ("Use `{word}` to begin the program.", "Use {word} to begin the program."),
    ("> {name} wrote this line.", "{name} wrote this line."),
    ("The rent went up by {n}% in {month}.", "The rent went up by {n} percent in {month}."),
    ("There were {n} trees vs. {m} houses.", "There were {n} trees versus {m} houses."),
    ("A child under {d} yrs pays nothing.", "A child under {d} years pays nothing."),
    ("The tower is {n} m tall.", "The tower is {n} meters tall."),
    ("They paid $1,{m}50 for the old piano.", "They paid 1 thousand {m}50 dollars for the old piano."),
)


def _slots(source: random.Random) -> Mapping[str, str]:
    """What stands in the holes of a pattern."""
    name, other = source.sample(("Anna", "Peter", "Martin", "Laura", "David", "Helen"), 2)
    city, town = source.sample(("London", "Paris", "Boston", "Dublin", "Chicago", "Denver"), 2)
    return {
        "n": str(source.randint(12, 89)),
        "m": str(source.randint(3, 9)),
        "d": str(source.randint(2, 12)),
        "h": str(source.randint(2, 11)),
        "k": str(source.randint(2, 9)),
        "y": str(source.randint(61, 89)),
        "t": str(source.randint(6, 9)),
        "o": source.choice(("2nd", "3rd", "4th", "5th", "21st")),
        "month": source.choice(("March", "April", "June", "July", "October")),
        "word": source.choice(("start", "open", "build", "listen")),
        "name": name,
        "other": other,
        "city": city,
        "town": town,
    }


def sayings(seed: int, variants: int = VARIANTS) -> tuple[Saying, ...]:
    """So many variants of every pattern."""
    source = random.Random(seed)
    return tuple(
        Saying(written.format_map(slots), spoken.format_map(slots))
        for _ in range(variants)
        for written, spoken in PATTERNS
        for slots in [_slots(source)]
    )


SAYINGS = sayings(2)
