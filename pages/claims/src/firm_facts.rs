//! What the enterprise file knows of the applicant, so that nobody types it.

use askama::Template;
use enterprise::firm::Membership;
use office::State;

use super::claiming::Claiming;

/// Who applies, as it is on file.
#[derive(Template)]
#[template(path = "firm.html")]
pub struct FirmFacts {
    firm: String,
    facts: Vec<(&'static str, String)>,
}

impl FirmFacts {
    /// Of the firm of a claim.
    pub fn of(claiming: &Claiming) -> Self {
        let (state, firm, today) = (&claiming.state, claiming.firm, claiming.today);
        let mut facts = vec![("统一社会信用代码", firm.to_string())];
        if let Some(file) = state.enterprise.firm(firm) {
            facts.insert(0, ("名称", file.name_on(today).to_owned()));
            if let Some(site) = file.site_on(today) {
                let division = state.enterprise.catalog().and_then(|catalog| catalog.divisions.get(site.district));
                let district = division.map_or_else(|| site.district.to_string(), |division| division.name.clone());
                facts.push(("住所", format!("{district}{}", site.township)));
            }
            facts.extend(reviewer(state, claiming));
            if let Some((_, Membership::Inside { products, .. })) = file.membership.on(today) {
                facts.push(("封测产品与业务", products.clone()));
            }
            let valid = file.recognitions.values().filter(|found| found.holds_on(today));
            let recognitions: Vec<_> = valid.map(|found| format!("{}（{}）", found.kind, found.document)).collect();
            if !recognitions.is_empty() {
                facts.push(("有效认定", recognitions.join("；")));
            }
        }
        if let Some(filing) = state.enterprise.latest_signed(firm, today.year()) {
            let figures = filing.figures();
            let said = format!("营业收入 {} 万元，从业人员 {} 人", figures.revenue.ten_thousands(), figures.staff);
            facts.push(("最近签核的年度申报", format!("{} 年：{said}", filing.year)));
        }
        if let Some(found) = state.enterprise.size(firm, today) {
            facts.push(("企业规模", found.size.label().to_owned()));
        }
        facts.push(("经办人", claiming.person_name.clone()));
        Self { firm: firm.to_string(), facts }
    }
}

/// Who reviews first.
fn reviewer(state: &State, claiming: &Claiming) -> Option<(&'static str, String)> {
    let applicant = office::claims::applicant(state, claiming.firm, claiming.today).ok()?;
    let name = state.organisation_name(&applicant.district.into());
    let direct = applicant.direct || !claiming.call.terms.route.district;
    Some(("主管区县", if direct { format!("{name}（直接报市级）") } else { name }))
}
