"""Mathematics: sums, sums in stories, equations, counting, chances. The last line carries the answer."""

from llmrouter_tui.core.prompts import Number, Prompt

_END = " End with a line of the form Answer: NUMBER"

PROMPTS = (
    Prompt("math-sum", "math", 0.06, ("What is 27 + 38? Just the number.",), Number(65), 60, quick=True),
    Prompt(
        "math-tickets",
        "math",
        0.2,
        (
            "A tram ticket costs 4 euros. I buy 6 tickets and have a voucher that takes 7 euros off the whole. "
            "How many euros do I pay?" + _END,
        ),
        Number(17),
        250,
    ),
    Prompt("math-percent", "math", 0.24, ("How much is 15 % of 80?" + _END,), Number(12), 200),
    Prompt("math-equation", "math", 0.36, ("Solve for x: 3(x - 4) = 2x + 7." + _END,), Number(19), 300),
    Prompt(
        "math-grifos",
        "math",
        0.42,
        (
            (
                "Un grifo llena un depósito en 6 horas y otro grifo lo llena en 3 horas. ¿Cuántas horas tardan los dos "
                "juntos? Termina con una línea de la forma Respuesta: NÚMERO"
            ),
        ),
        Number(2),
        350,
        language="es",
    ),
    Prompt(
        "math-rolls",
        "math",
        0.46,
        (
            "A bakery sells rolls one by one for 0.55 euros and in bags of six for 2.70 euros. I need exactly "
            "20 rolls. What is the least I can pay, in euros?" + _END,
        ),
        Number(9.2),
        350,
        quick=True,
    ),
    Prompt(
        "math-prices",
        "math",
        0.5,
        (
            "The price of a coat first went up by 20 % and then, in the sale, down by 25 %. Now it costs 54 euros. How "
            "many euros did it cost at the beginning?" + _END,
        ),
        Number(60),
        350,
    ),
    Prompt(
        "math-triangle",
        "math",
        0.55,
        (
            "A triangle has sides of 7, 24 and 25 cm. What is its area in square centimetres?",
            "And what is the radius, in centimetres, of the circle inside it that touches all three sides?" + _END,
        ),
        Number(3),
        400,
    ),
    Prompt(
        "math-divisible",
        "math",
        0.66,
        ("How many whole numbers from 1 to 999 can be divided by 6 or by 10, but not by 15?" + _END,),
        Number(199),
        700,
    ),
    Prompt(
        "math-integral",
        "math",
        0.64,
        ("Compute the integral of x^2 * e^x from x = 0 to x = 1, rounded to four decimal places." + _END,),
        Number(0.7182818, 0.0002),
        600,
    ),
    Prompt(
        "math-letters",
        "math",
        0.72,
        (
            "In how many different ways can the seven letters of the word BANANAS be put in a row so that no two A "
            "stand side by side?" + _END,
        ),
        Number(120),
        700,
    ),
    Prompt(
        "math-remainder",
        "math",
        0.74,
        ("What are the last two digits of 7^222 + 11^111, as a number from 0 to 99?" + _END,),
        Number(60),
        800,
    ),
    Prompt(
        "math-dice",
        "math",
        0.84,
        (
            "A fair die is rolled until it shows a six for the first time. What is the probability that the sum of all "
            "rolls, that last six included, is an even number? Give a fraction." + _END.replace("NUMBER", "FRACTION"),
        ),
        Number(4 / 7, 0.0006),
        1000,
    ),
)
