"""Answers that calculate, weigh or explain."""

from llmrouter_tui.demo.texts.entry import entry

THOUGHT = (
    entry(
        "train trains station catch leaves km",
        "At 10:15 the first train is 35 minutes ahead: 84 km/h × 35/60 h = 49 km. The second gains 112 − 84 = 28 km "
        "every hour, so it needs 49 / 28 = 1.75 h. It catches up at **12:00**.",
        "Check: the first has then travelled 2 h 20 min × 84 km/h = 196 km, the second 1 h 45 min × 112 km/h = 196 km.",
    ),
    entry(
        "birthday probability people share twenty",
        "About **50.7 %**. It is easier to count the opposite: the chance that all 23 birthdays differ is "
        "365/365 × 364/365 × … × 343/365 ≈ 0.4927, and 1 − 0.4927 ≈ 0.507.",
        "It feels too high because we think of our own birthday. But 23 people form 23 · 22 / 2 = 253 pairs, and each "
        "pair is a chance.",
        "This assumes 365 equally likely days. Real birthdays bunch a little, which makes a match slightly likelier.",
    ),
    entry(
        "solve equation quadratic roots",
        "Divide by 3: x² − 4x + 3 = 0. Two numbers with sum 4 and product 3 are 1 and 3, so (x − 1)(x − 3) = 0 and "
        "**x = 1 or x = 3**.",
        "Check with x = 3: 3·9 − 12·3 + 9 = 27 − 36 + 9 = 0.",
    ),
    entry(
        "rooks chessboard attack attacks placed board",
        "**8! = 40,320.** Each row must hold exactly one rook and no two may share a column, so an arrangement is an "
        "order of the eight columns, and there are 8! of those.",
        "If arrangements that turn into each other by rotating or mirroring the board count once, the number is "
        "smaller, and dividing by 8 is not quite right, because some arrangements are symmetric themselves.",
    ),
    entry(
        "prove proof odd numbers sum first induction",
        "By induction. For n = 1 the sum is 1 = 1². Suppose 1 + 3 + … + (2n − 1) = n². The next odd number is 2n + 1, "
        "and n² + 2n + 1 = (n + 1)². So it holds for n + 1. ∎",
        "The picture behind it: a square of n × n dots grows to the next square by an L of 2n + 1 dots along two of "
        "its sides.",
    ),
    entry(
        "integrate integral parts antiderivative",
        "By parts with u = x and dv = eˣ dx: ∫ x eˣ dx = x eˣ − ∫ eˣ dx = **(x − 1) eˣ + C**.",
        "Differentiate to check: eˣ + (x − 1) eˣ = x eˣ.",
    ),
    entry(
        "month monthly account interest years save savings euros",
        "About **34,935 euros**. With r = 0.03 / 12 = 0.0025 a month and 120 payments at the end of each month the sum "
        "is 250 · ((1.0025¹²⁰ − 1) / 0.0025) ≈ 250 · 139.74.",
        "Of that you paid 30,000 yourself; about 4,935 is interest.",
        "Paying at the start of each month gives one more month of interest on all of it: 0.25 %, about 87 euros.",
    ),
    entry(
        "tip split bill four restaurant percent",
        "The tip is 0.15 × 86.40 = 12.96, the whole 99.36, and a quarter of it **24.84** each.",
    ),
    entry("percent calculate discount", "17 % of 2,450 is 0.17 × 2,450 = **416.50**."),
    entry(
        "boxes labels labelled apples oranges wrong mixed",
        "Take one fruit from the box labelled *mixed*. Its label is wrong, so it holds only one kind. If the fruit is "
        "an apple, that box is apples.",
        "Now the box labelled *oranges* cannot be oranges (wrong label) nor apples (taken), so it is the mixed one, "
        "and the box labelled *apples* is left with the oranges. With an orange it is the mirror image.",
        "No other box will do: from the one labelled *apples* an orange could mean oranges or mixed.",
    ),
    entry(
        "kafka postgres listen notify events queue minute",
        "Postgres. 200 events a minute is three a second; a table and `LISTEN/NOTIFY` carry that without noticing, "
        "and you already run, back up and understand Postgres.",
        """
Make the table the truth and the notification only the bell:

1. write the event into an outbox table, in the same transaction as the change
2. `NOTIFY` wakes the consumer, which takes rows with `FOR UPDATE SKIP LOCKED`
3. on start, and every minute anyway, the consumer looks for rows it missed
""",
        "Kafka earns its upkeep when several teams need the same stream, when you must replay weeks of it, or at some "
        "thousands a second. None of that is in your description.",
        "What would change my mind: consumers outside your database's network, or a need to keep order per key over "
        "many parallel consumers.",
    ),
    entry(
        "consumer hour down events queue outbox missed",
        "They wait in the table. `NOTIFY` to nobody is lost, but the rows are not: when the consumer is back, its "
        "first look at the table finds all 12,000 of them, and it works them off in the order of their ids.",
        "Two things to add before you need them: an index on the rows that are not done, so that this look stays fast, "
        "and an alarm on the age of the oldest one rather than on their number.",
        "Handle each event so that doing it twice does no harm. A consumer that dies between the work and the commit "
        "will do it again.",
    ),
    entry(
        "alice bob carol lies truth liar lie says",
        "**Bob** tells the truth. If Alice did, Bob would lie, so Carol would be truthful and Alice a liar after all: "
        "a contradiction. So Alice lies, which means that Bob tells the truth, and then Carol lies.",
        "It fits: Carol claims that both others lie, which is false because Bob does not.",
    ),
    entry(
        "rent renting buy buying flat house mortgage",
        "Compare what is gone at the end of a year, not the payments. Renting: the rent. Buying: interest, upkeep "
        "(plan 1 % of the price), taxes, and what your deposit would have earned elsewhere. Paying the loan back is "
        "saving, not cost.",
        """
With your figures, per year:

| | rent | buy |
|---|---|---|
| rent or interest | 14,400 | 11,600 |
| upkeep and taxes | – | 4,900 |
| lost return on the deposit | – | 2,800 |
| sum | 14,400 | 19,300 |
""",
        "So the flat has to gain about 4,900 a year, 1.4 % of its price, for buying to come out level. Below five "
        "years the fees of buying and selling alone decide for renting.",
    ),
    entry(
        "fox goose grain river farmer boat cross",
        "Goose over; back alone; fox over; goose back; grain over; back alone; goose over. Seven crossings.",
        "The key is that the goose is the only one that conflicts with both others, so it travels whenever the other "
        "two would be separated from the farmer, even backwards.",
    ),
    entry(
        "moon side same face earth see",
        "Because the Moon turns once about itself in exactly the time it takes to go once around the Earth, 27.3 days.",
        "That is no accident. The Earth's pull raises a slight bulge in the Moon; while it span faster the bulge was "
        "dragged ahead and the Earth pulled it back, until the rotation matched the orbit.",
        "We do see 59 % of it over time: the orbit is not quite a circle and is tilted, so the Moon seems to nod.",
    ),
    entry(
        "heat pump works winter warm outside",
        "It moves heat instead of making it. A liquid that boils far below zero takes up heat from the outside air and "
        "becomes a gas; a compressor squeezes the gas, which makes it hot; inside it gives off the heat, turns liquid "
        "again and starts over.",
        "One unit of electricity moves about three to four units of heat at 7 °C outside, and still about two at "
        "−10 °C, because even cold air holds heat.",
        "It works best with low flow temperatures: large radiators or underfloor heating at 35 °C rather than 60 °C.",
    ),
    entry(
        "capital australia canberra",
        "Canberra. It was founded in 1913 as a compromise between Sydney and Melbourne.",
    ),
    entry(
        "photosynthesis plants light oxygen leaves",
        "Plants take up carbon dioxide and water and, with the energy of light, turn them into sugar and oxygen.",
        "In the first step light splits water in the leaf's chloroplasts and stores its energy in ATP and NADPH; the "
        "oxygen is what is left over. In the second, which needs no light, that energy binds carbon dioxide into "
        "sugar.",
    ),
    entry(
        "tcp udp difference protocol packets",
        "TCP delivers a stream of bytes complete and in order, and slows down when the network does. UDP sends single "
        "packets and promises nothing.",
        "So files, mail and web pages go over TCP, while calls and games go over UDP: a word that arrives half a "
        "second late is worth less than no word.",
        "QUIC, which carries HTTP/3, is built on UDP and does its own ordering per stream, so that one lost packet "
        "does not hold up the others.",
    ),
    entry(
        "left hand darkness wrote novel author le guin",
        "Ursula K. Le Guin; it appeared in 1969 and won both the Hugo and the Nebula award.",
    ),
    entry(
        "water boil boils altitude mountain temperature pasta",
        "At lower air pressure water boils at a lower temperature, roughly 1 °C less for every 300 m. At 3,000 m that "
        "is about 90 °C, so pasta takes longer: the water is less hot, however hard it boils.",
        "A pressure cooker does the opposite: at twice the normal pressure water boils at about 120 °C.",
    ),
    entry(
        "vram ram gpu memory difference model llm run",
        "VRAM sits on the graphics card and is about ten times faster than the main memory. Generating a token reads "
        "all of the model's weights once, so the speed of that memory sets the tokens per second.",
        "Rule of thumb: a model at 4 bits needs 0.6 GB per billion parameters, plus one to two for the context. 8B "
        "fits into 8 GB, 14B into 12, 32B into 24.",
        "If it does not fit, part of it runs from the main memory, and even a tenth of it there can halve the speed.",
    ),
    entry(
        "transatlantic telegraph cable first",
        "August 1858. It worked for about three weeks, until too high a voltage ruined it. The first lasting one was "
        "laid in 1866.",
    ),
    entry(
        "quantization quantized bits q4 q8 quality loss",
        "Fewer bits per weight make the model smaller and faster and round its weights. At 8 bits nobody notices, at 4 "
        "to 5 the loss is small, below 4 it grows quickly, and small models suffer more than large ones.",
        "With the same memory a 14B at 4 bits beats a 7B at 8 bits on nearly everything.",
    ),
)
