"""Tables of cue words: what the words of a prompt say about its task.

Whole words and word beginnings only, never substrings of words ("let me know" and "first class" are not code).
Weights are log-odds by judgement: 1 a hint, 2 a good sign, 3 and more nearly certain alone. ``hard`` is no task: its
number is added to the difficulty.
"""

from collections.abc import Iterable

Cues = tuple[tuple[str, float], ...]


def word_set(text: str) -> frozenset[str]:
    """The words of a table written as one text."""
    return frozenset(text.split())


def _table(**tasks: str) -> dict[str, Cues]:
    """``word*2.5`` entries by task to a table by word; a word may speak for several tasks."""
    table: dict[str, list[tuple[str, float]]] = {}
    for task, words in tasks.items():
        for entry in words.split():
            word, _, weight = entry.partition("*")
            table.setdefault(word, []).append((task, float(weight or 1)))
    return {word: tuple(cues) for word, cues in table.items()}


WORDS = _table(
    chat="""
    hi*4 hello*4 hey*3.5 hiya*4 yo*3 sup*3 howdy*4 greetings*3 thanks*3 thank*3 thx*3 bye*3 goodbye*3 lol*2 haha*2
    hallo*4 servus*4 moin*4 danke*3 bonjour*4 salut*4 merci*3 hola*4 gracias*3 ciao*4 buongiorno*4 grazie*3 olá*4
    oi*3 obrigado*3 obrigada*3 feel*1.2 feeling*1.2 sad*1.2 lonely*1.8 bored*2 anxious*1.5 yourself*1.2 favorite*1
    favourite*1 opinion*.8 friend*.6 morning*.5 weekend*.8 miss*.5 tired*1 stressed*1.5 ok*1.5 okay*1.5 cool*1.5
    great*.5 nice*.8 yes*1 no*.5 sure*.8 you*.25 your*.2 i*.2 my*.2
    """,
    factual="""
    who*1.6 why*1 when*.8 where*1 what*.8 which*.6 capital*1.5 country*.7 population*1.5 history*1.2 century*.8
    invented*1.3 born*1.2 died*.8 explain*1.2 define*1.8 definition*1.8 meaning*1.2 mean*.4 means*.5 difference*1.2
    causes*1 cause*.7 symptoms*1.5 planet*1 river*1 mountain*.8 ocean*.8 species*.8 element*.7 chemical*.8 biology*1
    chemistry*1 physics*.6 photosynthesis*1.5 describe*.7 overview*1 largest*1 tallest*1.2 highest*1 longest*.8
    discovered*1.3 war*.9 king*.5 president*1.2 vitamin*1 disease*1 treatment*.6 law*.5 economy*.6 gdp*1 located*1
    founded*1.2 wikipedia*1 fact*.8 facts*1 does*.3 works*.4 work*.2 happens*.5 happened*1 stand*.4
    """,
    reasoning="""
    why*.7 logic*1.5 puzzle*2.2 riddle*2.6 deduce*2.2 infer*1.5 reason*.9 reasoning*1.6 analyze*1.5 analyse*1.5
    analysis*1 evaluate*1.2 argument*1 arguments*1 fallacy*2.2 paradox*1.8 tradeoffs*1.8 tradeoff*1.8 pros*1.2
    cons*1.2 decide*1 decision*1 strategy*1.2 implications*1.6 implication*1.4 hypothesis*1.4 critique*1.5
    assess*1.3 contradiction*1.8 contradict*1.4 justify*1.3 consequences*1.1 compare*1 logically*1.8 valid*.6
    ethical*1 prove*.8 solve*.6 knights*1 knaves*2.5 liar*1.5 truth*.7 taller*1 older*.8 houses*.6 clue*1.2
    clues*1.2 conclude*1.4 therefore*.8 whether*.4 should*.4
    """,
    math="""
    calculate*2.6 compute*1.8 solve*2 integral*2.6 derivative*2.6 differentiate*2.4 integrate*1.6 equation*2.2
    equations*2.2 polynomial*2.5 matrix*1.4 eigenvalue*2.5 eigenvalues*2.5 theorem*2.2 lemma*2 proof*2 prove*2.2
    probability*2.2 triangle*2 circle*.9 radius*1.8 perimeter*2.2 percent*1 percentage*1.3 fraction*1.5 sum*1.1
    multiply*2 multiplied*2 divided*1.6 divide*1.3 minus*1.6 plus*.7 times*.3 algebra*2.2 geometry*2 calculus*2.2
    arithmetic*2 sqrt*2 squared*1.5 cubed*1.5 modulo*1.8 prime*1 primes*1.6 factorial*2.2 logarithm*2.2 sine*1.8
    cosine*1.8 median*1.3 average*.8 interest*.4 remainder*1.8 combinatorics*2.5 permutations*2 vector*.6 converge*1
    hypotenuse*2.5 integer*1.2 integers*1.6 divisible*2.2 inequality*1.2 mph*1 fahrenheit*1.6 celsius*1.6 miles*.5
    inches*.8 convert*.8 costs*.5 cost*.3 pay*.6 paid*.6 discount*1.2 price*.6 euros*.5 dollars*.5 earns*.8 km*.4
    hours*.3 dozen*.8 twice*.6 half*.4
    """,
    coding="""
    python*2.5 javascript*2.6 typescript*2.6 java*2 rust*1.8 golang*2.6 kotlin*2.5 swift*1 php*2.5 ruby*1.3 perl*2
    haskell*2.4 sql*2.5 mysql*2.5 postgres*2.5 postgresql*2.5 sqlite*2.5 mongodb*2.4 redis*2 regex*2.6 html*2
    component*.9 rerender*2 render*.8 rendering*.8
    css*2.3 react*1.8 vue*2 angular*1.6 django*2.4 flask*1.6 fastapi*2.6 nodejs*2.6 npm*2.5 docker*2.2
    dockerfile*2.6 kubernetes*2.2 git*2.4 github*1.8 bash*2 shell*1 script*1.2 powershell*2.3 linux*1.4 api*1.5
    yaml*1.5 xml*1.2 json*.6 pytest*2.6 unittest*2.5 refactor*2.8 debug*2.5 bug*1.6 bugs*1.5 compile*1.5
    compiler*1.6 function*1.3 functions*1 variable*.8 array*1.3 arrays*1.3 loop*.9 recursion*1.5 recursive*1.4
    algorithm*1.4 algorithms*1.4 code*1.8 codebase*2.4 coding*1.8 programming*1.8 programmer*1 snippet*1.8
    implement*2 implementation*1.2 stacktrace*2.8 traceback*2.8 exception*1.2 segfault*2.8 async*2.3 mutex*2.5
    deadlock*2 endpoint*1.8 frontend*2 backend*1.8 database*1 query*.9 repo*2 repository*1.2 commit*1.5 deploy*1.2
    linter*2.4 parser*1.8 hashmap*2.6 leetcode*2.6 struct*2 cron*2 excel*1 vba*2.5 spreadsheet*.9 dataframe*2.6
    pandas*1.8 numpy*2.6 pytorch*2.4 tensorflow*2.4 cuda*2.2 terraform*2.4 ansible*2.2 nginx*2.2 webhook*2 oauth*1.8
    microservice*2 microservices*2 cli*1.6 stdin*2.4 stdout*2.4 tests*.8 test*.4 merge*.6 thread*.4 server*.5
    crash*.8 crashes*1 error*.9 undefined*1.5 null*1.5 fix*.9 program*.8 class*.1 lru*1.8 cache*.9 rtos*2 kernel*.8
    systemd*2.4 div*1.8 const*1.6 tailwind*2.4 bootstrap*1.2 webpage*1.6 website*1 container*.7 yaml*.5
    localhost*2.4 ssh*2 port*.5 lambda*1 typeerror*2.6 nullpointerexception*2.8 compiler*.2 select*.5 returns*.7
    binary*.6
    """,
    creative="""
    poem*3.2 poems*3.2 poetry*2.5 haiku*3.8 limerick*3.8 sonnet*3.4 story*2.6 stories*2.2 tale*2.2 song*2.2
    lyrics*2.6 rap*2 joke*2.6 jokes*2.6 pun*2 puns*2 novel*1.6 fiction*1.6 character*.9 characters*.5 dialogue*1.3
    screenplay*2.6 plot*.8 fantasy*1.4 imagine*1.4 roleplay*3.2 slogan*2.2 slogans*2.2 tagline*2.2 brainstorm*2
    creative*1.5 scene*1.2 villain*2 dragon*1.6 rhyme*2.5 rhymes*2.5 metaphor*1.5 blog*1.5 essay*1.7 speech*1.3
    toast*1 birthday*.9 caption*1.6 tweet*1.4 monologue*2.6 bedtime*2 parody*2.5 worldbuilding*3 pirate*1.4
    narrator*1.6 names*.5 invent*.8 write*.6 ideas*.7 funny*1.2 advert*1.2 letter*.8 letters*-.3
    """,
    instruction="""
    list*1 steps*1.3 recipe*2.2 plan*1.4 schedule*1.5 itinerary*2.4 workout*1.8 checklist*2.2 guide*1.3 tutorial*.8
    rewrite*2.4 rephrase*2.6 reword*2.6 paraphrase*2.4 proofread*2.8 edit*1.2 correct*1 grammar*1.8 shorten*2
    formal*1.2 polite*1.2 professional*1 tone*1.2 draft*1.6 format*1 email*1.7 mail*1.2 exactly*1 bullet*.8 words*.4
    sentences*.5 recommend*1.2 suggest*1.2 suggestions*1 tips*1.4 advice*1 organize*1.2 template*1.4 agenda*1.6
    resume*1 cv*1.2 instructions*1.2 cook*1.2 bake*1.5 meal*1.4 diet*1.2 improve*.8 reply*1 prepare*1 clean*.7
    install*.6 make*.3 give*.3 letter*.8 announcement*1.2 ideas*.6 learn*.5 remove*.8 fix*.4
    """,
    extraction="""
    summarize*3.8 summarise*3.8 summary*3.2 summaries*2.6 tldr*4 extract*3.6 keywords*2 classify*3 categorize*2.8
    categorise*2.8 sentiment*2.6 entities*2.6 points*.7 text*.5 article*1 passage*1.4 paragraph*.7 document*1
    transcript*2 csv*1.2 json*1 table*.8 fields*1 convert*.6 abstract*.7 label*1.2 takeaways*2.6 highlights*1
    condense*3 outline*.8 minutes*.3 notes*.8 review*.3 mentioned*1.2 spam*1 positive*.5 negative*.5
    """,
    translation="""
    translate*4.6 translation*3.4 translated*2.6 translator*2 übersetze*5 übersetzen*4.6 traduis*5 traduire*4.6
    traduce*5 traducir*4.6 traduci*5 tradurre*4.6 traduza*5 traduzir*4.6 french*.8 german*.8 spanish*.8 italian*.8
    portuguese*.8 russian*.7 chinese*.7 mandarin*.8 japanese*.7 korean*.8 arabic*.7 hindi*.7 dutch*.7 polish*.7
    turkish*.7 latin*.8 swedish*.7 ukrainian*.7
    """,
    hard="""
    prove*.22 derive*.18 theorem*.15 rigorous*.2 rigorously*.2 formally*.15 optimize*.08 optimal*.12 asymptotic*.18
    complexity*.1 concurrent*.14 concurrency*.18 distributed*.16 deadlock*.12 architecture*.12 scalable*.12
    compiler*.12 quantum*.12 equilibrium*.12 eigenvalues*.08 integral*.08 proof*.15 refactor*.06 comprehensive*.1
    detailed*.06 thorough*.1 analyze*.05 critique*.08 tradeoffs*.1 invariants*.12 olympiad*.25 advanced*.1
    microservices*.1 kernel*.1 consensus*.15 raft*.1 lock*.04 fault*.08 tolerant*.1 thread*.05 safe*.04 design*.07
    implement*.05 production*.08 migration*.06 differential*.1 topology*.15 cryptographic*.12 bayesian*.12
    optimization*.1 nontrivial*.15 rotate*.03 constraints*.06 knights*.08 knaves*.12 clues*.1 scheduler*.1
    allocator*.15 interpreter*.12 irrational*.12 simple*-.1 simply*-.08 quick*-.08 quickly*-.06 short*-.06
    brief*-.06 briefly*-.06 basic*-.1 beginner*-.12 easy*-.1 tiny*-.08 trivial*-.1 kid*-.06 eli5*-.1 hello*-.06
    """,
)
"""English words (and greetings and "translate" in any language) as ``{word: ((task, weight), …)}``."""


def phrases(**tasks: str) -> tuple[tuple[str, Cues], ...]:
    """``a phrase*2.5 | another`` by task: found in the words of a prompt joined by single spaces; ``_`` ends a word."""
    return tuple(
        (f" {phrase.replace('_', ' ')}", ((task, float(weight)),))
        for task, text in tasks.items()
        for phrase, weight in _entries(text)
    )


def _entries(text: str) -> Iterable[tuple[str, str]]:
    for entry in text.split("|"):
        phrase, _, weight = " ".join(entry.split()).partition("*")
        if phrase:
            yield phrase, weight or "1"


PHRASES = phrases(
    chat="""
    how are you*4 | how is it going*3.5 | how s it going*3.5 | what s up*3.5 | good morning*3 | good night*2.5 |
    good evening*3 | who are you*3.5 | what can you do*3.5 | what s your*2.5 | what is your*2 | do you like*2.5 | do
    you think*1.2 | about yourself*2.5 | nice to meet*3.5 | tell me a bit*.5 | i m so*1 | i had a*1.2 | talk to
    me*2.5 | chat with*2 | let me know*.3 | my day*1.5 | are you*1 | are you sure*-2.5
    """,
    factual="""
    what is the*.6 | what are the*.6 | who is*.8 | who was*1 | who wrote*1.5 | who won*1.2 | when did*1.4 | when
    was*1.4 | where is*1 | how does*1.2 | how do*.4 | how many*.5 | how many people*.6 | how far*.8 | how old*.8 |
    how tall*1 | capital of*2 | difference between*1.2 | tell me about*1.4 | what s the difference*1 | what is a*1 |
    is it true*1 | what causes*1 | how long do*.8 | which of the following*1.2 | what happens*.8 | explain the*.6 |
    what does*.7
    """,
    reasoning="""
    step by step*1.2 | think through*1.5 | which of the following*.9 | pros and cons*1.4 | what would happen*1.2 |
    if all*1.2 | some of*.2 | truth teller*2 | tells the truth*1.8 | tell the truth*1.5 | who is lying*2 | trade
    offs*1.8 | weigh*.8 | must be true*2 | can we conclude*2.2 | follows from*1.2 | root cause*1.2 | first
    principles*1.5 | should i*1 | cross the river*2 | sits next*2 | not next to*1.2 | in the middle*.8 | sit in a
    row*1.2 | sit next*2 | to the left of*1 | in a row*.8 | how would you*.8 | argue*.8 | what s wrong*.6 | better
    to*.8 | or wait*.6 | is taller*2 | is older*1.5 | make sense*.6 | what am i*2
    """,
    math="""
    how many*1 | how much*1 | square root*2.5 | divided by*2 | how fast*1 | how long does it*1 | times as*1.2 | per
    hour*1.2 | in total*1 | each*.4 | equals*1.4 | equal to*.8 | solve for*2.5 | dice*1.4 | coin*.8 | area of*1.5 |
    volume of*1.5 | word problem*2 | prime number*1.2 | least common*2 | greatest common*2 | average speed*2 | are
    left*1.2 | left over*1.2 | cost*.4 | standard deviation*2 | expected value*2 | x 2*.5 | how old*.6
    """,
    coding="""
    write a function*1.5 | stack trace*2 | unit test*2 | unit tests*2 | data structure*1.5 | data structures*1.5 |
    command line*1.2 | big o*1.2 | pull request*2 | merge conflict*2 | web page*1.2 | landing page*1.4 | website*1 |
    rest api*1.5 | linked list*2.5 | binary search*2 | race condition*2 | for loop*2 | while loop*2 | thread safe*2
    | doesn t compile*2 | this code*1.5 | the code*1 | code of*-1.6 | dress code*-2 | zip code*-1.8 | code review*1
    | go program*2 | in go_*1 | in c_*1.5 | css class*1 | rate limiter*2 | open source*.3 | list comprehension*2 |
    movie script*-1.5 | app that*1.2 | ci pipeline*2 | type error*1.5 | env var*1.5 | object oriented*1.5 | race
    conditions*2
    """,
    creative="""
    once upon*2 | in the style of*1.4 | write me a*.4 | come up with*1.2 | pretend*1.6 | act as*.8 | you are a
    pirate*2 | short story*1 | love letter*1.5 | name for my*1.8 | names for*1.6 | what if*.5 | a letter*.4 | cover
    letter*-.6 | birthday card*2 | wedding*.6 | social media post*1.4 | linkedin post*1.2 | first person*.5
    """,
    instruction="""
    how do i*1.6 | how to*1.5 | how can i*1.5 | how should i*1.3 | make a list*1.5 | give me a list*1.5 | in
    exactly*1.5 | no more than*1.2 | cover letter*2 | step by step*.6 | to do list*1.5 | an email*1.2 | make it*.8 |
    make this*1.6 | turn this*.6 | day plan*1.5 | sound more*2 | help me*.5 | best way to*1.2 | more concise*2 | fix
    the grammar*2 | spelling*1.6 | give me*.4 | meal plan*1.5 | in the format*1.2 | following format*1.2 | answer
    only*.8 | respond with*1 | can i substitute*1.5 | packing list*1.5 | more formal*1.8 | and polite*1
    """,
    extraction="""
    tl dr*4 | key points*2.4 | main points*2.6 | main idea*2.2 | key takeaways*1 | based on the*1.3 | the following
    text*1.4 | the following article*1.6 | following email*1.4 | following review*1.8 | as json*1.4 | into json*1.6
    | action items*2.8 | according to the*1.4 | from the text*1.6 | from this text*2 | from the following*1.6 | from
    this*1 | in this text*1.4 | text below*1.6 | article below*1.6 | boil it down*2 | sum up*3 | into a table*1.8 |
    as a table*1.4 | main argument*2.2 | turn this into*1 | into a csv*1.6 | named entities*1 | pull out*2 | names
    and*.8 | all dates*2 | all the dates*2 | positive or negative*2
    """,
    translation="""
    into french*2 | into german*2 | into spanish*2 | into english*2 | to french*1.6 | to german*1.6 | to spanish*1.6
    | to english*1.8 | to italian*1.6 | to japanese*1.6 | in french*1 | in german*1 | in spanish*1 | in italian*1 |
    in japanese*1 | in english*.9 | in russian*1 | in korean*1 | in chinese*1 | how do you say*4 | how do i say*3 |
    into italian*2 | into japanese*2 | to russian*1.6 | to chinese*1.6 | to korean*1.6 | to portuguese*1.6
    """,
    hard="""
    step by step*.04 | edge cases*.1 | thread safe*.1 | lock free*.2 | race condition*.12 | in depth*.1 | trade
    offs*.1 | from scratch*.08 | time complexity*.06 | fault tolerant*.1 | prove that*.06 | hello world*-.2 | one
    line*-.1 | one sentence*-.06 | for all*.05 | if and only if*.15 | dynamic programming*.1 | necessary and
    sufficient*.15 | must be true*.06 | zero downtime*.12 | nash equilibrium*.1 | rate limiter*.06 | multi tenant*.1
    """,
)
"""English phrases; a leading blank anchors each at the start of a word."""

QUESTION_STARTS = word_set("what who when where which is are was were does did can do has")
NUMBER_WORDS = word_set(
    "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty hundred thousand "
    "half twice double"
)
ANAPHORA = word_set(
    "it this that them these those again more another faster shorter longer same now instead continue also go on "
    "es das nochmal jetzt le la les ça encore maintenant ahora otra vez lo ora ancora adesso agora isso novamente "
    "его это ещё теперь then too better"
)
"""Words that lean on what was said before."""

ANSWER_LENGTHS: tuple[tuple[str, int], ...] = (
    (" one word ", 8),
    (" single word ", 8),
    (" yes or no ", 8),
    (" one sentence ", 40),
    (" single sentence ", 40),
    (" two sentences ", 70),
    (" three sentences ", 100),
    (" one paragraph ", 150),
    (" 500 words ", 700),
    (" 1000 words ", 1400),
    (" 2000 words ", 2800),
)
"""(phrase, tokens) where the prompt says how long the answer should be."""
