//! What the people of the demonstration do, in the order of days and hours: written first, then carried out.

use std::collections::BTreeMap;

use jiff::tz;
use kernel::{Actor, CommandId, Date, Digest, Evidence, OrganisationId, PersonId, Role, Timestamp};
use office::{Command, Envelope};

use super::generator::Generator;

/// One command of one person.
pub struct Act {
    /// As it is sent.
    pub envelope: Envelope,
    /// In words, for the message when it is refused.
    pub what: String,
}

/// A file that some act names as evidence.
pub struct Paper {
    /// As it is called.
    pub name: String,
    /// What stands in it.
    pub content: Vec<u8>,
}

/// Who acts: a person in a role for an organisation.
#[derive(Clone, Debug)]
pub struct Hand {
    /// Who.
    pub person: PersonId,
    /// As what.
    pub role: Role,
    /// For whom.
    pub organisation: OrganisationId,
}

impl Hand {
    /// A person in a role for an organisation.
    pub fn new(person: PersonId, role: Role, organisation: impl Into<OrganisationId>) -> Self {
        Self { person, role, organisation: organisation.into() }
    }

    /// As the one who sends a command.
    pub fn actor(&self) -> Actor {
        let Self { person, role, organisation } = self.clone();
        Actor::Person { person, role, organisation }
    }
}

/// A day and hour in China.
pub type Moment = (Date, i8);

/// What is carried out.
pub struct Parts {
    /// Files that commands name.
    pub papers: Vec<Paper>,
    /// What people say whose name nobody asked for, by the digest that stands for it here: sealed before it is sent.
    pub statements: BTreeMap<Digest, String>,
    /// Acts by day and hour.
    pub waves: BTreeMap<Moment, Vec<Act>>,
}

/// Everything that is going to happen before a day.
pub struct Agenda {
    waves: BTreeMap<Moment, Vec<Act>>,
    papers: BTreeMap<Digest, Paper>,
    statements: BTreeMap<Digest, String>,
    ids: Generator,
    from: Date,
    before: Date,
}

impl Agenda {
    /// Nothing yet. What is noted for days outside `from` to the day before `before` is left out.
    pub fn new(seed: u64, from: Date, before: Date) -> Self {
        Self {
            waves: BTreeMap::new(),
            papers: BTreeMap::new(),
            statements: BTreeMap::new(),
            ids: Generator::of_part(seed, "commands"),
            from,
            before,
        }
    }

    /// The first day on which something can happen.
    pub const fn from(&self) -> Date {
        self.from
    }

    /// The first day on which nothing happens: today.
    pub const fn before(&self) -> Date {
        self.before
    }

    /// Whether a day lies in the time of the demonstration.
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && day < self.before
    }

    /// Notes a command. Within an hour, commands are carried out in the order in which they were noted.
    pub fn note(&mut self, at: Moment, hand: &Hand, what: impl Into<String>, command: impl Into<Command>) {
        self.put(at, hand, false, what.into(), command.into());
    }

    /// Notes a command of somebody who proved again who they are.
    pub fn approve(&mut self, at: Moment, hand: &Hand, what: impl Into<String>, command: impl Into<Command>) {
        self.put(at, hand, true, what.into(), command.into());
    }

    /// Notes several commands that stand or fall together.
    pub fn together(&mut self, at: Moment, hand: &Hand, what: impl Into<String>, act: office::Act) {
        self.envelop(at, hand.actor(), true, what.into(), act);
    }

    /// Notes what somebody without an account does on a public page.
    pub fn publicly(&mut self, at: Moment, what: impl Into<String>, command: impl Into<Command>) {
        self.envelop(at, Actor::System, false, what.into(), office::Act::from(command.into()));
    }

    fn put(&mut self, at: Moment, hand: &Hand, reauthenticated: bool, what: String, command: Command) {
        self.envelop(at, hand.actor(), reauthenticated, what, office::Act::from(command));
    }

    fn envelop(&mut self, at: Moment, actor: Actor, reauthenticated: bool, what: String, act: office::Act) {
        let id = CommandId(self.ids.uuid(at.0));
        if self.covers(at.0) {
            let envelope = Envelope { id, actor, reauthenticated, act };
            self.waves.entry(at).or_default().push(Act { envelope, what });
        }
    }

    /// A text to be kept before anything happens, as the evidence that commands name.
    pub fn paper(&mut self, name: impl Into<String>, content: String) -> Evidence {
        self.file(name, content.into_bytes())
    }

    /// A file to be kept before anything happens, as the evidence that commands name.
    pub fn file(&mut self, name: impl Into<String>, content: Vec<u8>) -> Evidence {
        let name = name.into();
        let evidence = Evidence { digest: Digest::of(&content), name: name.clone(), size: content.len() as u64 };
        self.papers.insert(evidence.digest, Paper { name, content });
        evidence
    }

    /// What is going to be said; what stands for it until it is sealed.
    pub fn statement(&mut self, text: String) -> Evidence {
        let digest = Digest::of(text.as_bytes());
        let evidence = Evidence { digest, name: "陈述（示例）".to_owned(), size: text.len() as u64 };
        self.statements.insert(digest, text);
        evidence
    }

    /// What is carried out.
    pub fn into_parts(self) -> Parts {
        Parts { papers: self.papers.into_values().collect(), statements: self.statements, waves: self.waves }
    }
}

/// The instant at which an hour's acts are carried out: some minutes past the hour, so that registers do not look
/// like a timetable.
pub fn instant(day: Date, hour: i8) -> Timestamp {
    let minute = (i32::from(day.day_of_year()) * 13 + i32::from(hour) * 7) % 50;
    let time = day.at(hour, i8::try_from(minute).unwrap_or(0), 0, 0);
    tz::offset(8).to_timestamp(time).unwrap_or(Timestamp::MIN)
}
