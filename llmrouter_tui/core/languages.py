"""Cue tables of languages other than English: word beginnings (or, in scripts without spaces, fragments) by task.

Needles are found in the words of a prompt joined by blanks. Those with ``_`` in front start a word, others match
anywhere (Chinese, Japanese, Korean, Arabic, where words carry prefixes or are not separated). Weights as in ``words``.
"""

from llmrouter_tui.core.words import Cues, word_set

STOP_WORDS: dict[str, frozenset[str]] = {
    "en": word_set("the and of to is in that it for you with this what how are a an my me on be can do i"),
    "de": word_set(
        "der die das und ist nicht ein eine einen mit für auf wie ich du wir von zu den dem des bitte mir was kannst "
        "warum wer meine mein im auf aus sind mich es wenn"
    ),
    "fr": word_set(
        "le la les des et est un une pour dans que qui je vous nous avec sur pas ce cette du comment quelle quel moi "
        "en au aux mon ma mes peux pourquoi quelles à c d l qu il"
    ),
    "es": word_set(
        "el la los las y es un una para que con por cómo qué cuál en del mi me puedes al se su más como está son este "
        "esta de cuánto cuántos quién por dónde"
    ),
    "it": word_set(
        "il lo la gli le e è un una per che con come di del della mi puoi cosa qual nel sono non questo questa i al "
        "perché quanto quanti chi dei delle sul l c d quando"
    ),
    "pt": word_set(
        "o a os as e é um uma para que com como do da em no na você meu minha não por qual quais dos das me mais são "
        "este esta isso quanto quantos quem se ao"
    ),
}


def _needles(**tasks: str) -> tuple[tuple[str, Cues], ...]:
    table: dict[str, list[tuple[str, float]]] = {}
    for task, words in tasks.items():
        for entry in words.split():
            needle, _, weight = entry.partition("*")
            table.setdefault(needle.replace("_", " "), []).append((task, float(weight or 1)))
    return tuple((needle, tuple(cues)) for needle, cues in table.items())


NEEDLES: dict[str, tuple[tuple[str, Cues], ...]] = {
    "de": _needles(
        chat="""
        _hallo*3 _guten_morgen*3.5 _guten_tag*3.5 _guten_abend*3.5 _wie_geht*4 _danke*3 _tschüss*3 _langweilig*1.5
        _traurig*1.5 _wer_bist*3.5 _einsam*1.5
        """,
        factual="""
        _wer*1 _wann*1.4 _wo_*1 _was_ist*1.2 _welche*.6 _hauptstadt*2.2 _erkläre*1.2 _erklär*1.2 _unterschied*1.5
        _bedeutet*1.2 _geschichte_der*1.2 _funktioniert*.6 _warum*.7 _wie_hoch*.8
        """,
        reasoning="""
        _warum*.8 _logik*1.8 _rätsel*2.4 _vergleiche*1 _analysier*1.8 _bewerte*1.4 _vor_und_nachteile*2 _folgt*.8
        _begründe*1.5 _schlussfolger*2
        """,
        math="""
        _berechne*2.8 _rechne*2.4 _wie_viel*1.3 _wieviel*1.5 _löse*1.8 _gleichung*2.5 _ableitung*2.5 _beweis*2.5
        _prozent*1.2 _wahrscheinlichkeit*2.2 _dreieck*2 _wurzel*1.6 _integral*1 _summe*1.2 _kostet*.8
        """,
        coding="""
        _funktion_*1.4 _programmier*2.2 _code*1.6 _skript*1.6 _fehlermeldung*1.6 _implementier*2.2 _datenbank*1
        _klasse_in*1 _algorithmus*1.8 _quellcode*2.2
        """,
        creative="""
        _gedicht*3.4 _geschichte_über*3 _eine_geschichte*2.4 _kurzgeschichte*3.2 _märchen*2.6 _witz*2.6 _lied*1.8
        _aufsatz*1.8 _erfinde*1.8
        """,
        instruction="""
        _wie_kann_ich*1.5 _wie_mache*1.6 _rezept*2.2 _anleitung*1.6 _trainingsplan*1.8 _gib_mir*.8 _stell*.4
        _liste*1 _plan_*1 _formuliere*2.2 _korrigiere*2.4 _verbessere*1.4 _schreibe_eine_e*1.6 _e_mail*1.6
        _tipps*1.4 _vorschl*1.2 _brief_*1
        """,
        extraction="""
        _fasse*3.4 _zusammenfass*3.4 _zusammen_*1 _extrahier*3.4 _stichpunkt*1.2 _klassifizier*2.8
        _folgenden_text*1.2 _kernaussage*2.4
        """,
        translation="""
        _übersetz*3 _auf_englisch*1.6 _ins_englische*2 _ins_deutsche*2 _auf_französisch*1.6 _ins_*.5
        _wie_sagt_man*3.5
        """,
        hard="""
        _beweis*.22 _leite*.12 _ausführlich*.08 _verteilt*.12 _nebenläufig*.15 _einfach*-.08 _kurz*-.06
        """,
    ),
    "fr": _needles(
        chat="""
        _bonjour*2 _salut*2 _ça_va*4 _merci*2 _bonsoir*3.5 _comment_vas*4 _au_revoir*3 _qui_es_tu*3.5 _je_m_ennuie*3
        """,
        factual="""
        _qui_*.9 _quand*1.2 _où_*.8 _quelle_est*.9 _quel_est*.9 _capitale*2.2 _explique*1.2 _différence*1.5
        _c_est_quoi*1.5 _qu_est_ce_que*1.4 _histoire_de_la*1.2 _pourquoi*.7 _fonctionne*.6
        """,
        reasoning="""
        _pourquoi*.8 _logique*1.8 _énigme*2.6 _devinette*2.4 _compare*1 _analyse*1.6 _évalue*1.4 _avantages_et*1.8
        _raisonn*1.6
        """,
        math="""
        _calcule*2.8 _combien*1.4 _résou*2.2 _équation*2.5 _dérivée*2.6 _démontre*2.6 _pourcentage*1.5
        _probabilité*2.2 _triangle*1 _racine*1.6 _racine_carrée*1 _intégrale*2.5 _somme*1.2
        """,
        coding="""
        _fonction_*1.6 _programme*1.2 _code*1.6 _script*1 _erreur*.9 _implémente*2.2 _base_de_données*1.8
        _algorithme*1.8
        """,
        creative="""
        _poème*3.4 _histoire_d*1.6 _une_histoire*2.6 _conte_*2.4 _blague*2.6 _chanson*2.2 _invente*1.8 _raconte*1.8
        """,
        instruction="""
        _comment_faire*1.8 _comment_puis*1.4 _recette*2.2 _liste*1 _reformule*2.4 _corrige*2.2 _améliore*1.4
        _courriel*1.6 _email*.6 _mail_*1 _conseils*1.4 _propose*1 _lettre*1.2
        """,
        extraction="""
        _résume*3.8 _résumé*3 _extrai*3.4 _points_clés*2.4 _classe_les*1.5 _texte_suivant*1.2 _mots_clés*2
        """,
        translation="""
        _tradui*3 _traduction*3 _en_anglais*1.8 _en_français*1.4 _en_espagnol*1.6 _comment_dit_on*3.5
        """,
        hard="""
        _démontre*.22 _prouve*.22 _détaillé*.06 _optimis*.08 _concurren*.12 _simple*-.08 _court*-.06
        """,
    ),
    "es": _needles(
        chat="""
        _hola*2 _buenos_días*3.5 _buenas*3 _cómo_estás*4 _qué_tal*3.5 _gracias*2 _adiós*3 _quién_eres*3.5 _aburrid*2
        """,
        factual="""
        _quién*1.2 _cuándo*1.3 _dónde*1 _qué_es*1.4 _cuál_es*1 _capital_de*2.2 _explica*1.2 _explícame*1.4
        _diferencia*1.5 _historia_de*1.2 _por_qué*.7 _significa*1.2 _funciona*.6
        """,
        reasoning="""
        _por_qué*.8 _lógica*1.8 _acertijo*2.6 _adivinanza*2.4 _compara*1 _analiza*1.8 _evalúa*1.4 _ventajas*1.4
        _razona*1.6
        """,
        math="""
        _calcula*2.8 _cuánto*1.3 _cuántos*1.4 _cuántas*1.4 _resuelve*2.4 _ecuación*2.5 _derivada*2.6 _demuestra*2.6
        _porcentaje*1.5 _probabilidad*2.2 _triángulo*2 _raíz*1.6 _suma*1.2
        """,
        coding="""
        _función*1.5 _programa*1.2 _código*1.8 _script*1 _error*.6 _implementa*2.2 _base_de_datos*1.8 _algoritmo*1.8
        """,
        creative="""
        _poema*3.4 _cuento*2.8 _una_historia*2.6 _chiste*2.6 _canción*2.2 _inventa*1.8 _poesía*2.6
        """,
        instruction="""
        _cómo_puedo*1.5 _cómo_hago*1.6 _cómo_se*1 _receta*2.2 _lista*1 _reescribe*2.4 _corrige*2.2 _mejora*1.4
        _correo*1.6 _consejos*1.4 _plan_*1.2 _carta*1.2 _sugiere*1
        """,
        extraction="""
        _resume*3.8 _resumen*3.2 _resumir*3.4 _extrae*3.4 _puntos_clave*2.4 _clasifica*2.8 _siguiente_texto*1.2
        _palabras_clave*2
        """,
        translation="""
        _traduc*3 _traduce*2 _al_inglés*1.8 _al_español*1.8 _en_inglés*1.2 _cómo_se_dice*3.5 _al_francés*1.6
        """,
        hard="""
        _demuestra*.22 _detallad*.06 _optimiza*.08 _concurren*.12 _sencill*-.08 _corto*-.06 _breve*-.06
        """,
    ),
    "it": _needles(
        chat="""
        _ciao*2 _buongiorno*2 _come_stai*4 _come_va*3.5 _grazie*2 _buonasera*3.5 _chi_sei*3.5 _arrivederci*3
        """,
        factual="""
        _chi_*1 _quando*1.2 _dove*1 _cos_è*1.5 _che_cos*1.4 _cosa_è*1.4 _qual_è*1 _capitale*2.2 _spiega*1.2
        _differenza*1.5 _storia_di*1 _storia_della*1.2 _perché*.7 _significa*1.2 _funziona*.6
        """,
        reasoning="""
        _perché*.8 _logica*1.8 _indovinello*2.6 _confronta*1.2 _analizza*1.8 _valuta*1.3 _vantaggi*1.4 _ragiona*1.6
        """,
        math="""
        _calcola*2.8 _quanto*1.2 _quanti*1.3 _quante*1.3 _risolvi*2.4 _equazione*2.5 _derivata*2.6 _dimostra*2.6
        _percentuale*1.5 _probabilità*2.2 _triangolo*2 _radice*1.6 _somma*1.2
        """,
        coding="""
        _funzione*1.5 _programma*1.2 _codice*1.8 _script*1 _errore*.8 _implementa*2.2 _algoritmo*1.8 _database*.5
        """,
        creative="""
        _poesia*3.4 _una_storia*2.6 _racconto*2.4 _racconta*2 _favola*2.8 _barzelletta*3 _canzone*2.2 _inventa*1.8
        """,
        instruction="""
        _come_posso*1.5 _come_faccio*1.6 _come_si*1 _ricetta*2.2 _lista*1 _elenco*1 _riscrivi*2.4 _correggi*2.4
        _migliora*1.4 _email*.6 _consigli*1.4 _lettera*1.2 _suggerisci*1
        """,
        extraction="""
        _riassumi*3.8 _riassunto*3.2 _estrai*3.4 _punti_chiave*2.4 _classifica*2.2 _seguente_testo*1.2
        _parole_chiave*2
        """,
        translation="""
        _traduci*2 _tradu*2.5 _in_inglese*1.8 _in_italiano*1.4 _in_francese*1.6 _come_si_dice*3.5
        """,
        hard="""
        _dimostra*.22 _dettagliat*.06 _ottimizza*.08 _concorren*.12 _semplice*-.08 _breve*-.06
        """,
    ),
    "pt": _needles(
        chat="""
        _olá*2 _bom_dia*3.5 _boa_tarde*3.5 _boa_noite*3.5 _tudo_bem*4 _como_vai*3.5 _obrigad*2 _quem_é_você*3.5
        """,
        factual="""
        _quem*1.1 _quando*1.2 _onde*1 _o_que_é*1.5 _qual_é*1 _capital_d*2.2 _explique*1.2 _explica*1.2
        _diferença*1.5 _história_d*1 _por_que*.7 _significa*1.2 _funciona*.6
        """,
        reasoning="""
        _por_que*.8 _lógica*1.8 _enigma*2.4 _charada*2.4 _compare*1 _analise*1.8 _avalie*1.4 _vantagens*1.4
        """,
        math="""
        _calcule*2.8 _calcula*2.4 _quanto*1.2 _quantos*1.3 _quantas*1.3 _resolva*2.4 _equação*2.5 _derivada*2.6
        _prove_que*2.4 _demonstre*2.6 _porcentagem*1.5 _probabilidade*2.2 _triângulo*2 _raiz*1.6 _soma*1.2
        """,
        coding="""
        _função*1.5 _programa*1.2 _código*1.8 _script*1 _erro_*.8 _implemente*2.2 _banco_de_dados*1.8 _algoritmo*1.8
        """,
        creative="""
        _poema*3.4 _conto_*2.4 _uma_história*2.6 _piada*2.6 _canção*2.2 _invente*1.8 _música*1
        """,
        instruction="""
        _como_posso*1.5 _como_faço*1.6 _como_fazer*1.6 _receita*2.2 _lista*1 _reescreva*2.4 _corrija*2.4
        _melhore*1.4 _e_mail*1.4 _email*.6 _dicas*1.4 _carta*1.2 _sugira*1
        """,
        extraction="""
        _resuma*3.8 _resumo*3.2 _extraia*3.4 _pontos_principais*2.4 _classifique*2.8 _seguinte_texto*1.2
        _palavras_chave*2
        """,
        translation="""
        _traduz*3 _tradu*2 _para_o_inglês*1.8 _em_inglês*1.4 _para_inglês*1.8 _como_se_diz*3.5
        """,
        hard="""
        _demonstre*.22 _prove_que*.2 _detalhad*.06 _otimiz*.08 _concorr*.12 _simples*-.08 _breve*-.06
        """,
    ),
    "ru": _needles(
        chat="""
        _привет*4 _здравствуй*4 _как_дела*4 _спасибо*3 _пока_*2 _доброе*3 _добрый*3 _кто_ты*3.5 _скучно*2
        """,
        factual="""
        _кто_*1.2 _когда*1.2 _где_*1 _что_такое*1.6 _какая*.7 _какой*.6 _столиц*2.2 _объясни*1.2 _разниц*1.5
        _истори*.8 _почему*.7 _означает*1.2 _работает*.5
        """,
        reasoning="""
        _почему*.8 _логи*1.8 _загадк*2.6 _сравни*1.2 _проанализируй*2 _анализ*1.2 _оцени*1.3 _плюсы_и*1.8
        """,
        math="""
        _вычисли*2.8 _посчитай*2.6 _сколько*1.4 _реши*2.2 _уравнени*2.5 _производн*2.6 _докажи*2.6 _процент*1.4
        _вероятност*2.2 _треугольник*2 _корень*1.6 _интеграл*2.5
        """,
        coding="""
        _функци*1.5 _код_*1.8 _кода_*1.6 _программ*1.4 _скрипт*2 _питон*2 _ошибк*.9 _реализуй*2.2 _алгоритм*1.8
        _баз*.5 _запрос*.9
        """,
        creative="""
        _стих*3.2 _рассказ_*2.2 _историю*2.4 _сказк*2.8 _анекдот*2.8 _шутк*2.4 _песн*2.2 _придумай*1.8
        """,
        instruction="""
        _как_сделать*1.6 _как_мне*1.2 _рецепт*2.2 _список*1.2 _перепиши*2.4 _исправь*2 _улучши*1.4 _письмо*1.6
        _совет*1.4 _план_*1.4
        """,
        extraction="""
        _резюмируй*3.6 _кратко*1.2 _перескажи*3 _извлеки*3.4 _выдели*1.8 _классифицируй*2.8 _основные_мысли*2.4
        _суммируй*3.4
        """,
        translation="""
        _перевед*4.6 _перевод*3 _на_английский*1.8 _на_русский*1.8 _по_английски*1.6
        """,
        hard="""
        _докажи*.22 _подробн*.08 _оптимиз*.1 _распредел*.14 _прост*-.08 _коротк*-.06
        """,
    ),
    "zh": _needles(
        chat="""
        你好*4 您好*4 谢谢*3 早上好*3.5 你是谁*3.5 再见*3 你怎么样*3 好无聊*3 最近怎么样*3
        """,
        factual="""
        什么是*1.6 是什么*1.2 谁是*1.4 是谁*1.4 什么时候*1.3 哪里*1 首都*2.2 解释*1.2 区别*1.5 历史*1 为什么*.7
        多高*.8 哪个*.6
        """,
        reasoning="""
        为什么*.8 逻辑*1.8 谜语*2.6 推理*2.2 比较*1 分析*1.6 评估*1.4 优缺点*1.8
        """,
        math="""
        计算*2.4 多少*1.3 解方程*3 方程*2.2 导数*2.6 证明*2.4 概率*2.2 三角形*2 积分*2.2 平方*1.6 几个*1.2
        求*.6 百分*1.2
        """,
        coding="""
        代码*2.2 函数*1.4 编程*2.2 程序*1.4 脚本*1.8 报错*2 实现*1 算法*1.8 数据库*1.6 写一个python*1
        调试*2.2
        """,
        creative="""
        诗*2.8 故事*2.6 笑话*2.8 歌词*2.6 小说*2.2 作文*1.8 编一个*1.6 童话*2.6
        """,
        instruction="""
        怎么做*1.6 如何*1.2 怎么*.8 食谱*2.2 菜谱*2.2 列出*1.2 计划*1.3 改写*2.4 润色*2.6 修改*1 邮件*1.6
        建议*1.3 步骤*1.3 推荐*1.2
        """,
        extraction="""
        总结*3.4 概括*3.2 摘要*3.2 提取*3.2 分类*2.2 关键词*2 要点*2
        """,
        translation="""
        翻译*4.6 译成*4 用英语怎么说*3.5 用英文*1.4
        """,
        hard="""
        证明*.2 详细*.06 分布式*.16 并发*.16 优化*.08 简单*-.08 简短*-.06
        """,
    ),
    "ja": _needles(
        chat="""
        こんにちは*4 こんばんは*4 おはよう*4 ありがとう*3 元気*3 さようなら*3 あなたは誰*3.5 はじめまして*3.5 暇*2
        """,
        factual="""
        とは*1.4 何ですか*1.4 誰*1.2 いつ*1.2 どこ*1 首都*2.2 説明して*1.2 違い*1.5 歴史*1 なぜ*.7 教えて*.8
        意味*1
        """,
        reasoning="""
        なぜ*.8 論理*1.8 なぞなぞ*2.6 推理*2.2 比較*1.2 分析*1.8 評価*1.3 メリット*1.2
        """,
        math="""
        計算*2.4 いくつ*1.4 いくら*1.2 方程式*2.5 微分*2.5 積分*2.5 証明*2.4 確率*2.2 三角形*2 平方*1.6
        何個*1.6 解いて*2 何人*1
        """,
        coding="""
        コード*2.2 関数*1.6 プログラ*2 スクリプト*2 エラー*1 実装*2 アルゴリズム*1.8 データベース*1.6 バグ*2
        """,
        creative="""
        俳句*3.8 詩*2.8 物語*2.8 冗談*2.4 ジョーク*2.6 歌詞*2.6 小説*2.2 作文*1.8 童話*2.6
        """,
        instruction="""
        方法*1.2 作り方*2 レシピ*2.2 リスト*1 書き直*2.4 添削*2.6 メール*1.6 アドバイス*1.3 計画*1.3 手順*1.3
        おすすめ*1.2 敬語*1.2
        """,
        extraction="""
        要約*3.8 まとめて*2.8 抽出*3.4 分類*2.4 要点*2 箇条書き*1
        """,
        translation="""
        翻訳*4.6 訳して*4.4 英語で*1.4 英語に*2 日本語に*2
        """,
        hard="""
        証明*.2 詳しく*.06 分散*.12 最適化*.1 簡単*-.08 短く*-.06
        """,
    ),
    "ko": _needles(
        chat="""
        안녕*4 고마워*3 감사합니다*2.5 잘_지내*4 반가*3 넌_누구*3.5 심심*2.5
        """,
        factual="""
        누구*1.2 언제*1.3 어디*1 무엇*1 뭐야*1.2 수도*2 설명*1 차이*1.5 역사*1 왜*.6 알려*.8 의미*1 인구*1.2
        """,
        reasoning="""
        왜*.7 논리*1.8 수수께끼*2.6 추론*2.2 비교*1.2 분석*1.8 평가*1.3 장단점*1.8
        """,
        math="""
        계산*2.4 얼마*1.3 몇_개*1.5 몇*.8 방정식*2.5 미분*2.5 적분*2.5 증명*2.4 확률*2.2 삼각형*2 제곱*1.6
        풀어*1.6
        """,
        coding="""
        코드*2.2 파이썬*2.5 자바스크립트*2.5 배열*1 함수*1.6 프로그램*1.4 프로그래밍*1 스크립트*2 에러*1.2 오류*1
        구현*2 알고리즘*1.8 데이터베이스*1.6 버그*2
        """,
        creative="""
        시를*2.8 시_한*2.8 이야기*2 동화*2.8 농담*2.6 가사*2.4 소설*2.2 지어*1.4
        """,
        instruction="""
        방법*1.4 레시피*2.2 목록*1.2 고쳐*1.6 다시_써*2.2 이메일*1.6 메일*1 조언*1.3 계획*1.3 추천*1.3
        정중*1.4
        """,
        extraction="""
        요약*3.8 추출*3.4 분류*2.4 핵심*1.6 정리해*1.6
        """,
        translation="""
        번역*4.6 영어로*2 한국어로*2
        """,
        hard="""
        증명*.2 자세히*.06 분산*.12 최적화*.1 간단*-.08 짧게*-.06
        """,
    ),
    "ar": _needles(
        chat="""
        مرحبا*4 السلام_عليكم*4 كيف_حالك*4 شكرا*3 صباح_الخير*3.5 مساء_الخير*3.5 من_أنت*3
        """,
        factual="""
        ما_هي*1.3 ما_هو*1.3 من_هو*1.4 متى*1.3 أين*1 عاصمة*2.2 اشرح*1.2 الفرق*1.5 تاريخ*1 لماذا*.7 معنى*1.2
        """,
        reasoning="""
        لماذا*.8 منطق*1.8 لغز*2.6 قارن*1.2 حلل*1.8 قيم_*1 مزايا*1.4
        """,
        math="""
        احسب*2.8 كم_*1.3 حل_المعادلة*3 معادلة*2.4 مشتقة*2.5 أثبت*2.6 احتمال*2.2 مثلث*2 تكامل*2.4 نسبة*1.2
        """,
        coding="""
        دالة*1.8 برمج*2 بايثون*2.5 جافا*2 حلقة_تكرار*2 كود*2 برنامج*1.4 خطأ*.8 خوارزمية*1.8 قاعدة_بيانات*1.8
        شفرة*1.6
        """,
        creative="""
        قصيدة*3.4 شعر*2.2 قصة*2.8 نكتة*2.8 أغنية*2.2 حكاية*2.6
        """,
        instruction="""
        كيف_يمكن*1.4 كيف_أ*1.3 طريقة*1.4 وصفة*2.2 قائمة*1.2 أعد_كتابة*2.4 صحح*2.2 بريد*1.4 نصائح*1.4 خطة*1.4
        رسالة*1.3
        """,
        extraction="""
        لخص*3.8 ملخص*3.2 استخرج*3.4 صنف*2.6 النقاط_الرئيسية*2.4
        """,
        translation="""
        ترجم*4.6 ترجمة*3 الإنجليزية*1 إلى_العربية*2
        """,
        hard="""
        أثبت*.22 بالتفصيل*.08 بسيط*-.08 قصير*-.05
        """,
    ),
}

LATIN = ("de", "fr", "es", "it", "pt")
"""Languages whose tables are tried when a short prompt shows no stop words."""
