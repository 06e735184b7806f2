//! The check finds what is missing, where it is, and never lets an unbound character pass.

use crate::folder;
use plan::Files;
use plan::check::{Finding, check};
use proptest::prelude::*;

/// Findings of the invented plan after one edit.
fn after(file: &str, from: &str, to: &str) -> Vec<Finding> {
    let mut files = folder::jiangzhou();
    let text = files.get_mut(file).unwrap();
    assert!(text.contains(from), "{file} holds no {from}");
    *text = text.replacen(from, to, 1);
    check(&files).findings
}

fn line_of(files: &Files, file: &str, words: &str) -> usize {
    files[file].lines().position(|line| line.contains(words)).unwrap() + 1
}

#[test]
fn another_city_needs_no_code() {
    let report = check(&folder::jiangzhou());
    let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    assert_eq!(report.coverage.confirmed, 1);
    let plan = report.plan.unwrap();
    assert_eq!(plan.meta.place, "江州");
    assert_eq!(plan.tasks.len(), 2);
}

#[test]
fn every_edit_that_loses_something_is_found() {
    // (file, words, replacement, what the first finding says)
    let edits = [
        ("text.toml", "推动企业联合研发拆解设备。", "推动企业研发拆解设备。", "原文不一致"),
        ("text.toml", r#"{ measure = "二章3条-甲", text"#, "{ text", "没有绑定，或绑定了不止一处"),
        (
            "text.toml",
            r#"measure = "二章3条-甲", text"#,
            r#"measure = "二章3条-甲", goal = "M1", text"#,
            "没有绑定，或绑定了不止一处",
        ),
        ("text.toml", r#"measure = "二章3条-甲""#, r#"prose = "背景""#, "叙述中出现要求“建设”"),
        ("text.toml", r#"measure = "二章3条-甲""#, r#"measure = "二章3条-丙""#, "举措 二章3条-丙 不存在"),
        ("text.toml", r#"goal = "M1""#, r#"goal = "M9""#, "目标 M9 不存在"),
        ("text.toml", r#"goal = "M1""#, r#"measure = "二章3条-甲""#, "举措文字中有数量“2028”"),
        ("text.toml", r#"prose = "条号""#, r#"prose = " ""#, "叙述没有理由"),
        ("text.toml", "confirmed = { name = \"示例复核人\"", "confirmed = { name = \" \"", "叙述中出现要求"),
        (
            "text.toml",
            r#""commerce", "environment""#,
            r#""environment", "commerce""#,
            "名单中的单位与 units 所列不一致",
        ),
        ("text.toml", r#"units = ["environment"]"#, r#"units = ["nobody"]"#, "责任单位 nobody 不存在"),
        (
            "text.toml",
            "kind = \"heading\"\nlevel = 1\ntext = \"第一章",
            "kind = \"heading\"\ntext = \"第一章",
            "段落字段不符",
        ),
        ("text.toml", r#"anchor = "二章3条-句2""#, r#"anchor = "二章3条-句1""#, "锚点与第"),
        ("text.toml", r#"summary = ["二章2条", "#, r#"summary = ["二章8条", "#, "二章8条 之下没有目标或举措"),
        ("text.toml", "text = \"江政发〔2025〕7号\"", "text = \"江政发〔2025〕8号\"", "文号与 plan.toml 不一致"),
        ("plan.toml", r#""由", "负责", "配合""#, r#""由", "负责""#, "名单中有未识别的文字“配合”"),
        ("goals.toml", "figure.count = 30", "figure.count = 3", "M1 的数值或比较方式与原文用词不符"),
        (
            "goals.toml",
            r#"comparator = "at-least""#,
            r#"comparator = "more-than""#,
            "M1 的数值或比较方式与原文用词不符",
        ),
        ("goals.toml", "2028-12-31", "2029-12-31", "M1 的期限不在规划期内"),
        ("goals.toml", r#"indicator = "recovered""#, r#"indicator = "lost""#, "M1 的指标 lost 不存在"),
        ("tasks.toml", r#"records = ["site"]"#, r#"records = ["sites"]"#, "记录类型 sites 不存在"),
        ("tasks.toml", "benefit = \"line\"\n", "", "事项 line 不属于任何举措"),
        ("units.toml", r#"in-text = ["市商务局"]"#, r#"in-text = ["市商委"]"#, "名单中的单位与 units 所列不一致"),
        ("schedule.toml", r#"lead = "commerce""#, r#"lead = "finance""#, "牵头单位 finance 不在原文"),
        ("schedule.toml", "percent = 100", "percent = 90", "最后一个节点应为 100%"),
        ("schedule.toml", "[\"二章3条\"]", "[\"二章3条\"]\ndistricts = [\"500118\"]", "原文未将该任务交给区县"),
        ("lights.toml", "lag-red-above = 20", "lag-red-above = 2", "红灯阈值应严于黄灯阈值"),
        ("lights.toml", "2025-01-01", "2025-04-01", "规划期首日没有可用的亮灯规则"),
        ("benefits/line.toml", "150万元", "160万元", "benefits/line.toml 的引文与原文不一致"),
        ("benefits/line.toml", "二章4条-句1", "二章4条-句2", "benefits/line.toml 引用的是 二章4条-句2"),
        ("records.toml", "[[record]]", "[[recorded]]", "出现未知的表 [[recorded]]"),
        ("goals.toml", "deadline", "dead-line", "无法读取"),
    ];
    for (file, from, to, expected) in edits {
        let findings = after(file, from, to);
        let found = findings.iter().any(|finding| finding.problem.contains(expected));
        assert!(found, "{file}: {from} -> {to} gave {findings:?}");
    }
}

#[test]
fn a_finding_names_the_real_line_and_the_words() {
    let files = folder::jiangzhou();
    let findings = after("text.toml", r#"measure = "二章3条-乙", text = "鼓励"#, r#"prose = "背景", text = "鼓励"#);
    let finding = findings.first().unwrap();
    assert_eq!(finding.line, line_of(&files, "text.toml", "鼓励高校参与"));
    assert_eq!(finding.anchor.as_ref().unwrap().as_str(), "二章3条-句2");
    assert_eq!(finding.text, "鼓励高校参与。");
    let shown = finding.to_string();
    assert!(shown.starts_with("text.toml:") && shown.contains("第二人具名确认"), "{shown}");
    let measure = after("tasks.toml", r#"records = ["research"]"#, "records = []");
    let finding = measure.iter().find(|finding| finding.file == "tasks.toml").unwrap();
    assert_eq!(finding.line, line_of(&files, "tasks.toml", "二章3条-乙") - 1);
}

#[test]
fn missing_files_are_named() {
    let mut files = folder::jiangzhou();
    files.remove("benefits/line.toml");
    assert!(check(&files).findings[0].problem.contains("缺少条款文件 benefits/line.toml"));
    let findings = check(&Files::new()).findings;
    assert_eq!(findings.len(), 10, "every file the plan needs: {findings:?}");
}

/// Character positions of the binding texts in `text.toml` that are not white space.
fn characters(files: &Files) -> Vec<(usize, char)> {
    let mut positions = Vec::new();
    let mut offset = 0;
    for line in files["text.toml"].split_inclusive('\n') {
        if let Some(at) = line.find("text = \"") {
            let from = at + "text = \"".len();
            let until = line.rfind('"').unwrap();
            positions.extend(line[from..until].char_indices().map(|(i, c)| (offset + from + i, c)));
        }
        offset += line.len();
    }
    positions.retain(|(_, c)| !c.is_whitespace() && *c != '\\' && *c != '"');
    positions
}

#[test]
fn every_character_of_an_accepted_plan_is_bound_prose_or_form() {
    for files in [folder::chongqing(), folder::jiangzhou()] {
        let coverage = check(&files).coverage;
        let counted = coverage.form_characters + coverage.bound_characters + coverage.prose_characters;
        let published = files["published.txt"].chars().filter(|c| !c.is_whitespace()).count();
        assert_eq!((coverage.characters, counted), (published, published));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_plan_that_lost_a_character_passes(choice in any::<prop::sample::Index>(), chongqing in any::<bool>()) {
        let mut files = if chongqing { folder::chongqing() } else { folder::jiangzhou() };
        let positions = characters(&files);
        let (at, c) = positions[choice.index(positions.len())];
        files.get_mut("text.toml").unwrap().replace_range(at..at + c.len_utf8(), "");
        let report = check(&files);
        prop_assert!(report.plan.is_none() && !report.findings.is_empty(), "lost {c} at byte {at}");
    }

    #[test]
    fn no_plan_with_an_unbound_stretch_passes(choice in any::<prop::sample::Index>()) {
        let mut files = folder::chongqing();
        let starts: Vec<_> = files["text.toml"].match_indices("  { ").map(|(at, _)| at).collect();
        let at = starts[choice.index(starts.len())];
        let text = files.get_mut("text.toml").unwrap();
        let end = at + text[at..].find(", text").unwrap();
        text.replace_range(at..end + 1, "  {");
        let report = check(&files);
        prop_assert!(report.findings.iter().any(|finding| finding.problem.contains("没有绑定")));
        prop_assert!(report.plan.is_none());
    }

    #[test]
    fn any_text_is_answered_with_findings_not_a_crash(text in "\\PC{0,200}") {
        let mut files = folder::jiangzhou();
        files.insert("text.toml".into(), text.clone());
        prop_assert!(check(&files).plan.is_none());
        files.insert("published.txt".into(), text);
        prop_assert!(check(&files).plan.is_none());
    }
}
