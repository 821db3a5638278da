"""What a run found in short, in Japanese sentences made from the values of `overview`.

Each function says what its namesake in `english` says.
"""

from pnetlib.stats.permutation import LEVEL
from pnetlib.steps.choice import METHODS
from pnetlib.steps.claims.verdicts import (
    CONTRADICTED,
    PARTLY,
    REPRODUCED,
    UNDECIDED,
    UNTESTABLE,
    p_text,
)

NAMES = {
    "prediction": "予測",
    "markers": "マーカー",
    "networks": "ネットワーク",
    "effects": "制御効果",
    "simulation": "シミュレーション",
    "drugs": "他の薬剤と学習に含まれない組織",
    "searches": "λの探索",
    "ceiling": "測定誤差による上限",
    "laboratory": "別の研究機関",
    "regulons": "既知の制御関係",
    "multiverse": "論文のあらゆる読み方",
}
SIMULATED = "*シミュレーションデータの結果です。実際の細胞株や薬剤については何も示しません。*"
VERDICT_WORDS = {
    REPRODUCED: "再現された",
    PARTLY: "一部再現された",
    CONTRADICTED: "反対の結果となった",
    UNDECIDED: "データからは判断できない",
    UNTESTABLE: "検定できない",
}
TITLES = {
    "C1": "ネットワークに基づくモデルの方が予測がよい",
    "C2a": "Mitomycin-C では Pro が最良",
    "C2b": "5-Fluorouracil では Pro が最良",
    "C2c": "Docetaxel では Pro が最良",
    "C3": "4薬剤に共通する7つのマーカー",
    "C4": "AKR1C1 から ANXA10 へのエッジ",
    "C5a": "感受性細胞株のハブ（ANXA10、ZNF165）",
    "C5b": "耐性細胞株のハブ（AKR1C3、AKR1B10）",
    "C6a": "感受性マーカーの制御効果は感受性細胞株で大きい",
    "C6b": "耐性マーカーの制御効果は耐性細胞株で大きい",
    "C7a": "耐性細胞株では ANXA10 と ZNF165 の制御遺伝子が働かない",
    "C7b": "感受性細胞株では AKR1B10 の制御遺伝子が働かない",
    "C8": "シミュレーションで Pro の遺伝子選択が最良",
}
WHERE = {
    "ST": "論文と同じく、感受性細胞株だけに存在します",
    "RS": "論文と異なり、耐性細胞株だけに存在します",
    "both": "論文と異なり、両群に存在します",
    "neither": "論文と異なり、どちらの群にも存在しません",
}
KIND_WORDS = {"edges": "エッジ", "degrees": "次数", "effects": "制御効果"}
SIDE_WORDS = {"targets": "標的遺伝子への効果", "regulators": "制御遺伝子から受ける効果"}


def missing(step):
    """Say that a run lacks a topic, since a notebook was not run."""
    return f"この実行では計算していません（ノートブック {step}）。"


def verdicts(counts):
    """Say how many of the paper's claims have each verdict."""
    parts = [
        f"{word}もの{counts[verdict]}件"
        for verdict, word in VERDICT_WORDS.items()
        if counts[verdict] or verdict in (REPRODUCED, CONTRADICTED)
    ]
    return f"論文の主張{sum(counts.values())}件の判定は、{_listed(parts)}です。"


def _listed(words):
    return "、".join(map(str, words))


def prediction(found):
    """Say who predicts best, and how network-based and expression-based methods compare."""
    best = [
        f"{_listed(found['best'][method])} では {method}"
        for method in METHODS
        if found["best"][method]
    ]
    if found["tied"]:
        best.append(f"{_listed(found['tied'])} では複数の手法が同じ誤差")
    gain = found["gain"]
    return (
        f"{len(found['drugs'])}薬剤のうち、Pro の平均予測誤差が最小となったのは"
        f"{len(found['best']['Pro'])}薬剤です（最小となった手法: {'；'.join(best)}）。薬剤にわたる平均では、"
        f"ネットワークに基づく手法（Pro、NW.P）の平均二乗誤差は {found['network']:.3f}、発現量だけを用いる手法"
        f"（ELA、LA）の誤差は {found['expression']:.3f} で、差は {_number(gain)}です（薬剤ごとの"
        f"平均による予測では {found['naive']:.3f}）。"
        f"{_of_gain(gain)}{_of_sides(found['sides'], '薬剤にわたる平均で')}"
        "信頼区間はいずれも単独の比較に対するものです。"
    )


def _number(number):
    if number.p is None:
        return f"{number.value:+.3f}（分割が1つのため信頼区間なし）"
    return (
        f"{number.value:+.3f}（95%信頼区間 {number.low:+.3f} ～ {number.high:+.3f}、"
        f"{p_text(number.p)}）"
    )


def _of_gain(gain):
    if gain.p is None or gain.p >= LEVEL:
        return (
            "論文はネットワークに基づく手法の誤差の方が小さいと報告していますが、"
            "ここでの差は偶然の範囲を超えません。"
        )
    if gain.value > 0:
        return "論文の報告は逆で、ネットワークに基づく手法の誤差の方が小さいとしています。"
    return "論文も、ネットワークに基づく手法の誤差の方が小さいと報告しています。"


def _of_sides(found, start):
    words = {
        "better": "より明らかに予測がよく",
        "worse": "より明らかに予測が悪く",
        "open": "との差は明らかでなく",
    }
    if not (found["better"] or found["worse"]):
        return f"{start}、Pro と {_listed(found['open'])} との差は明らかではありません。"
    parts = [f"{_listed(names)} {words[side]}" for side, names in found.items() if names]
    text = f"{start}、Pro は {'、'.join(parts)}"
    for stem, end in (
        ("予測がよく", "予測がよいといえます。"),
        ("予測が悪く", "予測が悪いといえます。"),
        ("明らかでなく", "明らかではありません。"),
    ):
        if text.endswith(stem):
            return text.removesuffix(stem) + end
    return f"{text}。"


def markers(found):
    """Say which of the paper's markers are analysed, and which of them are found."""
    named, inside, hits = found["named"], found["inside"], found["found"]
    outside = [gene for gene in named if gene not in inside]
    own = f"{len(hits)}個（{_listed(hits)}）" if hits else "0個"
    text = (
        f"論文の{len(named)}個のマーカーのうち、本プロジェクトの規則で見つかったのは{own}です。"
        f"この規則では、{found['n_genes']}遺伝子のうち効果の絶対値と次数の平方根の積の順位がすべての薬剤で上位{found['top']}位に入る"
        f"{found['common']}遺伝子を共通マーカーとします。"
    )
    if outside:
        text += (
            f"{_listed(outside)} は、分散の大きい{found['n_genes']}遺伝子に含まれないため、"
            "見つけることができません。"
        )
    return text


def networks(found):
    """Say what was found of the paper's edge, and how many differences are beyond chance."""
    (regulator, target), row = found["name"], found["edge"]
    name = f"{regulator} から {target} へのエッジ"
    if row is None:
        text = f"{name}の両端の遺伝子は、ネットワークの遺伝子にそろっていません。"
    else:
        text = (
            f"{name}の係数の推定値は感受性細胞株で {_coefficient(row['ST'])}、耐性細胞株で "
            f"{_coefficient(row['RS'])} です。{WHERE[row['where']]}。群のラベルを入れ替える"
            f"並べ替え検定では、このエッジ単独で p {row['p']:.2g}、全エッジの中での偽発見率 q は "
            f"{row['q']:.2g} です。群の大きさや推定法を変えた"
            f"{row['others']}通りの設定のうち、感受性細胞株の方が強く p < {LEVEL} となるのは"
            f"{row['clear']}通りです"
            + (
                f"（うち{row['also RS']}通りでは耐性細胞株にもエッジがあります）。"
                if row["clear"]
                else "。"
            )
        )
    return text + _of_counts(found)


def _coefficient(value):
    return f"{value:.2f}" if value else "0"


def _of_counts(found):
    passed = [
        f"{word} {found['tested'][kind]}件のうち{found['found'][kind]}件"
        for kind, word in KIND_WORDS.items()
        if found["found"][kind]
    ]
    text = f"偽発見率（FDR）{LEVEL:.0%}では、"
    text += (
        f"{_listed(passed)}が群間で異なります。"
        if passed
        else f"群間で異なる{'・'.join(KIND_WORDS.values())}はありません。"
    )
    if found["strict"]:
        edges = "；".join(
            f"{row['regulator']} から {row['target']}、感受性細胞株 {_coefficient(row['ST'])}、"
            f"耐性細胞株 {_coefficient(row['RS'])}、調整済み p {row['p_family']:.2g}"
            for row in found["strict"]
        )
        text += (
            "p値ではなく係数の大きさを比べるファミリーワイズの検定を通るエッジは"
            f"{len(found['strict'])}本です（{edges}）。"
        )
    return text


def effects(found):
    """Say how many effects of the named markers are as the paper has them, and how surely."""
    rows, smallest = found["rows"], found["smallest"]
    if not rows:
        return "論文が挙げるマーカーは、ネットワークの遺伝子に含まれていません。"
    text = (
        f"{len(rows)}個の推定値のうち{found['agree']}個は、論文が挙げる群の方が大きくなりました。"
    )
    beyond = [f"{row['marker']}（{SIDE_WORDS[row['side']]}）" for row in found["beyond"]]
    if beyond:
        return f"{text}偶然の範囲を超える差は {_listed(beyond)}です。"
    return (
        f"{text}検定の数を考慮すると、偶然の範囲を超える差はありません。最小の p は "
        f"{smallest['p']:.2g} です（{smallest['marker']}、{SIDE_WORDS[smallest['side']]}、"
        f"q {smallest['q']:.2g}）。"
    )


def simulation(found):
    """Say what Pro selects in simulated data, beside the paper's table."""
    leads, paper = found["leads"], found["paper"]
    ahead = sum(lead.low is not None and lead.low > 0 for lead in leads)
    values = [lead.value for lead in leads]
    own = sorted(found["own"].items(), key=lambda item: -item[1])
    rates = {rate: [row[rate] for row in found["rates"]] for rate in ("TP", "TN")}
    fewer = max(rates["TN"]) < paper["TN"][0]
    return (
        "シミュレーションデータで、どの手法も無関係な遺伝子の5%を選ぶようにそろえると、他の手法との"
        f"{len(leads)}通りの比較のうち{ahead}通りで、Pro が見つける関連遺伝子の方が明らかに多くなります"
        f"（差 {min(values):+.2f} ～ {max(values):+.2f}）。遺伝子自身の発現が作用するかどうかで関連遺伝子を"
        f"定めると、見つかる割合は {_listed(f'{value:.2f}（{method}）' for method, value in own)}です。"
        "λを交差検証で選んだ場合、Pro は関連遺伝子の "
        f"{_listed(f'{v:.2f}' for v in rates['TP'])} を選び（TP）、無関係な遺伝子の "
        f"{_listed(f'{v:.2f}' for v in rates['TN'])} を選びません（TN）"
        "（順に、発現を介する効果、活性を介する効果）。論文の報告は "
        f"TP {_range(paper['TP'])}、TN {_range(paper['TN'])} です。"
        + ("つまり、ここでは論文より多くの無関係な遺伝子を選びます。" if fewer else "")
        + "論文のシミュレーションの設計は、ここでの設計と異なる可能性があります。"
    )


def _range(ends):
    low, high = (f"{end:.2f}" for end in ends)
    return low if low == high else f"{low} ～ {high}"


def drugs(found):
    """Say how Pro compares over further drugs and on unseen tissues."""
    wins = _listed(f"{row['against']} より{row['wins']}薬剤" for row in found["wins"])
    means = _listed(
        f"{row['against']} {row['mean']:+.3f}（{row['low']:+.3f} ～ {row['high']:+.3f}）"
        for row in found["wins"]
    )
    return (
        f"論文の薬剤を含む{found['drugs']}薬剤のうち、Pro の誤差の方が小さいのは、{wins}です。"
        f"{_of_sides(found['sides'], 'これらの平均で')}Pro の誤差から各手法の誤差を引いた差は {means}です。"
        + _of_sides(
            found["tissue sides"], f"学習に含まれない組織では、{found['tissue drugs']}薬剤の平均で"
        )
    )


def searches(found):
    """Say what the search of the lambdas changes compared with a grid."""
    rows = _listed(f"{row['method']} {row['mean']:+.3f}" for row in found["rows"])
    clear = (
        f"変化が明らかなのは {_listed(found['clear'])} です。"
        if found["clear"]
        else "明らかな変化はありません。"
    )
    claims = (
        f"この選択によって判定が変わる主張は {_listed(found['changed'])} です。"
        if found["changed"]
        else f"{_listed(found['claims'])} の判定はどちらでも同じです。"
    )
    return (
        "λを格子点から選ぶ代わりに探索で選ぶと、薬剤にわたって平均した予測誤差の変化は"
        f" {rows} です。{clear}{claims}"
    )


def _of_side(row, below, above, neither):
    return below if row["high"] < 0 else above if row["low"] > 0 else neither


def _interval(row, form, value="mean", low="low", high="high"):
    return f"{row[value]:{form}}（{row[low]:{form}} ～ {row[high]:{form}}）"


def ceiling(found):
    """Say what the noise ceiling makes of the comparison."""
    repeats, pro, left = (
        f"{low:.0%} ～ {high:.0%}" for low, high in (found[k] for k in ("repeats", "pro", "left"))
    )
    text = (
        f"2回測定された{len(found['drugs'])}薬剤の応答では、分散の{repeats}が再現し、Pro はそのうちの"
        f"{pro}を予測します。手法間の差は1薬剤あたり最大で分散の{found['spread']:.0%}ですが、最良の手法でも"
        f"まだ{left}が予測できずに残ります。"
    )
    row = found["gain"]
    if row is None:
        return text
    word = _of_side(row, "悪く", "よく", "明らかには違わず")
    return (
        f"{text}2回目の測定で判定すると、ネットワークに基づく手法による細胞株の順位付けは、他の手法より"
        f"{word}（順位相関の差 {_interval(row, '+.3f')}、{int(row['n'])}薬剤の平均）という結果でした。"
    )


def laboratory(found):
    """Say whether predictions carry over to another laboratory."""
    (worst, low), (best, high) = found["agreement"]
    word = _of_side(found["gain"], "悪い", "よい", "明らかには違わない")
    parts = [
        f"{_listed(found['sides'][side])} より明らかに{word_}"
        for side, word_ in (("better", "よい"), ("worse", "悪い"))
        if found["sides"][side]
    ]
    pro = (
        f"Pro は {'、'.join(parts)}といえます。"
        if parts
        else "Pro と他の手法との差は明らかではありません。"
    )
    return (
        f"別の研究機関も測定した{found['drugs']}薬剤では、両機関の測定値どうしの順位相関は "
        f"{low:.2f}（{worst}）～ {high:.2f}（{best}）です。学習に使わなかった細胞株をその機関の測定値で判定"
        "すると、ネットワークに基づく手法の順位付けは、発現量だけを用いる手法より"
        f"{word}という結果です（{_interval(found['gain'], '+.3f')}、薬剤の平均）。明らかに上回る薬剤は "
        f"{_listed(found['ahead']) or 'なし'}、明らかに下回る薬剤は {_listed(found['behind']) or 'なし'}です。{pro}"
    )


def regulons(found):
    """Say whether the networks contain known edges, and what remains of the named one."""
    names = {"the paper's genes": "論文の遺伝子", "all genes": "全遺伝子"}
    parts = [
        f"{names.get(name, name)}では Pro で {row['pro'][0]:.3f} ～ {row['pro'][1]:.3f}、"
        f"相関だけで {row['correlation']:.3f}"
        for name, row in found["universes"].items()
    ]
    gains = _listed(
        f"{names.get(row['universe'], row['universe'])} {_interval(row, '+.4f')}"
        for row in found["gains"]
    )
    more = all(row["low"] > 0 for row in found["gains"])
    text = (
        "転写因子の既知の標的が他の遺伝子より大きな係数をもつ確率（AUROC、偶然なら0.5）は、"
        f"{'、'.join(parts)}です。同時推定がネットワーク単独の推定より既知のエッジを多く見つけるとは"
        f"{'いえます' if more else '明らかにはいえません'}（差 {gains}）。"
    )
    row = found["edge"]
    if row is None:
        return text
    left = "残ります" if row["partial low"] > 0 else "明らかには残りません"
    return (
        f"{text}転写因子の影響を除くと、{_listed(found['name'])} の相関の感受性細胞株と耐性細胞株との差は "
        f"{_interval(row, '+.2f', 'partial', 'partial low', 'partial high')} で、差は{left}。"
    )


def multiverse(found):
    """Say which claims hold however the paper is read, which depend on a choice, and which never hold."""
    nothing = "なし"
    some = _listed(f"{claim}（{decision}）" for claim, decision in found["some"].items())
    return (
        f"論文が明示していない点について{found['readings']:,}通りの読み方を計算すると、{found['claims']}の主張のうち、"
        "ほとんどの読み方で偶然の範囲を超えて成り立つのは "
        f"{_listed(found['nearly all']) or nothing}、一部の読み方で成り立つのは {some or nothing}（括弧内は結果を"
        f"左右する選択）、ほとんど成り立たないのは {_listed(found['hardly any']) or nothing}、一度も成り立たないのは "
        f"{_listed(found['none']) or nothing} です。推定値だけを見れば、"
        f"{_listed(found['agree']) or nothing} では半数を超える読み方で論文と一致します。一つの読み方で同時に成り立つ"
        f"主張は（結果を見て選んだ読み方で）最大{found['together']['holds']}、推定値が一致する主張は（結果を見て選んだ読み方で）最大{found['together']['agrees']}です。"
    )
