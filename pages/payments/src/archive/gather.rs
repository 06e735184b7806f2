//! A case as a volume: every part of it in the order in which it came about, and every file.

use cases::adverse::{AdverseDecision, Kind, Method, Stage as Decided};
use cases::challenge::Answer as Answered;
use cases::voucher::Use;
use cases::{Call, Case, view};
use kernel::timeline::Step;
use kernel::{Date, Evidence};
use office::State;
use office::claims::claim_of;
use report::archive::{Block, Filed, Section, Volume};
use subsidy::trace::StepResult;
use subsidy_pages::{actor_name, benefit_title, facts_in_words};

use crate::payment::benefit_name;
use crate::readers::{channel_words, division_name, order_number};
use crate::reconciliation::plan_of;
use cases_pages::case_head::number;
use cases_pages::viewer::firm_name;

/// A file of the case with where it lies.
pub struct Part {
    /// As the volume names it.
    pub filed: Filed,
    /// As it is kept.
    pub evidence: Evidence,
}

/// Files in the order they are bound; one that two records name is bound once.
#[derive(Default)]
struct Files(Vec<Part>);

impl Files {
    fn bind(&mut self, folder: &str, what: impl Into<String>, evidence: &Evidence) {
        if self.0.iter().any(|part| part.evidence.digest == evidence.digest) {
            return;
        }
        let filed = Filed {
            what: what.into(),
            name: evidence.name.clone(),
            path: Filed::place(folder, self.0.len() + 1, &evidence.name),
            size: evidence.size,
            digest: evidence.digest.to_string(),
        };
        self.0.push(Part { filed, evidence: evidence.clone() });
    }
}

fn pair(label: &str, value: impl ToString) -> (String, String) {
    (label.to_owned(), value.to_string())
}

fn yuan(amount: kernel::Money) -> String {
    format!("{amount} 元")
}

/// What is being gathered.
struct Gathering<'a> {
    state: &'a State,
    case: &'a Case,
    call: &'a Call,
    files: Files,
}

/// The volume of a case as of a day, with its files.
pub fn volume(state: &State, call: &Call, case: &Case, day: Date) -> (Volume, Vec<Part>) {
    let mut gathering = Gathering { state, case, call, files: Files::default() };
    let sections = vec![
        gathering.basis(),
        gathering.claim(),
        gathering.material(),
        gathering.reviews(),
        gathering.assessment(),
        gathering.decision(),
        gathering.notices(),
        gathering.payment(),
        gathering.acceptance(),
        gathering.adverse(),
        gathering.timeline(),
    ];
    let firm = firm_name(state, case.applicant.firm);
    let cover = vec![
        pair("办件编号", number(case)),
        pair("企业", &firm),
        pair("统一社会信用代码", case.applicant.firm),
        pair("主管区县", division_name(state, case.applicant.district)),
        pair("事项", benefit_name(state, case)),
        pair("年度", case.year),
        pair("申报批次", &call.terms.title),
        pair("现在", case.stage.kind().label()),
        pair("申请金额", case.material().map_or_else(String::new, |material| yuan(material.applied))),
        pair("审定金额", yuan(case.stage.decided())),
        pair("实付（扣除退回、退还）", yuan(case.purse.net())),
        pair("立卷截至", day),
        pair("办件标识", case.id),
    ];
    let parts = gathering.files.0;
    let volume = Volume {
        title: format!("{firm} {}", call.terms.title),
        number: number(case),
        cover,
        sections,
        files: parts.iter().map(|part| part.filed.clone()).collect(),
        sample: state.city.identity().is_some_and(|city| city.demonstration),
        day,
    };
    (volume, parts)
}

impl Gathering<'_> {
    fn basis(&mut self) -> Section {
        let (state, terms) = (self.state, &self.call.terms);
        let plan = state.plan.document(&terms.sentence.plan);
        let words = plan.and_then(|plan| Some(plan.sentence(&terms.sentence.anchor)?.text())).unwrap_or_default();
        let rule = state.cases.fund_rule(terms.rule);
        let mut pairs = vec![pair(&format!("行动计划 {}", terms.sentence.anchor), words)];
        if let Some(rule) = rule {
            let document = &rule.document;
            self.files.bind("01-依据", format!("资金管理办法 · {}", document.number), &document.file);
            pairs.push(pair(
                "资金管理办法",
                format!("《{}》（{}），{} 起施行", document.title, document.number, document.from),
            ));
        }
        let opened = self.case.passages.first().map_or(Date::MAX, |passage| passage.entered);
        if let Some(found) = state.cases.fair_competition(&terms.benefit, terms.rule, opened) {
            let review = &found.review;
            self.files.bind("01-依据", "公平竞争审查", &review.evidence);
            let words = format!(
                "{}，{} 审查，{}，有效至 {}",
                review.body,
                review.on,
                review.conclusion.label(),
                review.expires
            );
            pairs.push(pair("公平竞争审查", words));
        }
        if let Some(notice) = self.call_notice() {
            let words = format!("《{}》（{}），{} 发布", notice.title, notice.number, notice.from);
            pairs.push(pair("申报通知", words));
            self.files.bind("01-依据", "申报通知", &notice.file);
        }
        pairs.push(pair("申报期", format!("{} 至 {}", terms.window.from(), terms.window.until())));
        pairs.push(pair("申报范围", &terms.scope));
        pairs.push(pair("批次预算", yuan(terms.budget)));
        Section::new("依据").with(Block::Pairs(pairs))
    }

    fn call_notice(&self) -> Option<std::sync::Arc<cases::document::Document>> {
        use cases::call::Stage;
        match &self.call.stage {
            Stage::Draft => None,
            Stage::Published { notice }
            | Stage::Open { notice }
            | Stage::Closed { notice, .. }
            | Stage::Settled { notice } => Some(notice.clone()),
        }
    }

    fn claim(&mut self) -> Section {
        let mut section = Section::new("申报");
        for fact in &self.case.facts {
            let supplier = self.state.organisation_name(&fact.supplier);
            let words =
                format!("{}（{supplier} 提供，依据{}，数据截至 {}）", fact.what, fact.authorisation, fact.as_of);
            self.files.bind("02-申报", "免申即享比对数据", &fact.file);
            section = section.with(Block::Pairs(vec![pair("比对事实", words)]));
        }
        let filed = self.state.subsidy.filed(claim_of(self.case.id));
        if let Some(record) = filed {
            section = section
                .with(Block::Heading("申报事实".to_owned()))
                .with(Block::Pairs(facts_in_words(&record.filed.claim.facts)));
        }
        let versions = self.case.versions.iter().enumerate().map(|(index, version)| {
            vec![
                (index + 1).to_string(),
                kernel::date::minute(version.recorded.at),
                actor_name(self.state, &version.recorded.actor),
                version.material.applied.to_string(),
                version.material.claim.short(),
            ]
        });
        section = section.with(Block::Heading("历次提交".to_owned())).with(Block::Table(
            vec!["次", "时间", "提交人", "申请金额（元）", "申报事实摘要"],
            versions.collect(),
            vec![3],
        ));
        let Some(material) = self.case.material() else { return section };
        let supports: Vec<_> = material.supports.iter().map(ToString::to_string).collect();
        let received = material
            .received
            .iter()
            .map(|one| vec![one.department.clone(), one.document.clone(), one.amount.to_string()]);
        let project = material.project.clone().map(|project| pair("项目", project));
        let supported = (!supports.is_empty()).then(|| pair("所依据的发票、借款", supports.join("、")));
        section.with(Block::Pairs(project.into_iter().chain(supported).collect())).with(Block::Table(
            vec!["已获其他资金：来源", "文号", "金额（元）"],
            received.collect(),
            vec![2],
        ))
    }

    fn material(&mut self) -> Section {
        let mut rows = Vec::new();
        for (index, version) in self.case.versions.iter().enumerate() {
            for item in &self.call.terms.checklist {
                for file in version.material.items.get(&item.key).into_iter().flatten() {
                    let known = rows.iter().any(|(digest, _)| *digest == file.digest);
                    self.files.bind("03-申报材料", format!("申报材料 · {}", item.title), file);
                    if !known {
                        let row =
                            vec![item.title.clone(), file.name.clone(), (index + 1).to_string(), file.digest.short()];
                        rows.push((file.digest, row));
                    }
                }
            }
        }
        let rows = rows.into_iter().map(|(_, row)| row).collect();
        Section::new("申报材料").with(Block::Table(vec!["材料", "文件", "首次提交", "摘要"], rows, vec![2]))
    }

    fn reviews(&mut self) -> Section {
        let mut section = Section::new("审核");
        if let Some(related) = &self.case.related {
            let rows = related.iter().map(|related| vec![related.way()]).collect::<Vec<_>>();
            let words = format!("核对到关联方 {} 个；关联人员不得经办本案。", related.len());
            section = section.with(Block::Text(words)).with(Block::Table(vec!["关联关系"], rows, Vec::new()));
        }
        if let Some(audit) = self.case.audit.clone() {
            self.files.bind("04-审核", "审计报告", &audit.report);
            section = section.with(Block::Heading("审计".to_owned())).with(Block::Pairs(vec![
                pair("审计机构", self.state.organisation_name(&audit.auditor)),
                pair("核定基数", yuan(audit.verified)),
                pair("意见", &audit.opinion),
                pair("报告", &audit.report.name),
            ]));
        }
        if !self.case.opinions.is_empty() {
            let opinions = self.case.opinions.values().enumerate();
            let rows = opinions.map(|(index, opinion)| vec![format!("专家 {}", index + 1), opinion.to_string()]);
            section = section.with(Block::Heading("专家评审".to_owned())).with(Block::Table(
                vec!["专家", "意见"],
                rows.collect(),
                Vec::new(),
            ));
        }
        if let Some(score) = self.case.score {
            let words = format!("专家平均分 {}.{:02} 分。", score / 100, score % 100);
            section = section.with(Block::Text(words));
        }
        let steps = view::timeline(&self.state.cases, self.case);
        let reviews = ["区县初审通过", "区县退回补正", "市级退回补正", "市级复核通过", "回避", "汇总测算"];
        let rows = steps.iter().filter(|step| reviews.contains(&step.title.as_str())).map(|step| self.step(step));
        section.with(Block::Heading("审核意见".to_owned())).with(Block::Table(
            vec!["时间", "环节", "经办", "意见"],
            rows.collect(),
            Vec::new(),
        ))
    }

    fn step(&self, step: &Step) -> Vec<String> {
        vec![
            kernel::date::minute(step.recorded.at),
            step.title.clone(),
            actor_name(self.state, &step.recorded.actor),
            step.note.clone().unwrap_or_default(),
        ]
    }

    fn assessment(&self) -> Section {
        let section = Section::new("资金测算");
        let Some(record) = self.state.subsidy.decision_on(claim_of(self.case.id)) else {
            return section.with(Block::Text("没有测算。".to_owned()));
        };
        let decision = &record.decision;
        let grounds = decision.grounds;
        let pairs = vec![
            pair("事项", benefit_title(self.state, &decision.claim.benefit)),
            pair("测算日期", decision.on),
            pair("规则引擎", format!("第 {} 版", grounds.engine)),
            pair("条款摘要", grounds.clause),
            pair("解释口径摘要", grounds.interpretations),
            pair("利率表摘要", grounds.rates),
            pair("申报与账户摘要", grounds.inputs),
            pair("测算过程摘要", decision.trace),
            pair("本次上限", yuan(decision.outcome.ceiling())),
            pair("测算金额", yuan(decision.outcome.award())),
        ];
        let section = section.with(Block::Pairs(pairs));
        let again = match subsidy::recompute(&self.state.subsidy, decision.id) {
            Ok(again) => again,
            Err(error) => return section.with(Block::Text(format!("立卷时无法重算：{error}"))),
        };
        let agrees = if again.agrees {
            "立卷时重算，结果与记录一致。"
        } else {
            "立卷时重算，结果与记录不一致，请报告审计监督。"
        };
        let rows = again.assessment.trace.lines.iter().map(|line| {
            let basis: Vec<_> = line.basis.iter().map(ToString::to_string).collect();
            let result = match line.result {
                StepResult::Amount(amount) => amount.to_string(),
                StepResult::Met => "符合".to_owned(),
                StepResult::NotMet => "不符合".to_owned(),
                StepResult::LeftOut => "不计入".to_owned(),
            };
            vec![line.step.clone(), basis.join("；"), result]
        });
        section.with(Block::Text(agrees.to_owned())).with(Block::Table(
            vec!["步骤", "依据", "结果"],
            rows.collect(),
            vec![2],
        ))
    }

    fn decision(&mut self) -> Section {
        let section = Section::new("会议审定");
        let Some(award) = self.case.stage.award().copied() else {
            return section.with(Block::Text("没有生效的审定。".to_owned()));
        };
        let mut pairs = vec![pair("审定金额", yuan(award.amount)), pair("预算份额", yuan(award.share))];
        if let Some(meeting) = self.state.cases.meeting(award.meeting) {
            self.files.bind("05-审定", "会议纪要", &meeting.minutes);
            pairs.push(pair("会议日期", meeting.on));
            pairs.push(pair("参会", format!("{} 人", meeting.attendees.len())));
            let left = meeting.recused.get(&self.case.id).map_or(0, std::collections::BTreeSet::len);
            pairs.push(pair("本案回避", format!("{left} 人")));
            pairs.push(pair("会议纪要", &meeting.minutes.name));
        }
        section.with(Block::Pairs(pairs))
    }

    fn notices(&mut self) -> Section {
        let mut section = Section::new("公示与异议");
        let shown = self.state.cases.notices().filter(|notice| notice.cases.contains_key(&self.case.id));
        for notice in shown {
            self.files.bind("06-公示", "公示页面截图", &notice.capture);
            section = section.with(Block::Pairs(vec![
                pair("公示", format!("{} 至 {}", notice.on, notice.until.due)),
                pair("网址", &notice.url),
                pair("公示金额", notice.cases.get(&self.case.id).copied().map(yuan).unwrap_or_default()),
            ]));
        }
        // Who objected and in what words stays sealed; that somebody did, and the answer, is part of the case.
        let objections = self.state.cases.objections().filter(|objection| objection.said.case == self.case.id);
        let rows = objections.map(|objection| {
            let (answer, reasons) = match &objection.answer {
                Answered::Open => ("未答复", String::new()),
                Answered::Upheld { reasons, .. } => ("成立", reasons.clone()),
                Answered::Dismissed { reasons, .. } => ("不成立", reasons.clone()),
            };
            vec![objection.recorded.day().to_string(), answer.to_owned(), reasons]
        });
        section.with(Block::Table(vec!["收到异议", "答复", "理由"], rows.collect(), Vec::new()))
    }

    fn payment(&mut self) -> Section {
        let state = self.state;
        let mut section = Section::new("资金计划与拨付");
        if let Some(record) = plan_of(&self.case.stage).and_then(|plan| state.cases.funding_plan(plan)) {
            self.files.bind("07-拨付", "资金计划", &record.plan.document);
            let amount = record.plan.amounts.get(&self.case.id).copied().unwrap_or_default();
            section = section.with(Block::Pairs(vec![
                pair("资金计划", format!("{}（{} 登记）", record.plan.number, record.recorded.day())),
                pair("计划金额", yuan(amount)),
            ]));
        }
        let mut orders: Vec<_> = state.cases.orders().filter(|record| record.order.case == self.case.id).collect();
        orders.sort_by_key(|record| record.recorded.sequence);
        let rows = orders.iter().map(|record| {
            vec![
                order_number(record),
                record.recorded.day().to_string(),
                channel_words(state, record.order.channel),
                record.order.amount.to_string(),
                record.stage.label().to_owned(),
                record.order.account.short(),
            ]
        });
        let heads = vec!["拨付指令", "下达", "路径", "金额（元）", "状态", "账户摘要"];
        section = section.with(Block::Table(heads, rows.collect(), vec![3]));
        let mut rows = Vec::new();
        for record in state.cases.vouchers() {
            let (Use::Matched(id) | Use::Returned(id)) = record.used else { continue };
            let Some(order) = orders.iter().find(|order| order.order.id == id) else { continue };
            let back = record.back.as_ref().map(|back| format!("{} 退回：{}", back.on, back.reason));
            if let Some(back) = &record.back {
                self.files.bind("07-拨付", "退票通知", &back.proof);
            }
            let on = record.voucher.on.to_string();
            let amount = record.voucher.amount.to_string();
            rows.push(vec![
                record.voucher.number.to_string(),
                order_number(order),
                on,
                amount,
                back.unwrap_or_default(),
            ]);
        }
        section = section.with(Block::Table(vec!["凭证", "拨付指令", "付款日期", "金额（元）", "退回"], rows, vec![3]));
        let mut rows = Vec::new();
        for receipt in state.cases.receipts().filter(|receipt| receipt.case == self.case.id) {
            self.files.bind("07-拨付", "企业退款凭证", &receipt.proof);
            rows.push(vec![receipt.receipt.to_string(), receipt.on.to_string(), receipt.amount.to_string()]);
        }
        section.with(Block::Table(vec!["企业退款凭证", "日期", "金额（元）"], rows, vec![2]))
    }

    fn acceptance(&mut self) -> Section {
        let steps = view::timeline(&self.state.cases, self.case);
        let accepted: Vec<_> = steps.iter().filter(|step| step.title.starts_with("验收")).collect();
        for file in accepted.iter().flat_map(|step| &step.evidence) {
            self.files.bind("08-验收", "验收报告", file);
        }
        let rows: Vec<_> = accepted.into_iter().map(|step| self.step(step)).collect();
        let section = Section::new("验收");
        if rows.is_empty() {
            return section.with(Block::Text("没有验收记录。".to_owned()));
        }
        section.with(Block::Table(vec!["时间", "结果", "经办", "意见"], rows, Vec::new()))
    }

    fn adverse(&mut self) -> Section {
        let decisions = self.state.cases.adverse_of_firm(self.case.applicant.firm);
        let of_case: Vec<&AdverseDecision> =
            decisions.filter(|decision| decision.intended.case == self.case.id).collect();
        let mut section = Section::new("不利决定及送达");
        if of_case.is_empty() {
            return section.with(Block::Text("没有不利决定。".to_owned()));
        }
        for decision in of_case {
            self.files.bind("09-不利决定", "事先告知书", &decision.intended.notice);
            for file in decision.history.iter().flat_map(|entry| entry.evidence.iter()) {
                self.files.bind("09-不利决定", decision.intended.kind.label(), file);
            }
            section = section
                .with(Block::Heading(format!("{}：{}", decision.intended.kind.label(), decision.stage.label())))
                .with(Block::Pairs(decided(decision)));
        }
        section
    }

    fn timeline(&mut self) -> Section {
        let steps = view::timeline(&self.state.cases, self.case);
        for step in &steps {
            for file in &step.evidence {
                self.files.bind("10-办理经过", step.title.clone(), file);
            }
        }
        let rows = steps.iter().map(|step| {
            let mut row = self.step(step);
            row.insert(0, step.recorded.sequence.to_string());
            row
        });
        let heads = vec!["账本序号", "时间", "事项", "经办", "说明"];
        Section::new("办理经过").with(Block::Table(heads, rows.collect(), vec![0]))
    }
}

/// A decision against the firm: what, why, on what basis, how it was served, where the firm may turn.
fn decided(decision: &AdverseDecision) -> Vec<(String, String)> {
    let intended = &decision.intended;
    let basis: Vec<_> = intended.basis.iter().map(ToString::to_string).collect();
    let mut pairs = vec![pair("事实和理由", &intended.reasons), pair("依据", basis.join("；"))];
    if let Kind::Clawback(amount) = intended.kind {
        pairs.push(pair("追回金额", yuan(amount)));
    }
    pairs.push(pair("陈述申辩期限", intended.until.due));
    if let Some(made) = decision.stage.made() {
        pairs.push(pair("决定书", &made.document.name));
        pairs.extend(made.answer.as_ref().map(|answer| pair("意见采纳情况", answer)));
        pairs.push(pair("救济途径", format!("复议：{}；诉讼：{}", made.remedy.reconsideration, made.remedy.court)));
        pairs.extend(made.bar_until.map(|until| pair("限制申报至", until)));
    }
    if let Decided::Served { service, .. } | Decided::Contested { service, .. } = &decision.stage {
        let how = match service.method {
            Method::Direct => "直接送达",
            Method::Post => "邮寄送达",
            Method::Electronic => "电子送达",
            Method::Left => "留置送达",
            Method::Announcement => "公告送达",
        };
        pairs.push(pair("送达", format!("{} {how}，回证：{}", service.on, service.proof.name)));
        pairs.push(pair("复议、诉讼期限", format!("{}、{}", service.reconsideration.due, service.litigation.due)));
    }
    pairs
}
