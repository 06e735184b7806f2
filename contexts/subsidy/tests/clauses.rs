//! Clause files: the real ones pass, and each fault is found on its line. A second, invented plan shows that
//! nothing of Chongqing is in the code.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use subsidy::{Account, Clause, Finding, Interpretations, Overrides, Rates, Rulebook, assess};
use support::*;

const INTEREST: &str = "benefits/interest.toml";

fn found(result: Result<Clause, Vec<Finding>>) -> Vec<String> {
    result.err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn the_clauses_carry_out_every_character() {
    let rulebook = rulebook();
    let anchors: Vec<_> = rulebook.clauses.values().map(|clause| clause.source.anchor.to_string()).collect();
    let expected =
        ["三(二)1-句3", "三(二)2-句2", "三(二)1-句1", "二(三)7-句3", "三(二)2-句1", "二(三)9-句3", "三(二)1-句2"];
    assert_eq!(anchors, expected);
    let by_district = rulebook.clauses.values().filter(|clause| clause.by_district()).count();
    assert_eq!(by_district, BY_DISTRICT.len());
    for clause in rulebook.clauses.values() {
        let joined: String = clause.terms.iter().map(|term| term.text.as_ref()).collect();
        assert_eq!(joined, clause.source.quote.as_ref());
        let (prose, all) = clause.prose_share();
        assert!(prose * 10 < all, "{}: {prose} of {all} characters are prose", clause.benefit);
    }
    assert_eq!(rulebook.interpretations.iter().count(), subsidy::Point::ALL.len());
}

#[test]
fn every_fault_is_found_on_its_line() {
    let text = &files()[INTEREST];
    let line_of = |needle: &str| text.lines().position(|line| line.contains(needle)).unwrap() + 1;
    let term = |needle: &str| line_of(&format!("text = \"{needle}")) - 1;
    let cases = [
        ("text = \"50%的比例\"", "text = \"60%的比例\"", term("50%"), "各段须依次连成原文"),
        ("op = \"rate\"", "op = \"share\"", term("50%"), "没有运算“share”"),
        ("value = \"50%\"", "value = \"half\"", term("50%"), "不是百分比"),
        ("op = \"rate\"\nvalue = \"50%\"", "prose = \"比例\"", term("50%"), "像是要求"),
        ("scope = \"enterprise\"\n", "", term("，给予"), "须写明 scope"),
        ("fact = \"loan-interest\"", "fact = \"loans\"", term("企业贷款利息"), "不是此运算可用的事实"),
        ("fact = \"loan-interest\"", "fact = \"loan-interest\"\nvalue = \"1\"", term("企业贷款利息"), "不用 value"),
        ("[[term]]\ntext = \"。\"\nprose = \"句号\"\n", "", line_of("[source]"), "“。”没有绑定"),
        ("value = \"50%\"", "value = \"150%\"", term("50%"), "不超过 100%"),
        ("prose = \"句号\"", "prose = \" \"", term("。"), "须写明理由"),
        ("interpretations = [\"minimum-award\"]", "interpretations = []", line_of("floor_exclude") - 1, "依据的解释点"),
        ("benefit = \"interest\"", "benefit = \"贴息\"", line_of("benefit = "), "不是事项代号"),
        (
            "op = \"window\"",
            "op = \"window\"\nbands = [{ from = 101, rate = \"5%\" }]",
            line_of("\"window\"") - 1,
            "不用 bands",
        ),
    ];
    for (from, to, line, message) in cases {
        assert!(text.contains(from), "{from}");
        let findings = found(Clause::parse(INTEREST, &text.replacen(from, to, 1)));
        let place = format!("{INTEREST}:{line}：");
        let right = findings.iter().any(|finding| finding.starts_with(&place) && finding.contains(message));
        assert!(right, "{from} → {to}: expected {place}…{message}, found {findings:?}");
    }
    let syntax = found(Clause::parse(INTEREST, &text.replacen("op = \"rate\"", "op = rate", 1)));
    assert!(syntax[0].starts_with(&format!("{INTEREST}:{}：", line_of("op = \"rate\""))), "{syntax:?}");
}

#[test]
fn a_named_second_reader_may_confirm_prose() {
    let text = &files()[INTEREST];
    let prose = text.replacen("op = \"rate\"\nvalue = \"50%\"", "prose = \"示例\"", 1);
    let looks_like_a_demand = |text: &str| found(Clause::parse(INTEREST, text)).iter().any(|f| f.contains("像是要求"));
    assert!(looks_like_a_demand(&prose));
    let reader = "prose = \"示例\"\nsecond_reader = { name = \"示例复核岗\", date = \"2026-01-05\" }";
    assert!(!looks_like_a_demand(&prose.replacen("prose = \"示例\"", reader, 1)));
}

#[test]
fn interpretations_and_rates_are_checked_as_well() {
    let text = &files()["interpretations.toml"];
    let cases = [
        ("chosen = \"inclusive\"", "chosen = \"both\"", "不在选项之中"),
        ("value = \"365\"", "value = \"12\"", "不是计息惯例"),
        ("key = \"paid\"", "key = \"unpaid\"", "不是程序能执行的读法"),
        ("point = \"rounding\"", "point = \"reduction\"", "写了两次"),
        ("point = \"rounding\"", "point = \"reduction\"", "缺少解释点“rounding”"),
        ("point = \"rounding\"", "point = \"round\"", "不是解释点"),
    ];
    for (from, to, message) in cases {
        assert!(text.contains(from), "{from}");
        let findings = Interpretations::parse("interpretations.toml", &text.replacen(from, to, 1)).unwrap_err();
        assert!(findings.iter().any(|finding| finding.message.contains(message)), "{from}: {findings:?}");
    }
    assert!(Rates::parse("rates.toml", &RATES.replacen("4.60%", "4.6", 1)).is_err());
    assert!(Rates::parse("rates.toml", &RATES.replacen("2015-10-24", "2015-08-26", 2)).is_err());
}

/// 示例：另一城市的计划——测试费用超过 300 万元的部分才支持，比例与上限都不同。
const OTHER_CITY: &str = r#"
benefit = "wafer-test"
title = "示例·测试补贴"

[source]
document = "示例政发〔2030〕1号"
anchor = "二(一)3-句1"
quote = "年度测试收入突破300万元的企业，按12.5%补贴，每年以150万元为限。"

[[term]]
text = "年度测试收入突破300万元的企业"
op = "more_than"
fact = "claimed-base"
value = "3000000.00"

[[term]]
text = "，按"
prose = "连接词"

[[term]]
text = "12.5%补贴"
op = "rate"
value = "12.5%"

[[term]]
text = "，每年以150万元为限"
op = "cap"
value = "1500000.00"
scope = "enterprise"
period = "year"

[[term]]
text = "。"
prose = "句号"

[[rule]]
op = "base"
interpretations = ["fee-tax"]
"#;

#[test]
fn another_city_is_data() {
    // The base is not named in that sentence, and a rule cannot bring one: the file is refused …
    assert!(Clause::parse("wafer-test.toml", OTHER_CITY).is_err());
    // … until the sentence's own words carry it.
    let text = OTHER_CITY.replace("\n[[rule]]\nop = \"base\"\ninterpretations = [\"fee-tax\"]\n", "").replace(
        "[[term]]\ntext = \"，按\"\nprose = \"连接词\"",
        "[[term]]\ntext = \"，按\"\nop = \"base\"\nfact = \"test-fees\"",
    );
    let files: BTreeMap<String, String> = [
        ("wafer-test.toml".to_owned(), text),
        ("interpretations.toml".to_owned(), files()["interpretations.toml"].clone()),
    ]
    .into();
    let rulebook = Rulebook::parse(&files, "rates.toml", RATES).unwrap();
    let program =
        rulebook.programs(day("2026-06-30"), &Overrides::new()).unwrap().remove(&benefit("wafer-test")).unwrap();
    let award = |fen: i64| {
        let claim = test_fees(2025, vec![fee(None, kernel::Money::from_fen(fen), "2025-02-03")]);
        let claim = subsidy::Claim { benefit: benefit("wafer-test"), ..claim };
        assess(&program, &claim, &Account::default()).unwrap().outcome.award()
    };
    assert_eq!(award(300_000_000), yuan(0), "突破 excludes the number");
    assert_eq!(award(300_000_001), yuan(375_000));
    assert_eq!(award(1_200_000_100), yuan(1_500_000));
}
