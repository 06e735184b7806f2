//! What is sealed before a command is sent, as the pages do it: statements of people whose name nobody asked for, and
//! accounts to which firms are paid. Their digests are keyed, so that they differ from directory to directory.

use std::collections::BTreeMap;

use cases::challenge::Command as Said;
use cases::payment::NewOrder;
use kernel::{CreditCode, Digest};
use office::{BankAccount, Command, Envelope, Hall};

use super::World;
use super::agenda::Act;
use super::making::MakeError;

/// Seals for one directory.
pub struct Sealing<'a> {
    /// Where it is kept.
    pub hall: &'a Hall,
    /// Who there is.
    pub world: &'a World,
    /// What is said, by the digest that stands for it in the agenda.
    pub statements: &'a BTreeMap<Digest, String>,
}

impl Sealing<'_> {
    /// The act with what it names sealed and kept.
    pub async fn sealed(&self, act: Act) -> Result<Act, MakeError> {
        let of_cases = |command: &Command| {
            matches!(command, Command::Cases(cases::Command::Challenge(_) | cases::Command::IssueOrders(_)))
        };
        if !act.envelope.act.commands().iter().any(of_cases) {
            return Ok(act);
        }
        let mut commands = Vec::new();
        for command in act.envelope.act.commands() {
            commands.push(self.command(command.clone()).await?);
        }
        let mut commands = commands.into_iter();
        let Some(first) = commands.next() else { return Ok(act) };
        let Envelope { id, actor, reauthenticated, .. } = act.envelope;
        let envelope = Envelope { id, actor, reauthenticated, act: office::Act::together(first, commands) };
        Ok(Act { envelope, what: act.what })
    }

    async fn command(&self, mut command: Command) -> Result<Command, MakeError> {
        match &mut command {
            Command::Cases(cases::Command::Challenge(said)) => {
                let (id, statement, contact) = match said {
                    Said::Object { id, statement, contact, .. } => (id.0, statement, contact),
                    Said::Complain { id, statement, contact, .. } => (id.0, statement, contact),
                    Said::Report { id, statement, contact, .. } => (id.0, statement, contact),
                    _ => return Ok(command),
                };
                if let Some(text) = self.statements.get(&statement.digest) {
                    (*statement, *contact) = self.hall.seal_statement(id, text, None).await?;
                }
            }
            Command::Cases(cases::Command::IssueOrders(orders)) => {
                for order in orders {
                    self.account(order).await?;
                }
            }
            _ => {}
        }
        Ok(command)
    }

    async fn account(&self, order: &mut NewOrder) -> Result<(), MakeError> {
        let firm = self.hall.office.published().state.cases.case(order.case).map(|case| case.applicant.firm);
        if let Some(firm) = firm {
            order.account = self.keep_account(firm).await?;
        }
        Ok(())
    }

    /// The account of every firm with a case, for the orders to come.
    pub async fn keep_accounts(&self) -> Result<(), MakeError> {
        let published = self.hall.office.published();
        let firms: std::collections::BTreeSet<_> =
            published.state.cases.open_cases().map(|case| case.applicant.firm).collect();
        for firm in firms {
            self.keep_account(firm).await?;
        }
        Ok(())
    }

    async fn keep_account(&self, firm: CreditCode) -> Result<Digest, MakeError> {
        let holder = self.world.firms.iter().find(|known| known.code == firm).map_or("示例企业", |firm| &firm.name);
        let digits: String = firm.as_str().chars().filter(char::is_ascii_digit).collect();
        let account = BankAccount::new(holder, "示例银行重庆分行（示例数据）", &format!("0000{digits}"))?;
        Ok(self.hall.keep_account(firm, &account).await?)
    }
}
