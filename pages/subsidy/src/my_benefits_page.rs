//! What a firm received under each benefit, what remains, and how each amount came about.

use askama::Template;
use kernel::{CreditCode, Date, Money};
use office::State;
use register::Light;
use subsidy::account::{CapPeriod, CapScope};
use subsidy::{Clause, Overrides};
use web::{Answer, Counter, Empty, Failure, Page};

use crate::decision_page::{EntryRow, entry_rows};
use crate::decision_register::{address, is_replaced, standing};
use crate::viewer::{benefit_title, firm_name};
use crate::words;

#[derive(Template)]
#[template(path = "my_benefits.html")]
struct MyBenefitsPage {
    firm: String,
    accounts: Vec<AccountCard>,
    decisions: Vec<DecisionRow>,
    empty: Option<Empty>,
}

struct AccountCard {
    key: String,
    title: String,
    cap: String,
    used: String,
    remaining: String,
    entries: Vec<EntryRow>,
}

struct DecisionRow {
    href: String,
    benefit: String,
    year: kernel::Year,
    standing: Light,
    award: String,
    on: String,
}

/// The firm's own.
pub async fn my_benefits(counter: Counter, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let organisation = counter.visitor.organisation().ok_or(Failure::SignInFirst)?;
    let content = match organisation.as_str().parse() {
        Ok(firm) => content(&state, firm, day),
        Err(_) => nobodys(state.organisation_name(organisation)),
    };
    page.title("我的惠企资金").show(&content)
}

/// Someone who acts for an organisation that is no firm.
fn nobodys(name: String) -> MyBenefitsPage {
    let why = "您当前的身份不代表任何一家企业；如需查看企业账户，请联系企业授权。";
    let empty = Some(Empty::new("没有可以显示的账户", why));
    MyBenefitsPage { firm: name, accounts: Vec::new(), decisions: Vec::new(), empty }
}

fn content(state: &State, firm: CreditCode, day: Date) -> MyBenefitsPage {
    let settings = state.subsidy.interpretations().and_then(|set| set.settings(day, &Overrides::new()).ok());
    let district = office::claims::applicant(state, firm, day).ok().map(|applicant| applicant.district);
    let cards = state.subsidy.clauses().filter_map(|clause| {
        let cap = match clause.by_district() {
            // A district that grants nothing has no account to show.
            true => {
                let cap = state.subsidy.parameters_on(&clause.benefit, district?, day)?.cap;
                (cap.value, cap.scope, cap.period)
            }
            false => words::cap_of(clause, settings.as_ref()?)?,
        };
        Some(card(state, firm, clause, cap, day))
    });
    let accounts = cards.collect();
    let mut own: Vec<_> = state.subsidy.decisions().filter(|record| record.decision.firm == firm).collect();
    own.sort_by_key(|record| std::cmp::Reverse((record.decision.on, record.decision.id)));
    let rows = own.into_iter().map(|record| {
        let decision = &record.decision;
        DecisionRow {
            href: address(decision),
            benefit: benefit_title(state, &decision.claim.benefit),
            year: decision.claim.year,
            standing: standing(decision, is_replaced(state, decision)),
            award: decision.outcome.award().to_string(),
            on: decision.on.to_string(),
        }
    });
    let decisions: Vec<_> = rows.collect();
    let empty = decisions.is_empty().then(|| {
        Empty::new("还没有测算", "申报受理并测算后，结果和每一步的依据会列在这里。")
            .action("先看我能否享受", "/precheck")
    });
    MyBenefitsPage { firm: firm_name(state, firm), accounts, decisions, empty }
}

fn card(
    state: &State,
    firm: CreditCode,
    clause: &Clause,
    (cap, scope, period): (Money, CapScope, CapPeriod),
    day: Date,
) -> AccountCard {
    let account = state.subsidy.account(firm, &clause.benefit);
    let year = day.year();
    let used = account.used(scope, period, year, None);
    let this_year = if period == CapPeriod::Year { format!("（{year} 年）") } else { String::new() };
    // What remains of a cap per project is known only for a project.
    let remaining = match scope {
        CapScope::Enterprise => format!("{} 元", cap.saturating_less(used)),
        CapScope::Project => "按项目计算".to_owned(),
    };
    AccountCard {
        key: clause.benefit.to_string(),
        title: clause.title.to_string(),
        cap: format!("{cap} 元，{}{this_year}", words::over(scope, period)),
        used: format!("{used} 元"),
        remaining,
        entries: entry_rows(state, firm, &account),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stories::City;

    #[tokio::test]
    async fn a_firm_sees_what_it_received_and_what_remains() {
        let city = City::open().await;
        let html = content(&city.state(), City::firm(), City::day()).render().unwrap();
        for expected in ["19,950,000.00 元", "50,000.00 元", "凭证 示例-2022-1", "7,350,000.00", "/decisions/9150"]
        {
            assert!(html.contains(expected), "{expected}\n{html}");
        }
        let other = CreditCode::complete("91500000MA0000001").unwrap();
        let html = content(&city.state(), other, City::day()).render().unwrap();
        assert!(html.contains("还没有测算") && html.contains("20,000,000.00 元") && !html.contains("7,350,000.00"));
    }
}
