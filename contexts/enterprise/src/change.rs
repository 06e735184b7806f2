//! Changes to a firm's file.

use std::collections::BTreeSet;
use std::sync::Arc;

use kernel::history::Entry;
use kernel::{Context, Date, Evidence, Impossible, Recorded, Refusal, Role, Year};
use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::firm::{FirmFile, FirmType, Membership, Operation, ScopeEntry, Site, checked_entry, checked_site};
use crate::relation::{Holder, Holding, HoldingId, HoldingKind};
use crate::standing::{AnnualCheck, Consent, ConsentId, Honour, HonourId, Recognition, RecognitionId};
use crate::{authority, text};

/// One change to a firm's file. Both what is asked for and, once checked, what is recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The firm took another name.
    Rename {
        /// As on the business licence.
        name: String,
        /// First day.
        from: Date,
    },
    /// The firm moved.
    Move {
        /// Where to.
        site: Site,
        /// First day there.
        from: Date,
    },
    /// The firm counts as packaging and test.
    EnterScope(ScopeEntry),
    /// It no longer does.
    LeaveScope {
        /// First day outside.
        from: Date,
        /// Why.
        reason: String,
    },
    /// It is in business, or not.
    Operate {
        /// Which.
        operation: Operation,
        /// First day.
        from: Date,
        /// Why, or the source.
        reason: String,
    },
    /// What kind of firm it is and which nodes of the chain it covers; replaces what stood before.
    Classify {
        /// Kinds.
        types: BTreeSet<FirmType>,
        /// Keys of chain nodes.
        segments: BTreeSet<String>,
    },
    /// It was awarded a title.
    AwardHonour {
        /// Of the title.
        id: HonourId,
        /// The title.
        honour: Honour,
        /// The award document.
        evidence: Vec<Evidence>,
    },
    /// The title was taken back.
    RevokeHonour {
        /// Which.
        id: HonourId,
        /// First day without it.
        on: Date,
        /// Why.
        reason: String,
    },
    /// It was recognised (认定).
    Recognise {
        /// Of the recognition.
        id: RecognitionId,
        /// The recognition.
        recognition: Recognition,
        /// The document.
        evidence: Vec<Evidence>,
    },
    /// A year's check of a recognition.
    CheckRecognition {
        /// Which.
        id: RecognitionId,
        /// The year checked.
        year: Year,
        /// The outcome.
        check: AnnualCheck,
    },
    /// The recognition was taken back.
    WithdrawRecognition {
        /// Which.
        id: RecognitionId,
        /// First day without it.
        on: Date,
        /// Why.
        reason: String,
    },
    /// Someone has a part in the firm.
    Hold {
        /// Of the holding.
        id: HoldingId,
        /// Who has which part.
        holding: Holding,
    },
    /// The part ended.
    EndHolding {
        /// Which.
        id: HoldingId,
        /// Last day.
        until: Date,
    },
    /// The firm allows an organisation to see something for a purpose.
    GiveConsent {
        /// Of the consent.
        id: ConsentId,
        /// The consent.
        consent: Consent,
    },
    /// The firm takes a consent back.
    WithdrawConsent {
        /// Which.
        id: ConsentId,
        /// First day without it.
        on: Date,
    },
}

/// Checks a change and who brings it; answers with the change as it is recorded.
pub(crate) fn decide(context: &Context, catalog: &Catalog, file: &FirmFile, change: Change) -> Result<Change, Refusal> {
    may_change(context, catalog, file, &change)?;
    match change {
        Change::Rename { name, from } => {
            past(context, file, "from", from)?;
            Ok(Change::Rename { name: text::required("name", "企业名称", &name, 100)?, from })
        }
        Change::Move { site, from } => {
            past(context, file, "from", from)?;
            Ok(Change::Move { site: checked_site(context, catalog, site)?, from })
        }
        Change::EnterScope(entry) => checked_entry(context, catalog, file.registered_on, entry).map(Change::EnterScope),
        Change::LeaveScope { from, reason } => {
            past(context, file, "from", from)?;
            if !matches!(file.membership.on(from), Some((_, Membership::Inside { .. }))) {
                return Err(Refusal::conflict("该企业在这一天不在封测口径内，无需移出。"));
            }
            Ok(Change::LeaveScope { from, reason: text::required("reason", "移出原因", &reason, 300)? })
        }
        Change::Operate { operation, from, reason } => {
            past(context, file, "from", from)?;
            Ok(Change::Operate { operation, from, reason: text::required("reason", "依据", &reason, 300)? })
        }
        Change::Classify { types, segments } => match segments.iter().find(|id| catalog.chain.node(id).is_none()) {
            Some(id) => Err(Refusal::invalid("segments", format!("产业链目录中没有环节 {id}，请从列表中选择。"))),
            None => Ok(Change::Classify { types, segments }),
        },
        Change::Hold { id, holding } => decide_holding(context, file, id, holding),
        Change::EndHolding { id, until } => {
            let Some(holding) = file.holdings.get(&id) else { return Err(absent("关系")) };
            past(context, file, "until", until)?;
            let open = holding.until.is_none() && until >= holding.from;
            if open { Ok(Change::EndHolding { id, until }) } else { Err(ended("关系")) }
        }
        Change::GiveConsent { id, consent } => {
            fresh(file.consents.contains_key(&id))?;
            let what = text::required("what", "同意查看的内容", &consent.what, 100)?;
            let purpose = text::required("purpose", "用途", &consent.purpose, 100)?;
            Ok(Change::GiveConsent { id, consent: Consent { what, purpose, withdrawn: None, ..consent } })
        }
        Change::WithdrawConsent { id, on } => {
            let consent = file.consents.get(&id).ok_or_else(|| absent("授权同意"))?;
            past_or_today(context, "on", on)?;
            if consent.withdrawn.is_some() {
                Err(ended("授权同意"))
            } else {
                Ok(Change::WithdrawConsent { id, on })
            }
        }
        change => decide_standing(context, file, change),
    }
}

fn decide_standing(context: &Context, file: &FirmFile, change: Change) -> Result<Change, Refusal> {
    match change {
        Change::AwardHonour { id, honour, evidence } => {
            fresh(file.honours.contains_key(&id))?;
            let title = text::required("title", "荣誉名称", &honour.title, 60)?;
            let document = text::required("document", "授予文件文号", &honour.document, 60)?;
            Ok(Change::AwardHonour { id, honour: Honour { title, document, revoked: None, ..honour }, evidence })
        }
        Change::RevokeHonour { id, on, reason } => {
            let honour = file.honours.get(&id).ok_or_else(|| absent("荣誉"))?;
            past_or_today(context, "on", on)?;
            let reason = text::required("reason", "撤销原因", &reason, 300)?;
            if honour.revoked.is_some() { Err(ended("荣誉")) } else { Ok(Change::RevokeHonour { id, on, reason }) }
        }
        Change::Recognise { id, recognition, evidence } => {
            fresh(file.recognitions.contains_key(&id))?;
            let kind = text::required("kind", "认定事项", &recognition.kind, 60)?;
            let document = text::required("document", "认定文件文号", &recognition.document, 60)?;
            let recognition = Recognition { kind, document, valid: recognition.valid, ..empty(recognition) };
            Ok(Change::Recognise { id, recognition, evidence })
        }
        Change::CheckRecognition { id, year, check } => {
            let recognition = file.recognitions.get(&id).ok_or_else(|| absent("认定"))?;
            past_or_today(context, "on", check.on)?;
            if recognition.checks.contains_key(&year) {
                return Err(Refusal::conflict(format!("{year} 年度已有年检结论，不能重复登记。")));
            }
            let opinion = text::required("opinion", "年检意见", &check.opinion, 300)?;
            Ok(Change::CheckRecognition { id, year, check: AnnualCheck { opinion, ..check } })
        }
        Change::WithdrawRecognition { id, on, reason } => {
            let recognition = file.recognitions.get(&id).ok_or_else(|| absent("认定"))?;
            past_or_today(context, "on", on)?;
            let reason = text::required("reason", "撤销原因", &reason, 300)?;
            let withdrawn = recognition.withdrawn.is_some();
            if withdrawn { Err(ended("认定")) } else { Ok(Change::WithdrawRecognition { id, on, reason }) }
        }
        other => Ok(other),
    }
}

/// A recognition starts without checks and not withdrawn, whatever the form carried.
fn empty(recognition: Recognition) -> Recognition {
    Recognition { checks: Default::default(), withdrawn: None, ..recognition }
}

fn decide_holding(context: &Context, file: &FirmFile, id: HoldingId, holding: Holding) -> Result<Change, Refusal> {
    fresh(file.holdings.contains_key(&id))?;
    past_or_today(context, "from", holding.from)?;
    let holder = match holding.holder {
        Holder::Organisation { code, .. } if code == file.code => {
            return Err(Refusal::invalid("holder", "企业不能登记为自己的股东或控制人，请核对代码。"));
        }
        Holder::Organisation { code, name } => {
            Holder::Organisation { code, name: text::required("name", "机构名称", &name, 100)? }
        }
        Holder::Foreign { name } => Holder::Foreign { name: text::required("name", "机构名称", &name, 100)? },
        person => person,
    };
    if let HoldingKind::Shareholder(share) = holding.kind {
        let held = file.holdings.values().filter(|other| other.holds_on(holding.from));
        let shares = held.filter_map(|other| match other.kind {
            HoldingKind::Shareholder(share) => Some(share.parts_per_million()),
            _ => None,
        });
        let sum: i64 = shares.sum::<i64>().saturating_add(share.parts_per_million());
        if share.parts_per_million() <= 0 || sum > kernel::Rate::WHOLE {
            let sum = kernel::Rate::from_parts_per_million(sum);
            let what = format!("持股比例应大于 0，且各股东合计不超过 100%；登记后合计为 {sum}，请先更正原有股东。");
            return Err(Refusal::invalid("share", what));
        }
    }
    Ok(Change::Hold { id, holding: Holding { holder, until: None, ..holding } })
}

/// Who may bring which change.
fn may_change(context: &Context, catalog: &Catalog, file: &FirmFile, change: &Change) -> Result<(), Refusal> {
    let site = file.site_on(context.today()).ok_or_else(|| Refusal::conflict("该企业没有登记地址，请先补充。"))?;
    match change {
        Change::Rename { .. } | Change::Move { .. } | Change::Hold { .. } | Change::EndHolding { .. } => {
            authority::firm_or_government(context, catalog, file.code, site)
        }
        Change::EnterScope(_) | Change::LeaveScope { .. } | Change::Operate { .. } | Change::Classify { .. } => {
            authority::government(context, catalog, site)
        }
        Change::AwardHonour { .. } | Change::RevokeHonour { .. } => match context.actor.role() {
            // Titles are awarded by many departments: whichever enters one answers for it.
            Some(Role::CityOfficer) => Ok(()),
            _ => authority::government(context, catalog, site),
        },
        Change::Recognise { .. } | Change::CheckRecognition { .. } | Change::WithdrawRecognition { .. } => {
            authority::department(context, catalog)?;
            context.require_reauthentication()
        }
        Change::GiveConsent { .. } | Change::WithdrawConsent { .. } => {
            authority::firm(context, file.code, &[Role::Enterprise])
        }
    }
}

fn past(context: &Context, file: &FirmFile, field: &'static str, day: Date) -> Result<(), Refusal> {
    if day < file.registered_on {
        let what = format!("日期 {day} 早于企业成立日期 {}，请检查。", file.registered_on);
        return Err(Refusal::invalid(field, what));
    }
    past_or_today(context, field, day)
}

fn past_or_today(context: &Context, field: &'static str, day: Date) -> Result<(), Refusal> {
    let future = day > context.today();
    if future {
        Err(Refusal::invalid(field, format!("日期 {day} 晚于今天，请在发生之后再登记。")))
    } else {
        Ok(())
    }
}

fn absent(what: &str) -> Refusal {
    Refusal::not_found(format!("企业档案中没有这条{what}记录，请刷新页面后重试。"))
}

fn ended(what: &str) -> Refusal {
    Refusal::conflict(format!("这条{what}记录已经终止，或终止日期早于起始日期，请刷新页面核对。"))
}

fn fresh(exists: bool) -> Result<(), Refusal> {
    if exists {
        Err(Refusal::conflict("这个编号已经登记过，请刷新页面后重新填写。"))
    } else {
        Ok(())
    }
}

/// Assigns a recorded change.
pub(crate) fn apply(file: &mut FirmFile, recorded: &Recorded, change: &Change) -> Result<(), Impossible> {
    let code = file.code;
    let missing = |what: &str| Impossible::at(recorded, format!("企业 {code} 没有这条{what}记录"));
    let (title, note, evidence): (_, Option<&str>, &[Evidence]) = match change {
        Change::Rename { name, from } => {
            file.names.set(*from, name.clone());
            ("变更名称", Some(name), &[])
        }
        Change::Move { site, from } => {
            file.sites.set(*from, site.clone());
            ("变更地址", Some(&site.township), &[])
        }
        Change::EnterScope(entry) => {
            file.enter(entry);
            ("纳入封测口径", Some(&entry.products), &entry.evidence)
        }
        Change::LeaveScope { from, reason } => {
            file.membership.set(*from, Membership::Outside(reason.clone()));
            ("移出封测口径", Some(reason), &[])
        }
        Change::Operate { operation, from, reason } => {
            file.operation.set(*from, *operation);
            (operation.label(), Some(reason), &[])
        }
        Change::Classify { types, segments } => {
            file.types = Arc::new(types.clone());
            file.segments = Arc::new(segments.clone());
            ("调整类型与产业链环节", None, &[])
        }
        Change::AwardHonour { id, honour, evidence } => {
            file.honours.insert(*id, Arc::new(honour.clone()));
            ("获得荣誉", Some(&honour.title), evidence)
        }
        Change::RevokeHonour { id, on, reason } => {
            let honour = file.honours.get_mut(id).ok_or_else(|| missing("荣誉"))?;
            Arc::make_mut(honour).revoked = Some((*on, reason.clone()));
            ("荣誉被撤销", Some(reason), &[])
        }
        Change::Recognise { id, recognition, evidence } => {
            file.recognitions.insert(*id, Arc::new(recognition.clone()));
            ("通过认定", Some(&recognition.kind), evidence)
        }
        Change::CheckRecognition { id, year, check } => {
            let recognition = file.recognitions.get_mut(id).ok_or_else(|| missing("认定"))?;
            Arc::make_mut(recognition).checks.insert(*year, check.clone());
            (if check.passed { "认定年检合格" } else { "认定年检不合格" }, Some(&check.opinion), &[])
        }
        Change::WithdrawRecognition { id, on, reason } => {
            let recognition = file.recognitions.get_mut(id).ok_or_else(|| missing("认定"))?;
            Arc::make_mut(recognition).withdrawn = Some((*on, reason.clone()));
            ("认定被撤销", Some(reason), &[])
        }
        Change::Hold { id, holding } => {
            file.holdings.insert(*id, Arc::new(holding.clone()));
            ("登记股东、高管或控制人", None, &[])
        }
        Change::EndHolding { id, until } => {
            let holding = file.holdings.get_mut(id).ok_or_else(|| missing("关系"))?;
            Arc::make_mut(holding).until = Some(*until);
            ("股东、高管或控制人退出", None, &[])
        }
        Change::GiveConsent { id, consent } => {
            file.consents.insert(*id, Arc::new(consent.clone()));
            ("同意他方查看", Some(&consent.purpose), &[])
        }
        Change::WithdrawConsent { id, on } => {
            let consent = file.consents.get_mut(id).ok_or_else(|| missing("授权同意"))?;
            Arc::make_mut(consent).withdrawn = Some(*on);
            ("撤回同意", None, &[])
        }
    };
    let note = note.filter(|note| !note.is_empty());
    file.history.push_back(Entry::new(recorded, title, note, evidence));
    file.revision = file.revision.next();
    Ok(())
}
