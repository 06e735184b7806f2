//! A command carried out on a State: decided, applied, and what follows from it decided and applied, as one whole.

use std::collections::VecDeque;

use enterprise::Change;
use kernel::{Actor, CommandId, Context, Impossible, Refusal, Sequence, Timestamp};
use ledger::Draft;

use crate::claims;
use crate::entry::Entry;
use crate::react::react;
use crate::state::{Command, State};

/// A command on its way to the ledger.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Chosen by the sender; sending it again returns the first outcome.
    pub id: CommandId,
    /// Who sends it.
    pub actor: Actor,
    /// Whether the person proved who they are again just before.
    pub reauthenticated: bool,
    /// What they want.
    pub act: Act,
}

/// What somebody does in one go: usually one command; several, possibly of several contexts, where only all of them
/// together make sense. Either all are carried out, in the order given and in one batch, or none.
#[derive(Clone, Debug)]
pub struct Act(Vec<Command>);

impl Act {
    /// Several commands that stand or fall together.
    pub fn together(first: impl Into<Command>, then: impl IntoIterator<Item = Command>) -> Self {
        Self([first.into()].into_iter().chain(then).collect())
    }

    /// What it consists of, in order.
    pub fn commands(&self) -> &[Command] {
        &self.0
    }

    /// This, and another command with it.
    #[must_use]
    pub fn and(mut self, next: impl Into<Command>) -> Self {
        self.0.push(next.into());
        self
    }
}

impl<C: Into<Command>> From<C> for Act {
    fn from(command: C) -> Self {
        Self(vec![command.into()])
    }
}

/// A command of an act or one that follows, waiting for its turn.
struct Waiting {
    id: CommandId,
    actor: Actor,
    reauthenticated: bool,
    command: Command,
}

/// The commands of an envelope; the first carries its id, so that a retry finds it.
fn opened(envelope: Envelope) -> VecDeque<Waiting> {
    let Envelope { id: root, actor, reauthenticated, act } = envelope;
    let waiting = |(n, command)| {
        let id = if n == 0 { root } else { part_id(root, n) };
        Waiting { id, actor: actor.clone(), reauthenticated, command }
    };
    act.0.into_iter().enumerate().map(waiting).collect()
}

/// Everything one command changed, not yet durable.
pub struct Carried {
    /// The State after it.
    pub state: State,
    /// One line for the command and one for each that followed from it.
    pub drafts: Vec<Draft>,
    /// Events in all drafts.
    pub events: u64,
}

/// Why nothing was carried out.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// Not allowed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A decided event could not be applied: a fault of the program, nothing is written.
    #[error(transparent)]
    Impossible(#[from] Impossible),
    /// An event has no JSON: a fault of the program, nothing is written.
    #[error("事件无法写成 JSON：{0}")]
    Unwritable(#[from] serde_json::Error),
}

/// More follow-ups than any command has: two contexts answer each other for ever.
const MOST_FOLLOW_UPS: usize = 10_000;

/// Decides and applies the command and all that follows from it. Pure: `state` is untouched, the result is complete
/// or a refusal. A follow-up that is refused refuses the whole.
pub fn carry_out(state: &State, first: Sequence, now: Timestamp, envelope: Envelope) -> Result<Carried, CarryError> {
    let mut carried = Carried { state: state.clone(), drafts: Vec::new(), events: 0 };
    let root = envelope.id;
    let mut waiting = opened(envelope);
    let mut follow_ups = 0;
    while let Some(Waiting { id, actor, reauthenticated, command }) = waiting.pop_front() {
        let context = Context { now, actor, reauthenticated, calendar: carried.state.city.calendar().clone() };
        permitted(&carried.state, &context, &command)?;
        let events = carried.state.decide(&context, command)?;
        if events.is_empty() {
            continue;
        }
        let entry = Entry { command: id, at: now, actor: context.actor, events };
        for (recorded, event) in entry.recorded(Sequence(first.0 + carried.events)) {
            carried.state.apply(&recorded, event)?;
            for command in react(&carried.state, &recorded, event) {
                follow_ups += 1;
                if follow_ups > MOST_FOLLOW_UPS {
                    return Err(Impossible::at(&recorded, "后续命令没有尽头").into());
                }
                let id = follow_up_id(root, follow_ups);
                waiting.push_back(Waiting { id, actor: Actor::System, reauthenticated: true, command });
            }
        }
        let events = entry.events.len() as u32;
        carried.drafts.push(Draft { command: entry.command, events, line: serde_json::to_vec(&entry)? });
        carried.events += u64::from(events);
    }
    Ok(carried)
}

/// Whether the sender holds the role it acts in today, and, for a firm, within what the firm authorised.
fn permitted(state: &State, context: &Context, command: &Command) -> Result<(), Refusal> {
    let scope = match command {
        // Accepting or declining is what gives the role.
        Command::Accounts(command) if command.needs_no_role() => return Ok(()),
        Command::Enterprise(command) if command.files_for_a_firm() => Some(accounts::Scope::Filings),
        Command::Subsidy(subsidy::Command::FileClaim(_)) => Some(accounts::Scope::Claim),
        Command::Cases(command) if command.files_for_a_firm() => Some(accounts::Scope::Claim),
        _ => None,
    };
    accounts::choice::permits(&state.accounts, &context.actor, scope, context.today())?;
    match command {
        Command::Subsidy(subsidy::Command::Assess { claim_id, claim, .. }) => {
            claims::may_assess(state, context, *claim_id, claim)
        }
        Command::Subsidy(subsidy::Command::FileClaim(filed)) => claims::may_file(state, context, filed),
        Command::Cases(cases::Command::Offer(proposal)) => claims::may_offer(state, context, proposal),
        Command::Enterprise(enterprise::Command::Amend { firm, change: Change::EndHolding { .. }, .. }) => {
            claims::may_end_tie(state, context, *firm)
        }
        _ => Ok(()),
    }
}

/// The id of the n-th command of the act `root` names.
fn part_id(root: CommandId, n: usize) -> CommandId {
    CommandId::derived([b"part:", &root.0.as_bytes()[..], &n.to_be_bytes()[..]])
}

/// The id of the n-th command that followed from `root`: derived, so that a retry of the whole derives it again.
fn follow_up_id(root: CommandId, n: usize) -> CommandId {
    CommandId::derived([&root.0.as_bytes()[..], &n.to_be_bytes()[..]])
}
