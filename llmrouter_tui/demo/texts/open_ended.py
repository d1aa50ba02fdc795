"""Answers to the prompts of the set that take a judge: for each a good one, and a poor one that still looks like an
answer."""

from collections.abc import Mapping

from llmrouter_tui.demo.texts.sheet import Sheet

OPEN: Mapping[str, Sheet] = {
    "chat-canary": Sheet(
        'You need not say much at the door. Put your bag down, take her hand, and say: "He sang every time I came '
        'in. It is so quiet now." Then let her talk, or let it be quiet. If she wants to, ask her where he used to '
        "sit while she had her coffee. A bird that small can fill a whole house, and you do not have to make that "
        "smaller.",
        (
            (
                "I'm sorry for your loss! Here are ten tips for dealing with grief:\n1. Stay positive\n2. Remember "
                "that time heals all wounds\n3. It was only a bird, and you can buy her a new one\n4. Get some "
                "exercise"
            ),
        ),
    ),
    "chat-loan": Sheet(
        'I would not say it on her birthday. Call her today: "I have thought about it, and I am not going to lend '
        'you the money. I would rather say so plainly than find an excuse. You matter too much to me for that." '
        "Leave the old 800 out of it: brought up now, they turn a no into a bill. If she asks whether it is because "
        'of them, be honest: "A little. I would have liked us to talk about it." She may go quiet. Let her, and go '
        "tomorrow with a cake, as you would have done anyway.",
        (
            (
                "Friendship and money do not mix. There are several things to consider: communication is key, set "
                "boundaries, and be honest. You could tell her that you have no money at the moment. In the end it "
                "is up to you to decide what is best for both of you."
            ),
        ),
    ),
    "chat-landlord": Sheet(
        "A tenth! You wound me, and that with your name always first on my list on the first of the month. Fridays, "
        "you know, the fitter is at his mother's. But because it is you: Thursday evening I come myself, with a "
        "heater under my arm that I would not lend to anybody else. Let us not talk of tenths between people who "
        "like each other. Is that geranium from my balcony, by the way?",
        (
            (
                "Mr Hollander: I agree to both. You: Thank you. Mr Hollander: As an AI I would also advise you to "
                "read your contract and to speak to a lawyer about the matter."
            ),
        ),
        "Fourteen! In my day we called that a warm room. But do come in, and what lovely flowers you have brought me.",
    ),
    "fact-sky": Sheet(
        "Sunlight is all colours in one. Air pushes the blue part aside much more than the red. At noon that blue, "
        "pushed here and there, comes to you from every corner, so the whole sky looks blue. In the evening the "
        "light lies flat and has to cross far more air. On the way nearly all of the blue is pushed out of it, and "
        "what still comes straight to your eyes is red. It is the same air doing the same thing, only on a longer "
        "way.",
        (
            (
                "The sky is blue because it mirrors the sea. At sunset the sun is hotter and closer to the earth, so "
                "the air glows red, like iron in a fire. Dust can make it look even redder."
            ),
        ),
    ),
    "reason-theory": Sheet(
        "The twelve were picked because their year was the worst. Part of such a peak is bad luck, which does not "
        "come back, so they would have improved without any camera: regression to the mean. I would ask for the "
        "change in the same year at crossings that were about as bad and got no camera.",
        (
            (
                "There could be many reasons: the weather may have been better, there may have been less traffic, or "
                "people drive more carefully in general. I would ask for the numbers of accidents, traffic, weather "
                "and fines."
            ),
        ),
    ),
    "code-race": Sheet(
        "Between the SELECT and the UPDATE another thread can do the same. Stock 5, A and B both want 4: A reads 5, "
        "B reads 5, A writes 1, B writes 1, and both got True: eight pieces sold out of five. Reading and writing "
        "must be one step in the database: `UPDATE items SET stock = stock - ? WHERE id = ? AND stock >= ?`, and "
        "return whether one row was changed. A lock in Python would only help within one process.",
        (
            (
                "The function looks good in general. I would add type hints and a docstring, close the connection, "
                "and catch exceptions with a try block. A sleep before the UPDATE would make it safer when there is "
                "much load."
            ),
        ),
    ),
    "create-cat": Sheet(
        "My cat goes out when others run,\nshe finds the rain is splendid fun;\nshe comes back dripping, head to "
        "tail,\nand dries herself on last week's mail.",
        (
            (
                "There was a cat that hated rain,\nit sat inside the house all day.\nIt looked out of the window "
                "and\nit thought the weather was not nice."
            ),
        ),
    ),
    "create-clock": Sheet(
        "The clock came in a box of onions, without a name. Ilja set it on the bench, wound it, and watched the hand "
        "climb from three to two. Nothing was broken. Whoever had cut the teeth had cut them so, left-handed and "
        "with care. He reached for the file anyway; it was his trade. Then he saw, on the back plate, a date "
        "scratched with a needle, and under it: for Mirjam, so that the summer lasts. He knew that summer. He had "
        "been eleven, and his sister had still been able to walk. He laid the file down. In the evening he hung the "
        "clock above the door, where customers ask about it, and when they laugh he laughs too. He only winds it "
        "when he is alone. Each night it takes one hour back.",
        (
            (
                "Once upon a time there was a watchmaker. He found a clock that ran backwards. At first he wanted to "
                "repair it, but then he decided not to, because he thought that it was special. He lived happily "
                "ever after. The moral is that not everything has to be repaired."
            ),
        ),
    ),
    "create-metaphor": Sheet(
        "Think of the chef at the pass. Ten cooks want the one stove: she lets each have it for a moment, the sauce "
        "before the stock, so quickly that every pot seems to cook at once. She shares out the work tops, and sees "
        "that nobody chops onions on the pastry side. Knives, oven and dishwasher are handed out by her alone, so "
        "that two never pull at the same handle. Orders come to her, not to the cooks. And if one cook faints, she "
        "clears his place and the evening goes on. The guests never see her, and without her nothing leaves the "
        "kitchen.",
        (
            (
                "An operating system is like a kitchen. It is also like a traffic policeman and the conductor of an "
                "orchestra. It manages hardware and software resources and provides common services for programs."
            ),
        ),
    ),
    "create-thief": Sheet(
        "Step in, ladies and gentlemen, and mind the third board, it creaks; one learns to step over it. Here, on "
        "this velvet, the crown lay until the night of the ninth. Four pounds it weighs, and it sits badly, too "
        "narrow above the ears. The thief, they say, came through the window. I ask you: with these bars? No, he "
        "will have walked in as you do, at a quarter past two, when the guard fetches his soup. He would have had "
        "eleven minutes. Nine are enough. The police looked for a man with a sack, but who puts sapphires into a "
        "sack? A bucket with a cloth over it, and nobody asks. They have searched my colleagues' rooms, poor "
        "fellows, twice. My own garden they praised for its roses, especially the new bed. What drives a man to such "
        "a thing? Twenty years of saying please do not touch, I suppose, and then one evening he touches. Well. It "
        "will never be found, believe me. This way to the kitchens, if you please, and do take a rose each; I have "
        "more than I can carry.",
        (
            (
                "Welcome to the castle. The crown was stolen last year. Nobody knows who did it. It was very "
                "valuable. I did it, but I would never tell anybody. Please follow me to the next room."
            ),
        ),
    ),
    "follow-decline": Sheet(
        "Subject: Christmas party\n\nHello,\n\nthank you for thinking of me again for the Christmas party. I have "
        "enjoyed leading it these three times, and this year I would like to sit among the guests, so my answer is "
        "no. Jonas has told me that he would love to take it on; I think he would do it well, and I am glad to hand "
        "my notes over to him.\n\nBest wishes,\nMarta",
        (
            (
                "Dear Mr Smith, I am so sorry, I am really sorry, but I cannot do it, because I have already done it "
                "three times and nobody ever thanked me. I am sorry again. Maybe ask somebody else."
            ),
        ),
    ),
    "extract-ferry": Sheet(
        "Cars and foot passengers cross by the south ramp; the seven o'clock ferry is cancelled, all others run. "
        "Lorries and buses have to wait, probably until Thursday.",
        (
            (
                "A storm tore two mooring lines on Sunday, a weld on the north ramp has cracked, a part is on its "
                "way from the mainland, and the café on board has new owners, so it should be fine to cross."
            ),
        ),
    ),
    "translate-poem": Sheet(
        "The moon came late in at my door,\nhe'd lost his way, poor thing.\nI said: there's room here on the "
        "floor;\nsome milk, he said, I'd bring.",
        (
            (
                "The moon came late through the door inside,\nhe had got lost.\nI offered him to be with me,\nhe "
                "wanted to buy himself milk."
            ),
        ),
    ),
}
