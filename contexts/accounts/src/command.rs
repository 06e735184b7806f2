//! What may be asked, and whether it is allowed.

use std::collections::BTreeSet;

use kernel::{Actor, Context, CreditCode, Date, Digest, Evidence, OrganisationId, PersonId, Refusal, Revision, Role};

use crate::authorisation::{Authorisation, AuthorisationId, Scope};
use crate::delegation::DelegationId;
use crate::erasure;
use crate::grant::{Grant, GrantId, Stage};
use crate::organisation::{ADMINISTRATORS, Organisation, OrganisationKind};
use crate::person::Standing;
use crate::state::{Event, State};

/// What may be asked. Keys are chosen by the caller.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Enters an organisation.
    OpenOrganisation {
        /// Its key.
        id: OrganisationId,
        /// What it is.
        kind: OrganisationKind,
        /// Full name.
        name: String,
        /// First day.
        from: Date,
    },
    /// Gives it another name.
    RenameOrganisation {
        /// Which.
        id: OrganisationId,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// Full name.
        name: String,
    },
    /// Closes it.
    CloseOrganisation {
        /// Which.
        id: OrganisationId,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// Last day.
        until: Date,
        /// Why.
        reason: String,
    },
    /// Enters a person.
    RegisterPerson {
        /// The pseudonym.
        person: PersonId,
        /// Keyed digest of the identity document.
        identity: Option<Digest>,
    },
    /// Stops a person from acting.
    SuspendPerson {
        /// Who.
        person: PersonId,
        /// Why.
        reason: String,
    },
    /// Lets a person act again.
    RestorePerson {
        /// Who.
        person: PersonId,
    },
    /// Forgets a person, in two steps by two people.
    Erasure(erasure::Command),
    /// Gives a role.
    Grant {
        /// Of the grant.
        id: GrantId,
        /// To whom.
        person: PersonId,
        /// As what.
        role: Role,
        /// For which organisation.
        organisation: OrganisationId,
        /// First day.
        from: Date,
        /// Last day.
        until: Option<Date>,
    },
    /// Confirms an administrator's role as a second person.
    ConfirmGrant {
        /// Which.
        id: GrantId,
    },
    /// Rejects it as a second person.
    RejectGrant {
        /// Which.
        id: GrantId,
        /// Why.
        reason: String,
    },
    /// Takes a role back from today.
    RevokeGrant {
        /// Which.
        id: GrantId,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// Why.
        reason: String,
    },
    /// Records who is a firm's legal person, after the electronic licence or the papers were checked.
    AppointLegalPerson {
        /// Which firm.
        firm: CreditCode,
        /// Who.
        person: PersonId,
        /// First day.
        from: Date,
        /// What proves it.
        evidence: Vec<Evidence>,
    },
    /// The legal person offers somebody to act for the firm.
    Authorise {
        /// Of the authorisation.
        id: AuthorisationId,
        /// Which firm.
        firm: CreditCode,
        /// Who.
        person: PersonId,
        /// Through which agency; none for the firm's own staff.
        agency: Option<OrganisationId>,
        /// What for.
        scopes: BTreeSet<Scope>,
        /// First day.
        from: Date,
        /// Last day.
        until: Date,
    },
    /// The person accepts. Needs no role: whoever was offered may answer.
    AcceptAuthorisation {
        /// Which.
        id: AuthorisationId,
    },
    /// The person declines. Needs no role.
    DeclineAuthorisation {
        /// Which.
        id: AuthorisationId,
    },
    /// The legal person takes an authorisation back, or its holder gives it up, from today.
    RevokeAuthorisation {
        /// Which.
        id: AuthorisationId,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// Why.
        reason: String,
    },
    /// Everything `from` does for the firm passes to `to` in one act, from today.
    HandOver {
        /// Which firm.
        firm: CreditCode,
        /// Whose work.
        from: PersonId,
        /// Who goes on.
        to: PersonId,
    },
    /// An officer lends a desk during absence.
    Delegate {
        /// Of the delegation.
        id: DelegationId,
        /// Which of the officer's grants.
        grant: GrantId,
        /// To which colleague.
        to: PersonId,
        /// First day.
        from: Date,
        /// Last day.
        until: Date,
    },
    /// The officer is back.
    EndDelegation {
        /// Which.
        id: DelegationId,
    },
}

impl Command {
    /// Whether a person without any role may send it: answering an offer is how a first role is gained.
    pub const fn needs_no_role(&self) -> bool {
        matches!(self, Self::AcceptAuthorisation { .. } | Self::DeclineAuthorisation { .. })
    }
}

/// Decides a command: the events it leads to, or why not.
pub fn decide(state: &State, context: &Context, command: Command) -> Result<Vec<Event>, Refusal> {
    let event = match command {
        Command::OpenOrganisation { id, kind, name, from } => {
            system_or(context, Role::SystemAdministrator)?;
            if state.organisation(&id).is_some() {
                return Err(Refusal::conflict(format!("机构 {id} 已经登记。")));
            }
            Event::OrganisationOpened { id, kind, name: required("name", "机构名称", &name, 100)?, from }
        }
        Command::RenameOrganisation { id, expected, name } => {
            system_or(context, Role::SystemAdministrator)?;
            organisation(state, &id)?.revision.expect(expected)?;
            Event::OrganisationRenamed { id, name: required("name", "机构名称", &name, 100)? }
        }
        Command::CloseOrganisation { id, expected, until, reason } => {
            system_or(context, Role::SystemAdministrator)?;
            let organisation = organisation(state, &id)?;
            organisation.revision.expect(expected)?;
            if organisation.kind == OrganisationKind::System || until < organisation.from {
                return Err(Refusal::forbidden("本系统的管理机构不能关闭，且关闭日期不能早于启用日期。"));
            }
            Event::OrganisationClosed { id, until, reason: required("reason", "关闭原因", &reason, 300)? }
        }
        Command::RegisterPerson { person, identity } => {
            system_or(context, Role::SystemAdministrator)?;
            if state.person(person).is_some() || identity.is_some_and(|digest| state.identified(digest).is_some()) {
                return Err(Refusal::conflict("此人已经登记过账号，请直接登录；忘记密码可在登录页找回。"));
            }
            Event::PersonRegistered { person, identity }
        }
        Command::SuspendPerson { person, reason } => {
            decide_suspension(state, context, person)?;
            Event::PersonSuspended { person, reason: required("reason", "停用原因", &reason, 300)? }
        }
        Command::Erasure(command) => Event::Erasure(erasure::decide(state, context, command)?),
        Command::RestorePerson { person } => {
            context.require(&[Role::SecurityAdministrator])?;
            not_oneself(context, person)?;
            if known(state, person)?.standing == Standing::Active {
                return Err(Refusal::conflict("该账号没有停用，无需恢复。"));
            }
            Event::PersonRestored { person }
        }
        Command::Grant { id, person, role, organisation, from, until } => {
            let proposed = decide_grant(state, context, id, person, role, &organisation, from, until)?;
            Event::Granted { id, person, role, organisation, from, until, proposed }
        }
        Command::ConfirmGrant { id } => {
            let grant = second_person(state, context, id)?;
            administrators_exclude(state, context, grant.person, grant.role, Some(id))?;
            context.require_reauthentication()?;
            Event::GrantConfirmed { id }
        }
        Command::RejectGrant { id, reason } => {
            second_person(state, context, id)?;
            Event::GrantRejected { id, reason: required("reason", "不通过的原因", &reason, 300)? }
        }
        Command::RevokeGrant { id, expected, reason } => {
            let grant = decide_revocation(state, context, id)?;
            grant.revision.expect(expected)?;
            Event::GrantRevoked { id, on: context.today(), reason: required("reason", "收回原因", &reason, 300)? }
        }
        Command::Delegate { id, grant, to, from, until } => {
            decide_delegation(state, context, id, grant, to, from, until)?;
            Event::Delegated { id, grant, to, from, until }
        }
        Command::EndDelegation { id } => {
            let delegation = state.delegation(id).ok_or_else(|| Refusal::not_found("没有这条委托记录。"))?;
            let own = context.actor.person() == Some(delegation.of);
            if !own {
                context.require(&[Role::SecurityAdministrator])?;
            }
            if delegation.ended.is_some() {
                return Err(Refusal::conflict("这条委托已经结束。"));
            }
            Event::DelegationEnded { id, on: context.today() }
        }
        command => decide_for_firms(state, context, command)?,
    };
    Ok(vec![event])
}

fn decide_for_firms(state: &State, context: &Context, command: Command) -> Result<Event, Refusal> {
    match command {
        Command::AppointLegalPerson { firm, person, from, evidence } => {
            system_or(context, Role::SecurityAdministrator)?;
            firm_exists(state, firm, context.today())?;
            known(state, person)?;
            if from > context.today() {
                return Err(Refusal::invalid("from", "任职起始日不能晚于今天，请在变更登记后办理。"));
            }
            if context.actor != Actor::System && evidence.is_empty() {
                return Err(Refusal::invalid("evidence", "请上传营业执照或电子营业执照核验记录。"));
            }
            Ok(Event::LegalPersonAppointed { firm, person, from, evidence })
        }
        Command::Authorise { id, firm, person, agency, scopes, from, until } => {
            legal_person(state, context, firm)?;
            decide_authorisation(state, context, id, person, agency.as_ref(), &scopes, from, until)?;
            Ok(Event::Authorised { id, firm, person, agency, scopes, from, until })
        }
        Command::AcceptAuthorisation { id } => {
            offered(state, context, id)?;
            Ok(Event::AuthorisationAccepted { id })
        }
        Command::DeclineAuthorisation { id } => {
            offered(state, context, id)?;
            Ok(Event::AuthorisationDeclined { id })
        }
        Command::RevokeAuthorisation { id, expected, reason } => {
            let authorisation = state.authorisation(id).ok_or_else(no_authorisation)?;
            if context.actor.person() != authorisation.holder() || context.actor.person().is_none() {
                legal_person(state, context, authorisation.firm)?;
            }
            authorisation.revision.expect(expected)?;
            if !authorisation.stage.is_open() {
                return Err(Refusal::conflict(format!("这条授权{}，无需撤销。", authorisation.stage.label())));
            }
            let reason = required("reason", "撤销原因", &reason, 300)?;
            Ok(Event::AuthorisationRevoked { id, on: context.today(), reason })
        }
        Command::HandOver { firm, from, to } => {
            let authorisations = decide_handover(state, context, firm, from, to)?;
            Ok(Event::HandedOver { firm, from, to, on: context.today(), authorisations })
        }
        // Every other command was decided before.
        _ => Err(Refusal::not_found("没有这项操作。")),
    }
}

/// Whether the grant must wait for a second person.
#[allow(clippy::too_many_arguments)]
fn decide_grant(
    state: &State,
    context: &Context,
    id: GrantId,
    person: PersonId,
    role: Role,
    id_of: &OrganisationId,
    from: Date,
    until: Option<Date>,
) -> Result<bool, Refusal> {
    system_or(context, Role::SecurityAdministrator)?;
    let organisation = organisation(state, id_of)?;
    known(state, person)?;
    not_oneself(context, person)?;
    if state.grant(id).is_some() {
        return Err(Refusal::conflict("这个编号已经用过，请刷新页面后重新填写。"));
    }
    if !organisation.kind.roles().contains(&role) {
        let what = format!("“{}”不能授予{}的人员，请检查机构与角色。", role.label(), organisation.kind.label());
        return Err(Refusal::invalid("role", what));
    }
    if until.is_some_and(|until| until < from || until < context.today()) || !organisation.exists_on(from) {
        return Err(Refusal::invalid("until", "授予期限应在机构存续期内，且截止日不早于起始日和今天。"));
    }
    let twice = state
        .grants_held_by(person)
        .any(|other| other.role == role && other.organisation == *id_of && other.may_still_hold(context.today()));
    if twice {
        return Err(Refusal::conflict("此人已持有（或待复核）同一机构的同一角色。"));
    }
    let administrator = ADMINISTRATORS.contains(&role);
    if administrator {
        administrators_exclude(state, context, person, role, None)?;
    }
    if context.actor == Actor::System {
        let taken = state.grants().any(|grant| grant.role == role && grant.may_still_hold(context.today()));
        if !administrator || taken {
            return Err(Refusal::not_allowed("只有首任三员由系统初始化产生，其余角色由安全管理员授予。"));
        }
    }
    Ok(administrator && context.actor != Actor::System)
}

/// Nobody holds two of the three administrators' roles, now or by a grant still to come.
fn administrators_exclude(
    state: &State,
    context: &Context,
    person: PersonId,
    role: Role,
    except: Option<GrantId>,
) -> Result<(), Refusal> {
    let mut held = state.grants_held_by(person).filter(|grant| Some(grant.id) != except);
    match held.find(|grant| {
        ADMINISTRATORS.contains(&grant.role) && grant.role != role && grant.may_still_hold(context.today())
    }) {
        Some(other) => Err(Refusal::forbidden(format!(
            "三员分立：此人已是（或待任）{}，不能同时担任{}。",
            other.role.label(),
            role.label()
        ))),
        None => Ok(()),
    }
}

/// A proposed grant, when the actor may be its second person: another administrator than whoever proposed it, and not
/// whom it is for.
fn second_person<'a>(state: &'a State, context: &Context, id: GrantId) -> Result<&'a Grant, Refusal> {
    context.require(&ADMINISTRATORS)?;
    let grant = state.grant(id).ok_or_else(|| Refusal::not_found("没有这条角色授予记录。"))?;
    if grant.stage != Stage::Proposed {
        return Err(Refusal::conflict(format!("这条授予{}，不在待复核状态。", grant.stage.label())));
    }
    not_oneself(context, grant.person)?;
    if context.actor.person() == grant.given.actor.person() {
        return Err(Refusal::forbidden("授予人不能复核自己的授予，请由另一位管理员复核。"));
    }
    Ok(grant)
}

fn decide_revocation<'a>(state: &'a State, context: &Context, id: GrantId) -> Result<&'a Grant, Refusal> {
    context.require(&[Role::SecurityAdministrator])?;
    let grant = state.grant(id).ok_or_else(|| Refusal::not_found("没有这条角色授予记录。"))?;
    if grant.stage != Stage::Active {
        return Err(Refusal::conflict(format!("这条授予{}，不能收回。", grant.stage.label())));
    }
    if ADMINISTRATORS.contains(&grant.role) {
        not_the_last(state, context, grant.role, |other| other.id != id)?;
    }
    Ok(grant)
}

fn decide_suspension(state: &State, context: &Context, person: PersonId) -> Result<(), Refusal> {
    context.require(&[Role::SecurityAdministrator])?;
    not_oneself(context, person)?;
    if known(state, person)?.standing != Standing::Active {
        return Err(Refusal::conflict("该账号已经停用。"));
    }
    not_the_last_administrator(state, context, person)
}

/// Whether every administrator's role the person holds is held by somebody else too.
pub(crate) fn not_the_last_administrator(state: &State, context: &Context, person: PersonId) -> Result<(), Refusal> {
    let today = context.today();
    let roles = state.grants_held_by(person).filter(|grant| grant.holds_on(today)).map(|grant| grant.role);
    for role in roles.filter(|role| ADMINISTRATORS.contains(role)) {
        not_the_last(state, context, role, |grant| grant.person != person)?;
    }
    Ok(())
}

/// A system without one of its three administrators could not be put right again.
fn not_the_last(state: &State, context: &Context, role: Role, remains: impl Fn(&Grant) -> bool) -> Result<(), Refusal> {
    let active = |grant: &&Grant| grant.role == role && grant.holds_on(context.today());
    let usable = |grant: &Grant| state.person(grant.person).is_some_and(|who| who.standing == Standing::Active);
    if state.grants().filter(active).any(|grant| remains(grant) && usable(grant)) {
        return Ok(());
    }
    Err(Refusal::forbidden(format!("这是最后一位{}，请先任命继任者。", role.label())))
}

#[allow(clippy::too_many_arguments)]
fn decide_authorisation(
    state: &State,
    context: &Context,
    id: AuthorisationId,
    person: PersonId,
    agency: Option<&OrganisationId>,
    scopes: &BTreeSet<Scope>,
    from: Date,
    until: Date,
) -> Result<(), Refusal> {
    known(state, person)?;
    not_oneself(context, person)?;
    if state.authorisation(id).is_some() {
        return Err(Refusal::conflict("这个编号已经用过，请刷新页面后重新填写。"));
    }
    if scopes.is_empty() {
        return Err(Refusal::invalid("scopes", "请至少选择一项授权范围。"));
    }
    if until < from || until < context.today() {
        return Err(Refusal::invalid("until", "授权截止日不能早于起始日或今天。"));
    }
    match agency.map(|agency| organisation(state, agency)).transpose()? {
        Some(agency) if agency.kind != OrganisationKind::Agency => {
            Err(Refusal::invalid("agency", format!("{} 不是代办机构，请从列表中选择。", agency.name)))
        }
        _ => Ok(()),
    }
}

/// Every open authorisation of the leaver: none may stay behind.
fn decide_handover(
    state: &State,
    context: &Context,
    firm: CreditCode,
    from: PersonId,
    to: PersonId,
) -> Result<Vec<AuthorisationId>, Refusal> {
    if context.actor.person() != Some(from) {
        legal_person(state, context, firm)?;
    }
    if known(state, to)?.standing != Standing::Active {
        return Err(Refusal::invalid("to", "接手人的账号已停用，请另选一人。"));
    }
    let mine = |given: &&Authorisation| given.holder() == Some(from) && given.stage.is_open();
    let open: Vec<_> = state.authorisations_of(firm).filter(mine).map(|given| given.id).collect();
    if from == to || open.is_empty() {
        return Err(Refusal::conflict("没有可移交的授权，或移交人与接手人是同一人。"));
    }
    Ok(open)
}

fn decide_delegation(
    state: &State,
    context: &Context,
    id: DelegationId,
    grant: GrantId,
    to: PersonId,
    from: Date,
    until: Date,
) -> Result<(), Refusal> {
    let lent = state.grant(grant).ok_or_else(|| Refusal::not_found("没有这条角色授予记录。"))?;
    if context.actor.person() != Some(lent.person) || !lent.holds_on(context.today()) {
        return Err(Refusal::not_allowed("只能委托本人现有的岗位；代他人办理的岗位不能再委托。"));
    }
    if ADMINISTRATORS.contains(&lent.role) {
        return Err(Refusal::forbidden("三员的岗位不能委托，请由安全管理员另行授予。"));
    }
    if state.delegation(id).is_some() {
        return Err(Refusal::conflict("这个编号已经用过，请刷新页面后重新填写。"));
    }
    if until < from || from < context.today() {
        return Err(Refusal::invalid("until", "委托期限应从今天或以后开始，截止日不早于起始日。"));
    }
    let colleague = state.grants_held_by(to).any(|held| held.organisation == lent.organisation && held.holds_on(from));
    if to == lent.person || !colleague || known(state, to)?.standing != Standing::Active {
        return Err(Refusal::invalid("to", "只能委托给同一机构在岗的其他同事。"));
    }
    let overlaps = state
        .delegations()
        .any(|other| other.grant == grant && other.ended.is_none() && other.from <= until && from <= other.until);
    if overlaps {
        Err(Refusal::conflict("这个岗位在所选期间已有委托，请先结束原委托。"))
    } else {
        Ok(())
    }
}

fn offered(state: &State, context: &Context, id: AuthorisationId) -> Result<(), Refusal> {
    let authorisation = state.authorisation(id).ok_or_else(no_authorisation)?;
    let person = context.actor.person();
    if person.is_none() || person != authorisation.holder() {
        return Err(no_authorisation());
    }
    if authorisation.stage != crate::authorisation::Stage::Offered {
        return Err(Refusal::conflict(format!("这条授权{}，不能再答复。", authorisation.stage.label())));
    }
    Ok(())
}

fn no_authorisation() -> Refusal {
    Refusal::not_found("没有给您的这条授权，请核对登录账号或联系企业。")
}

fn legal_person(state: &State, context: &Context, firm: CreditCode) -> Result<(), Refusal> {
    let organisation = context.require(&[Role::Enterprise])?;
    let person = state.legal_person(firm, context.today());
    if *organisation == OrganisationId::from(firm) && person.is_some() && person == context.actor.person() {
        return Ok(());
    }
    Err(Refusal::not_allowed(format!("只有 {firm} 现任法定代表人可以办理授权事项。")))
}

fn firm_exists(state: &State, firm: CreditCode, day: Date) -> Result<(), Refusal> {
    let organisation = organisation(state, &firm.into())?;
    let acts = organisation.kind == OrganisationKind::Firm && organisation.exists_on(day);
    if acts { Ok(()) } else { Err(Refusal::conflict(format!("{firm} 不是存续的企业，请核对代码。"))) }
}

fn organisation<'a>(state: &'a State, id: &OrganisationId) -> Result<&'a Organisation, Refusal> {
    state.organisation(id).ok_or_else(|| Refusal::not_found(format!("没有编号为 {id} 的机构，请先登记机构。")))
}

/// A person who was not erased.
pub(crate) fn known(state: &State, person: PersonId) -> Result<&crate::Person, Refusal> {
    let known = state.person(person).ok_or_else(|| Refusal::not_found("此人还没有登记账号，请先登记。"))?;
    match known.standing {
        Standing::Erased { .. } => Err(Refusal::not_found("此人的个人信息已清除，不能再办理。")),
        _ => Ok(known),
    }
}

pub(crate) fn not_oneself(context: &Context, person: PersonId) -> Result<(), Refusal> {
    let oneself = context.actor.person() == Some(person);
    if oneself {
        Err(Refusal::forbidden("不能为自己办理权限事项，请由另一位有权人员办理。"))
    } else {
        Ok(())
    }
}

fn system_or(context: &Context, role: Role) -> Result<(), Refusal> {
    if context.actor == Actor::System { Ok(()) } else { context.require(&[role]).map(drop) }
}

fn required(field: &'static str, label: &str, text: &str, longest: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > longest || text.contains(char::is_control) {
        let what = format!("{label}应为 1 至 {longest} 个字，且不含换行等控制字符，现在是 {length} 个字。");
        return Err(Refusal::invalid(field, what));
    }
    Ok(text.to_owned())
}
