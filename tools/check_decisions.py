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

read_toml, read_json = cache(tomllib.loads), cache(json.loads)

# —— 摘要：GB/T 32905-2016 SM3
def sm3(data):
    """SM3 的直接实现，供 hashlib 没有它时使用；main 用标准附录的例子先验它自己。"""
    mask = 0xFFFFFFFF
    def left(x, n):
        return ((x << n % 32) | (x >> (32 - n % 32))) & mask
    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "big")
    for start in range(0, len(padded), 64):
        w = [int.from_bytes(padded[start + 4 * i:start + 4 * i + 4], "big") for i in range(16)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ left(w[j - 3], 15)
            w.append(x ^ left(x, 15) ^ left(x, 23) ^ left(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            ss1 = left((left(a, 12) + e + left(0x79CC4519 if j < 16 else 0x7A879D8A, j)) & mask, 7)
            ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g)
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

def fen(text):
    """“20000000.00”元 → 分。"""
    yuan, _, rest = text.replace(",", "").partition(".")
    return int(yuan) * 100 + int(rest.ljust(2, "0"))

def parts(text):
    """“4.90%” → 49000。"""
    whole, _, rest = text.rstrip("%").partition(".")
    return int(whole) * 10_000 + int(rest.ljust(4, "0")[:4])

def day(text):
    return date.fromisoformat(text)

# —— 规则：条款文件、当日的解释口径、利率表
class Rules:
    """一条条款在某一天的规则。"""
    def __init__(self, clause, interpretations, rates, on):
        self.on = on
        self.chosen, self.values = {}, {}
        for point, record in interpretations.items():
            # 最后批准的、当日有效的那一次选择。
            holding = [c for c in record["choices"] if c["from"] <= str(on) <= c.get("until", "9999-12-31")]
            if holding:
                key = holding[-1]["chosen"]
                self.chosen[point] = key
                self.values[point] = next(o.get("value") for o in record["options"] if o["key"] == key)
        self.operators = [t for t in clause["term"] if "op" in t] + clause.get("rule", [])
        self.rates = {series["key"]: series["row"] for series in rates["series"]}

    def one(self, *ops):
        return next((o for o in self.operators if o["op"] in ops), None)

    def has(self, op):
        return self.one(op) is not None

    def round(self, numerator, denominator):
        """非负分数化为整数分：四舍五入，或舍去。"""
        if self.chosen["rounding"] == "half-up":
            return (2 * numerator + denominator) // (2 * denominator)
        return numerator // denominator

    @property
    def first_day(self):
        return day(self.values["first-eligible-date"])

    def benchmark(self, on, term):
        """某日公布的某档利率；没有公布为 None。"""
        rows = [row for row in self.rates[self.chosen["rate-series"]] if row["from"] <= str(on)]
        names = {"up-to-one-year": "up_to_one_year", "one-to-five-years": "one_to_five_years",
                 "over-five-years": "over_five_years"}
        rate = max(rows, key=lambda row: row["from"]).get(names[term]) if rows else None
        return None if rate is None else parts(rate)

# —— 基数
def loan_interest(rules, loan):
    if loan["kind"] == "other" or (rules.chosen["loan-kinds"] == "bank-only" and loan["kind"] != "bank"):
        return 0
    begins, until = day(loan["from"]), day(loan["until"])
    counted_from = max(begins, rules.first_day) if rules.has("window") else begins
    if counted_from >= until or (counted_from != begins and not rules.has("prorate")):
        return 0
    extra = 1 if rules.chosen["interest-days"] == "first-and-last" else 0
    counted, whole = (until - counted_from).days + extra, (until - begins).days + extra
    paid = loan["paid"] if counted == whole else rules.round(loan["paid"] * counted, whole)
    if rules.chosen["interest-base"] == "paid":
        return paid
    rate = rules.benchmark(loan["disbursed"] if rules.chosen["rate-date"] == "disbursement" else loan["from"],
                           loan["term"])
    if rate is None:
        return 0
    year = int(rules.values["day-count"])
    benchmark = rules.round(loan["principal"] * rate * counted, WHOLE * year)
    return benchmark if rules.chosen["interest-base"] == "benchmark" else min(paid, benchmark)

def test_fees(rules, facts, year):
    left_out = [("related-parties", "excluded", lambda f: f["related"]),
                ("customers", "design-firms", lambda f: not f["design_firm"]),
                ("customer-location", "in-city", lambda f: not f["in_city"]),
                ("ordinary-business", "opened-only", lambda f: not f["open_capacity"])]
    if rules.has("dedupe"):
        left_out.append(("invoice-sharing", "one-benefit", lambda f: f["supports_platform"]))
    total, seen = 0, set()
    for line in facts["lines"]:
        number = line.get("number")
        repeated = rules.has("dedupe") and number is not None and number in seen
        seen.add(number)
        on = line["invoiced"] if rules.chosen["fee-year"] == "invoice-date" else line.get("performed")
        if repeated or any(rules.chosen[point] == option and applies(line) for point, option, applies in left_out):
            continue
        if on is None or day(on).year != year or (rules.has("window") and day(on) < rules.first_day):
            continue
        total += line["net"] + (line["tax"] if rules.chosen["fee-tax"] == "gross" else 0)
    return total

COST_PARTS = ["staff", "energy", "materials", "maintenance", "rent", "depreciation", "publicly-funded", "other"]

def operating_cost(rules, facts):
    without = {"less-depreciation-and-public": {"depreciation", "publicly-funded"}, "less-public": {"publicly-funded"},
               "all": set()}[rules.chosen["operating-cost"]]
    return sum(amount for part, amount in zip(COST_PARTS, facts["parts"], strict=True) if part not in without)

# —— 测算
def requirements(rules, claim, facts):
    """每一项不符合的条件。"""
    def recognised():
        paper, last = facts.get("recognition"), f"{claim['year']}-12-31"
        valid = paper is not None and paper["from"] <= last <= paper["until"] and paper["checked"]
        return valid or rules.chosen["platform-recognition"] == "not-required"
    holds = {"packaging-test-firm": lambda: claim["packaging_test_firm"],
             "opens-capacity": lambda: facts.get("opens_capacity", False),
             "public-service": lambda: facts.get("public_service", False),
             "municipal-platform": recognised}
    return [o["fact"] for o in rules.operators if o["op"] == "require" and not holds[o["fact"]]()]

def threshold(rules, facts, base):
    test = rules.one("at_least", "more_than")
    if test is None:
        return
    points, value = test.get("interpretations", []), fen(test["value"])
    exclusive = test["op"] == "more_than" or (
        "threshold-inclusive" in points and rules.chosen["threshold-inclusive"] == "exclusive")
    measured = facts["investment"]["paid_in"] if test["fact"] == "paid-in-investment" else base
    if measured < value or (exclusive and measured == value):
        yield "未达到门槛"
    if test["fact"] == "paid-in-investment":
        investment = facts["investment"]
        if day(investment["proven_on"]) > rules.on:
            yield "投资证明晚于测算日"
        if "investment-proof" in points and investment["proof"] == "own-statement" \
                and rules.chosen["investment-proof"] != "any":
            yield "投资没有验资或审计证明"
        needed = parts(rules.values["investment-progress"])
        if "investment-progress" in points and parts(investment["progress"]) < needed:
            yield "建设进度不足"

def award_rate(rules, ceiling, score):
    """得分决定的比例；(比例, 缺得分)。"""
    reading = next((rules.chosen[point] for o in rules.operators if o["op"] in ("rate", "discretionary")
                    for point in o.get("interpretations", []) if point in ("interest-award", "platform-performance")),
                   "at-ceiling")
    if reading == "at-ceiling":
        return ceiling, False
    if score is None:
        return ceiling, True
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
        mine, theirs = claim.get("project"), entry.get("project")
        same_project = scope != "project" or mine is None or theirs is None or mine == theirs
        return same_project and (period == "lifetime" or entry["year"] == claim["year"])
    return sum(entry["amount"] for _, entry in account if counts(entry))

def assess(rules, claim, account):
    """(是否符合, 上限, 金额)；不符合时上限为 0，金额是各项条件都符合时的金额。"""
    (kind, facts), = claim["facts"].items()
    if kind != rules.one("base")["fact"]:
        raise ValueError("申报的事实与条款的基数不符")
    match kind:
        case "loan-interest":
            base = sum(loan_interest(rules, loan) for loan in facts["loans"])
        case "test-fees":
            base = test_fees(rules, facts, claim["year"])
        case "operating-cost":
            base = operating_cost(rules, facts)
    base = min(base, claim.get("verified", base))
    failed = requirements(rules, claim, facts) + list(threshold(rules, facts, max(base, 0)))
    if kind == "operating-cost" and rules.has("window") and date(claim["year"], 1, 1) < rules.first_day:
        failed.append("早于可申报的起始日")
    if base <= 0:
        base = 0
        failed.append("没有可以计入的基数")
    ceiling_rate, cap = parts(rules.one("rate")["value"]), rules.one("cap")
    rate, lacks_score = award_rate(rules, ceiling_rate, claim.get("score"))
    if lacks_score:
        failed.append("没有得分")
    left = max(fen(cap["value"]) - used(rules, cap, account, claim), 0)
    ceiling = min(rules.round(base * ceiling_rate, WHOLE), left)
    award = min(rules.round(base * rate, WHOLE), left)
    if left == 0 or award == 0 or (rules.has("floor_exclude") and award < fen(rules.values["minimum-award"])):
        failed.append("上限用完、金额为零或低于起付额")
    return (False, 0, award) if failed else (True, ceiling, award)

# —— 核对
def check(package):
    """逐份核对；每一处不同是一行文字。"""
    for name in ("clauses", "interpretations", "rates"):
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
        if digest(decision["inputs"]) != grounds["inputs"]:
            yield f"{who}：申报与账户和摘要不符"
        if digest(decision["trace"]) != decision["trace_digest"]:
            yield f"{who}：测算过程和摘要不符"
        claim, account = json.loads(decision["inputs"])
        for origin, entry in account:
            if "claim" in origin and entry["amount"] > awarded.get(origin["claim"], 0):
                yield f"{who}：账户中申报 {origin['claim']} 的 {entry['amount']} 分，超过在先测算的金额"
        clause = read_toml(package["clauses"][grounds["clause"]])
        if clause["benefit"] != claim["benefit"]:
            yield f"{who}：条款是 {clause['benefit']} 的，申报的是 {claim['benefit']}"
        rules = Rules(clause, read_json(package["interpretations"][grounds["interpretations"]]),
                      read_toml(package["rates"][grounds["rates"]]), day(decision["on"]))
        found = assess(rules, claim, account)
        (kind, outcome), = decision["outcome"].items()
        recorded = (True, outcome["ceiling"], outcome["award"]) if kind == "eligible" else (
            False, 0, outcome["potential"])
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
    decisions = package["decisions"]
    total = sum(o["award"] for d in decisions for kind, o in d["outcome"].items() if kind == "eligible")
    told = f"{len(decisions)} 份测算，共 {total // 100:,}.{total % 100:02} 元"
    print(f"{told}：{len(faults)} 处不一致" if faults else f"{told}：金额与摘要全部一致")
    return 1 if faults else 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
