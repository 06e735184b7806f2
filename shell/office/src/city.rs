//! The city itself: what it is called, whether it is a demonstration, and its working calendar.

use std::sync::Arc;

use kernel::{Context, Digest, Impossible, Recorded, Refusal, Role, WorkingCalendar};
use serde::{Deserialize, Serialize};

/// What is known of the city.
#[derive(Clone, Debug, Default)]
pub struct State {
    identity: Option<Arc<Identity>>,
    calendar: Arc<WorkingCalendar>,
    calendar_digest: Option<Digest>,
}

/// One ledger, process and key per city.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// As pages call it: 重庆.
    pub name: String,
    /// Invented firms and figures: every page says 示例数据.
    pub demonstration: bool,
}

/// What may happen to the city.
#[derive(Clone, Debug)]
pub enum Command {
    /// Once, at the start.
    Found(Identity),
    /// The holiday notices so far, as the text of `catalog/calendar.toml`.
    AdoptCalendar {
        /// The file.
        text: String,
    },
}

/// What happened to the city.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Once, at the start.
    Founded(Identity),
    /// The calendar in force from here on.
    CalendarAdopted {
        /// Of the text.
        digest: Digest,
        /// The file.
        text: String,
    },
}

/// Reads the working calendar from its catalog file.
pub fn read_calendar(text: &str) -> Result<WorkingCalendar, Refusal> {
    enterprise::catalog::read_calendar(text).map_err(|error| Refusal::invalid("calendar", error.to_string()))
}

/// Decides what may happen to the city.
pub fn decide(state: &State, context: &Context, command: Command) -> Result<Vec<Event>, Refusal> {
    if context.actor != kernel::Actor::System {
        context.require(&[Role::SystemAdministrator])?;
    }
    match command {
        Command::Found(_) if state.identity.is_some() => Err(Refusal::conflict("城市已经建立，不能重复建立。")),
        Command::Found(identity) if identity.name.trim().is_empty() => {
            Err(Refusal::invalid("name", "请填写城市名称。"))
        }
        Command::Found(identity) => Ok(vec![Event::Founded(identity)]),
        Command::AdoptCalendar { text } => {
            read_calendar(&text)?;
            let digest = Digest::of(text.as_bytes());
            if state.calendar_digest == Some(digest) {
                return Err(Refusal::conflict("该工作日历已在使用。"));
            }
            Ok(vec![Event::CalendarAdopted { digest, text }])
        }
    }
}

impl State {
    /// Takes over what was decided.
    pub fn apply(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        match event {
            Event::Founded(identity) => {
                if self.identity.replace(Arc::new(identity.clone())).is_some() {
                    return Err(Impossible::at(recorded, "城市被建立了两次"));
                }
            }
            Event::CalendarAdopted { digest, text } => {
                let calendar = read_calendar(text).map_err(|refusal| Impossible::at(recorded, refusal.reason))?;
                self.calendar = Arc::new(calendar);
                self.calendar_digest = Some(*digest);
            }
        }
        Ok(())
    }

    /// Name and kind of the city; `None` before it was founded.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_deref()
    }

    /// The working calendar in force.
    pub fn calendar(&self) -> &Arc<WorkingCalendar> {
        &self.calendar
    }

    /// Of everything held, for comparing two replays.
    pub fn digest(&self) -> Digest {
        let text = format!("{:?}{:?}{:?}", self.identity, self.calendar, self.calendar_digest);
        Digest::of(text.as_bytes())
    }
}
