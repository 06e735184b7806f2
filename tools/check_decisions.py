#!/usr/bin/env python3
"""独立核对惠企资金测算（decision package）。

    fengce subsidy package --dir 数据目录 --out 包.json
    python3 tools/check_decisions.py 包.json

只用 Python 3.11 标准库，不联网，与主程序没有一行共用的代码，也不读它的测算过程：从条款原文、解释口径、利率表、
申报与上限账户出发，按 docs/assessment-rules.md 写明的规则重算每一份测算，精确到分；并重算每一个国密 SM3 摘要。
全部一致退出码为 0；有一份不同为 1，并指明是哪一份、差在哪里；包不能读为 2。
"""
import hashlib
import json
import sys
import tomllib
from datetime import date
from functools import cache

read_toml, read_json, day = cache(tomllib.loads), cache(json.loads), date.fromisoformat

# —— 摘要：GB/T 32905-2016 SM3
def sm3(data):
    """SM3 的直接实现，供 hashlib 没有它时使用；main 用标准附录的例子先验它自己。"""
    mask = 0xFFFFFFFF
    def left(x, n):
        return ((x << n % 32) | (x >> (32 - n % 32))) & mask
    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "big")
    for start in range(0, len(padded), 64):
        w = [int.from_bytes(padded[at:at + 4], "big") for at in range(start, start + 64, 4)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ left(w[j - 3], 15)
            w.append(x ^ left(x, 15) ^ left(x, 23) ^ left(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            t, ff, gg = (0x79CC4519, a ^ b ^ c, e ^ f ^ g) if j < 16 else (
                0x7A879D8A, (a & b) | (a & c) | (b & c), (e & f) | (~e & g))
            ss1 = left((left(a, 12) + e + left(t, j)) & mask, 7)
            tt1 = (ff + d + (ss1 ^ left(a, 12)) + (w[j] ^ w[j + 4])) & mask
            tt2 = (gg + h + ss1 + w[j]) & mask
            a, b, c, d, e, f, g, h = tt1, a, left(b, 9), c, tt2 ^ left(tt2, 9) ^ left(tt2, 17), e, left(f, 19), g
        state = [x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h))]
    return b"".join(x.to_bytes(4, "big") for x in state).hex()

def digest(text):
    data = text.encode("utf-8")
    return hashlib.new("sm3", data).hexdigest() if "sm3" in hashlib.algorithms_available else sm3(data)

# —— 数：金额以分为单位的整数，比例以百万分之一为单位的整数
WHOLE = 1_000_000

def fixed(text, places):
    """小数文字 → 整数：“4.90”取 4 位为 49000。"""
    whole, _, rest = text.replace(",", "").partition(".")
    return int(whole + rest.ljust(places, "0")[:places])

def fen(text):
    return fixed(text, 2)

def parts(text):
    return fixed(text.rstrip("%"), 4)

# —— 规则：条款文件、当日的解释口径、利率表
class Rules:
    """一条条款在某一天的规则；由区县定额的，district 是区县细则。"""
    def __init__(self, clause, interpretations, rates, district, on):
        self.on, self.district = on, district
        self.chosen, self.values = {}, {}
        for point, record in interpretations.items():
            # 最后批准的、当日有效的那一次选择。
            holding = [c for c in record["choices"] if c["from"] <= str(on) <= c.get("until", "9999-12-31")]
            if holding:
                self.chosen[point] = key = holding[-1]["chosen"]
                self.values[point] = next(o.get("value") for o in record["options"] if o["key"] == key)
        self.operators = [t for t in clause["term"] if "op" in t] + clause.get("rule", [])
        self.rates = {series["key"]: series["row"] for series in rates["series"]}

    def one(self, *ops):
        return next((o for o in self.operators if o["op"] in ops), None)

    def round(self, numerator, denominator):
        """非负分数化为整数分：四舍五入，或舍去。"""
        half = denominator if self.chosen["rounding"] == "half-up" else 0
        return (2 * numerator + half) // (2 * denominator)

    @property
    def first_day(self):
        """可申报的起始日；条款没有 window 的不限。"""
        return day(self.values["first-eligible-date"]) if self.one("window") else date.min

    def benchmark(self, on, term):
        """某日公布的某档利率；没有公布为 0。"""
        rows = [row for row in self.rates[self.chosen["rate-series"]] if row["from"] <= str(on)]
        return parts(max(rows, key=lambda row: row["from"]).get(term.replace("-", "_"), "0") if rows else "0")

# —— 基数
def loan_interest(rules, loan):
    if loan["kind"] == "other" or (rules.chosen["loan-kinds"] == "bank-only" and loan["kind"] != "bank"):
        return 0
    begins, until = day(loan["from"]), day(loan["until"])
    counted_from = max(begins, rules.first_day)
    if counted_from >= until or (counted_from != begins and not rules.one("prorate")):
        return 0
    extra = 1 if rules.chosen["interest-days"] == "first-and-last" else 0
    counted, whole = (until - counted_from).days + extra, (until - begins).days + extra
    paid = loan["paid"] if counted == whole else rules.round(loan["paid"] * counted, whole)
    if rules.chosen["interest-base"] == "paid":
        return paid
    on = loan["disbursed"] if rules.chosen["rate-date"] == "disbursement" else loan["from"]
    rate = rules.benchmark(on, loan["term"])
    benchmark = rules.round(loan["principal"] * rate * counted, WHOLE * int(rules.values["day-count"]))
    return benchmark if rules.chosen["interest-base"] == "benchmark" else min(paid, benchmark)

def lines_once(rules, facts):
    """明细各行；条款有 dedupe 的，发票号在前面出现过的行不计。"""
    seen = set()
    for line in facts["lines"]:
        number = line.get("number")
        if number is None or number not in seen or not rules.one("dedupe"):
            yield line
        seen.add(number)

def test_fees(rules, facts, year):
    left_out = [("related-parties", "excluded", lambda f: f["related"]),
                ("customers", "design-firms", lambda f: not f["design_firm"]),
                ("customer-location", "in-city", lambda f: not f["in_city"]),
                ("ordinary-business", "opened-only", lambda f: not f["open_capacity"]),
                ("invoice-sharing", "one-benefit", lambda f: f["supports_platform"] and rules.one("dedupe"))]
    total = 0
    for line in lines_once(rules, facts):
        on = line["invoiced"] if rules.chosen["fee-year"] == "invoice-date" else line.get("performed")
        if any(rules.chosen[point] == option and applies(line) for point, option, applies in left_out):
            continue
        if on is not None and day(on).year == year and day(on) >= rules.first_day:
            total += line["net"] + (line["tax"] if rules.chosen["fee-tax"] == "gross" else 0)
    return total

COST_PARTS = ["staff", "energy", "materials", "maintenance", "rent", "depreciation", "publicly-funded", "other"]
ENTRY_PARTS = ["rent", "purchase", "fit-out", "utilities", "telecom"]

def operating_cost(rules, facts):
    without = {"less-depreciation-and-public": ("depreciation", "publicly-funded"), "less-public": ("publicly-funded",)}
    without = without.get(rules.chosen["operating-cost"], ())
    return sum(amount for part, amount in zip(COST_PARTS, facts["parts"], strict=True) if part not in without)

# —— 区县细则
def tier(rules, amount):
    """越过的最高一档的金额；一档都没有越过为 0。"""
    return max((t["amount"] for t in rules.district["grant"]["tiers"] if amount > t["over"]), default=0)

def breakthrough(rules, facts, revenue):
    before, now = tier(rules, facts["highest_before"]), tier(rules, revenue)
    return 0 if now <= before else now - (before if rules.chosen["first-breakthrough"] == "difference" else 0)

def entry_cost(rules, facts, year):
    entered, sums = day(facts["entered"]), dict.fromkeys(ENTRY_PARTS, 0)
    last = entered.year * 12 + entered.month + int(rules.values["entry-period"]), entered.day
    for line in lines_once(rules, facts):
        on = day(line["paid"])
        if on.year == year and on >= max(entered, rules.first_day) and (on.year * 12 + on.month, on.day) <= last:
            sums[line["part"]] += line["amount"]
    shares = zip(sums.values(), rules.district["grant"]["by-part"], strict=True)
    return sum(rules.round(max(total, 0) * parts(rate), WHOLE) for total, rate in shares)

# —— 测算
def meets_requirements(rules, claim, facts):
    paper, last = facts.get("recognition"), f"{claim['year']}-12-31"
    recognised = paper is not None and paper["from"] <= last <= paper["until"] and paper["checked"]
    holds = {"packaging-test-firm": claim["packaging_test_firm"],
             "opens-capacity": facts.get("opens_capacity", False), "public-service": facts.get("public_service", False),
             "municipal-platform": recognised or rules.chosen["platform-recognition"] == "not-required"}
    return all(holds[o["fact"]] for o in rules.operators if o["op"] == "require")

def passes(rules, facts, base):
    """是否达到门槛：金额，以及到位投资的证明日期、证明种类、建设进度。"""
    test = rules.one("at_least", "more_than")
    if test is None:
        return True
    points, value = test.get("interpretations", []), fen(test["value"])
    exclusive = test["op"] == "more_than" or (
        "threshold-inclusive" in points and rules.chosen["threshold-inclusive"] == "exclusive")
    if test["fact"] != "paid-in-investment":
        return base > value if exclusive else base >= value
    investment, needed = facts["investment"], parts(rules.values["investment-progress"])
    proven = investment["proof"] != "own-statement" or rules.chosen["investment-proof"] == "any"
    return ((investment["paid_in"] > value if exclusive else investment["paid_in"] >= value)
            and day(investment["proven_on"]) <= rules.on and ("investment-proof" not in points or proven)
            and ("investment-progress" not in points or parts(investment["progress"]) >= needed))

def award_rate(rules, ceiling, score):
    """得分决定的比例；(比例, 缺得分)。"""
    reading = next((rules.chosen[point] for o in rules.operators if o["op"] in ("rate", "discretionary")
                    for point in o.get("interpretations", []) if point in ("interest-award", "platform-performance")),
                   "at-ceiling")
    if reading == "at-ceiling" or score is None:
        return ceiling, reading != "at-ceiling"
    if reading == "by-score":
        return ceiling * score // 10_000, False
    reached = [band for band in rules.one("tier")["bands"] if band["from"] * 100 <= score]
    return (min(ceiling, parts(reached[0]["rate"])) if reached else 0), False

def used(rules, cap, account, claim):
    """账户中计入这一上限的金额。"""
    scope, period = cap["scope"], cap["period"]
    if "interest-cap-scope" in cap.get("interpretations", []):
        scope, period = rules.chosen["interest-cap-scope"].split("-")
    def counts(entry):
        projects = {claim.get("project"), entry.get("project")} - {None}
        return (scope != "project" or len(projects) < 2) and (period == "lifetime" or entry["year"] == claim["year"])
    return sum(entry["amount"] for _, entry in account if counts(entry))

def assess(rules, claim, account):
    """(是否符合, 上限, 金额)；不符合时上限为 0，金额是各项条件都符合时的金额。"""
    (kind, facts), = claim["facts"].items()
    if kind != rules.one("base")["fact"]:
        raise ValueError("申报的事实与条款的基数不符")
    grant = rules.district["grant"] if rules.district else {}
    base = {"loan-interest": lambda: sum(loan_interest(rules, loan) for loan in facts["loans"]),
            "test-fees": lambda: test_fees(rules, facts, claim["year"]),
            "operating-cost": lambda: operating_cost(rules, facts),
            "annual-revenue": lambda: facts["revenue"], "project-investment": lambda: facts["total"],
            "entry-cost": lambda: entry_cost(rules, facts, claim["year"]),
            "trained-persons": lambda: sum(n * grant["per-person"][of] for of, n in facts.items())}[kind]()
    base = min(base, claim.get("verified", base))
    if "tiers" in grant:
        base = breakthrough(rules, facts, base) if kind == "annual-revenue" else tier(rules, base)
    positive, base = base > 0, max(base, 0)
    yearly = kind in ("operating-cost", "annual-revenue", "trained-persons")
    elsewhere = "talent-fund" in (rules.one("payer") or {}).get("interpretations", []) \
        and rules.chosen["talent-fund"] == "talent-budget"
    meets = positive and meets_requirements(rules, claim, facts) and passes(rules, facts, base) and not elsewhere \
        and not (yearly and date(claim["year"], 1, 1) < rules.first_day)
    cap = rules.district["cap"] if rules.district else rules.one("cap")
    most = cap["value"] if rules.district else fen(cap["value"])
    ceiling_rate = parts(grant.get("share", "100%") if rules.district else rules.one("rate")["value"])
    rate, lacks_score = award_rate(rules, ceiling_rate, claim.get("score"))
    left = max(most - used(rules, cap, account, claim), 0)
    ceiling = min(rules.round(base * ceiling_rate, WHOLE), left)
    award = min(rules.round(base * rate, WHOLE), left)
    enough = award > 0 and (not rules.one("floor_exclude") or award >= fen(rules.values["minimum-award"]))
    return (True, ceiling, award) if meets and enough and not lacks_score else (False, 0, award)

# —— 核对
def check(package):
    """逐份核对；每一处不同是一行文字。"""
    for name in ("clauses", "interpretations", "rates", "parameters"):
        for expected, text in package[name].items():
            if digest(text) != expected:
                yield f"{name} {expected[:12]}：内容与摘要不符"
    awarded = {}
    for decision in package["decisions"]:
        who = f"测算 {decision['id']}（{decision['firm']}）"
        grounds = decision["grounds"]
        if grounds["engine"] != 1:
            yield f"{who}：由第 {grounds['engine']} 版规则作出，本程序只会第 1 版"
            continue
        for what, name, expected in (("申报与账户", "inputs", grounds["inputs"]),
                                     ("测算过程", "trace", decision["trace_digest"])):
            if digest(decision[name]) != expected:
                yield f"{who}：{what}和摘要不符"
        claim, account = json.loads(decision["inputs"])
        for origin, entry in account:
            if "claim" in origin and entry["amount"] > awarded.get(origin["claim"], 0):
                yield f"{who}：账户中申报 {origin['claim']} 的 {entry['amount']} 分，超过在先测算的金额"
        clause = read_toml(package["clauses"][grounds["clause"]])
        if clause["benefit"] != claim["benefit"]:
            yield f"{who}：条款是 {clause['benefit']} 的，申报的是 {claim['benefit']}"
        district = read_json(package["parameters"][grounds["parameters"]]) if "parameters" in grounds else None
        if district and not ((district["benefit"], district["district"]) == (claim["benefit"], claim.get("district"))
                             and district["from"] <= decision["on"] <= district.get("until", "9999-12-31")):
            yield f"{who}：区县细则不是这一事项、区县或日期的"
        rules = Rules(clause, read_json(package["interpretations"][grounds["interpretations"]]),
                      read_toml(package["rates"][grounds["rates"]]), district, day(decision["on"]))
        found = assess(rules, claim, account)
        (kind, outcome), = decision["outcome"].items()
        recorded = (kind == "eligible", outcome.get("ceiling", 0), outcome.get("award", outcome.get("potential")))
        if found != recorded:
            yield f"{who}：重算为（符合、上限、金额）{found}，记录为 {recorded}，单位为分"
        awarded[decision["claim_id"]] = recorded[2] if recorded[0] else 0

def main(path):
    assert sm3(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0", "SM3 实现有误"
    try:
        with open(path, encoding="utf-8") as file:
            package = json.load(file)
        if package["form"] != "fengce-decisions-1":
            raise ValueError(f"不认识的格式 {package['form']}")
        faults = list(check(package))
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"{path} 不能核对：{error!r}", file=sys.stderr)
        return 2
    for fault in faults:
        print(fault, file=sys.stderr)
    total = sum(o["award"] for d in package["decisions"] for kind, o in d["outcome"].items() if kind == "eligible")
    told = f"{len(package['decisions'])} 份测算，共 {total // 100:,}.{total % 100:02} 元"
    print(f"{told}：{len(faults)} 处不一致" if faults else f"{told}：金额与摘要全部一致")
    return 1 if faults else 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
