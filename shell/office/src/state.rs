//! The one State: every context side by side, and the events that move them.

use kernel::{Context, Digest, Impossible, Recorded, Refusal};
use serde::{Deserialize, Serialize};

use crate::city;

/// Declares the contexts once: the State holding them, the Command and Event that name them, and the dispatch.
macro_rules! contexts {
    ($($(#[$doc:meta])* $field:ident: $variant:ident, $module:ident;)+) => {
        /// Everything the city decided so far. Persistent: a clone costs a few reference counts.
        #[derive(Clone, Default)]
        pub struct State {
            $($(#[$doc])* pub $field: $module::State,)+
        }

        /// Something somebody wants to happen.
        #[derive(Clone, Debug)]
        pub enum Command {
            $($(#[$doc])* $variant($module::Command),)+
        }

        /// Something that happened. In the ledger: `{"enterprise":{"Filed":{…}}}`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Event {
            $($(#[$doc])* $variant($module::Event),)+
        }

        $(impl From<$module::Command> for Command {
            fn from(command: $module::Command) -> Self {
                Self::$variant(command)
            }
        })+

        impl State {
            /// What the context the command belongs to makes of it.
            pub fn decide(&self, context: &Context, command: Command) -> Result<Vec<Event>, Refusal> {
                match command {
                    $(Command::$variant(command) => {
                        let events = $module::decide(&self.$field, context, command)?;
                        Ok(events.into_iter().map(Event::$variant).collect())
                    })+
                }
            }

            /// Takes over what was decided.
            pub fn apply(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
                match event {
                    $(Event::$variant(event) => self.$field.apply(recorded, event),)+
                }
            }

            /// Of everything held: two replays of one ledger give the same.
            pub fn digest(&self) -> Digest {
                let parts = [$(self.$field.digest()),+];
                Digest::of_parts(parts.iter().map(|part| &part.as_bytes()[..]))
            }
        }
    };
}

contexts! {
    /// The city itself.
    city: City, city;
    /// Organisations, people, roles, grants.
    accounts: Accounts, accounts;
    /// The action plan.
    plan: Plan, plan;
    /// The enterprise file.
    enterprise: Enterprise, enterprise;
    /// Clauses, assessments, cap accounts.
    subsidy: Subsidy, subsidy;
    /// Calls, cases, payments.
    cases: Cases, cases;
}
