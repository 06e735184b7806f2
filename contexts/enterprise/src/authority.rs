//! Who may act for or on a firm: the firm itself, the district in charge on that day, the responsible department.

use kernel::{Context, CreditCode, Date, DivisionCode, OrganisationId, Refusal, Role};

use crate::catalog::Catalog;
use crate::firm::{FirmFile, Site};

/// The division whose officers decide on a firm at this place on the day: the functional zone's administration while
/// it has authority, otherwise the district's. `None` when the data cannot tell.
pub fn competent(catalog: &Catalog, site: &Site, day: Date) -> Option<DivisionCode> {
    let zone = site.zone.and_then(|zone| catalog.divisions.get(zone));
    match zone.filter(|zone| zone.has_authority_on(day)) {
        Some(zone) => Some(zone.code),
        None => catalog.divisions.competent(site.district, &site.township, day),
    }
}

/// As [`competent`], for a firm where it stands on the day.
pub fn competent_for(catalog: &Catalog, firm: &FirmFile, day: Date) -> Option<DivisionCode> {
    competent(catalog, firm.site_on(day)?, day)
}

/// Passes officers of the district in charge of the place today.
pub(crate) fn district(context: &Context, catalog: &Catalog, site: &Site) -> Result<DivisionCode, Refusal> {
    let organisation = context.require(&[Role::DistrictOfficer])?;
    let today = context.today();
    let in_charge = competent(catalog, site, today).ok_or_else(|| {
        Refusal::conflict("按行政区划数据无法确定该企业今天的属地机关，请先补充所在镇街或更新区划数据。")
    })?;
    if *organisation == OrganisationId::from(in_charge) {
        return Ok(in_charge);
    }
    let name = catalog.divisions.get(in_charge).map_or_else(|| in_charge.to_string(), |division| division.name.clone());
    Err(Refusal::not_allowed(format!("该企业 {today} 由{name}（{in_charge}）管理，请由该地经办人员办理。")))
}

/// Passes officers of the responsible municipal department.
pub(crate) fn department(context: &Context, catalog: &Catalog) -> Result<(), Refusal> {
    let organisation = context.require(&[Role::CityOfficer])?;
    if *organisation == catalog.filing.responsible.department {
        return Ok(());
    }
    let responsible = &catalog.filing.responsible.department;
    Err(Refusal::not_allowed(format!("此操作由责任部门（{responsible}）办理，您所在的机构是 {organisation}。")))
}

/// Passes officers of the district in charge and of the responsible department.
pub(crate) fn government(context: &Context, catalog: &Catalog, site: &Site) -> Result<(), Refusal> {
    match context.actor.role() {
        Some(Role::CityOfficer) => department(context, catalog),
        Some(Role::DistrictOfficer) => district(context, catalog, site).map(drop),
        _ => context.require(&[Role::DistrictOfficer, Role::CityOfficer]).map(drop),
    }
}

/// Passes people acting for this very firm in one of the roles.
pub(crate) fn firm(context: &Context, firm: CreditCode, roles: &[Role]) -> Result<(), Refusal> {
    let organisation = context.require(roles)?;
    if organisation.as_str() == firm.as_str() {
        return Ok(());
    }
    Err(Refusal::not_allowed(format!("您现在代表的是 {organisation}，不能办理 {firm} 的事项。请切换身份后再试。")))
}

/// Passes the firm itself, the district in charge, and the responsible department.
pub(crate) fn firm_or_government(
    context: &Context,
    catalog: &Catalog,
    code: CreditCode,
    site: &Site,
) -> Result<(), Refusal> {
    match context.actor.role() {
        Some(Role::Enterprise) => firm(context, code, &[Role::Enterprise]),
        Some(Role::DistrictOfficer | Role::CityOfficer) => government(context, catalog, site),
        _ => context.require(&[Role::Enterprise, Role::DistrictOfficer, Role::CityOfficer]).map(drop),
    }
}
