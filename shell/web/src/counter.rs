//! The counter (柜台): where a page hands in commands and asks for the State of a day.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use kernel::{Actor, CommandId, Context, Evidence, OrganisationId, Role};
use office::{Act, Envelope, Hall, Outcome, State, SubmitError};

use crate::failure::Failure;
use crate::submitted::Upload;
use crate::visitor::{AsOf, Visitor};

/// Who stands at the counter, and the city behind it. An extractor for handlers whose state is [`Hall`].
pub struct Counter {
    /// The city.
    pub hall: Hall,
    /// Who asks.
    pub visitor: Visitor,
    /// As of when.
    pub as_of: AsOf,
    /// The State of the day in the past that was asked for; `None` when now was asked for, or there was none yet.
    looking_back: Option<State>,
}

impl FromRequestParts<Hall> for Counter {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, hall: &Hall) -> Result<Self, Failure> {
        let visitor = Visitor::from_request_parts(parts, hall).await?;
        let as_of = AsOf::from_request_parts(parts, hall).await?;
        let looking_back = match as_of.chosen() {
            None => None,
            Some(day) => hall.office.state_on(day).await?,
        };
        Ok(Self { hall: hall.clone(), visitor, as_of, looking_back })
    }
}

impl Counter {
    /// The State on the day asked for.
    pub fn state(&self) -> Result<State, Failure> {
        match self.as_of.chosen() {
            None => Ok(self.hall.office.published().state.clone()),
            Some(day) => self
                .looking_back
                .clone()
                .ok_or_else(|| Failure::NotFound(format!("{day} 时本系统还没有记录，请选择之后的日期。").into())),
        }
    }

    /// Hands in a command as the visitor, under the id its form carries: sent twice, it happens once. A refusal that
    /// concerns what was typed comes back through [`crate::Draft::refused`].
    pub async fn submit(&self, id: CommandId, act: impl Into<Act>) -> Result<Outcome, SubmitError> {
        // A visitor without a seat is refused by the context as nobody in particular.
        let actor = self.visitor.actor().map_err(|failure| kernel::Refusal::not_allowed(failure.advice()))?;
        let reauthenticated = self.visitor.reauthenticated();
        self.hall.office.submit(Envelope { id, actor, reauthenticated, act: act.into() }).await
    }
}

impl Counter {
    /// Hands in the answer to an offer, as the person it was made to, in the role and for the organisation offered:
    /// answering gives the first seat and needs none. The office takes nothing else this way.
    pub async fn answer(
        &self,
        id: CommandId,
        (role, organisation): (Role, OrganisationId),
        command: accounts::Command,
    ) -> Result<Outcome, SubmitError> {
        let signed_in = self.visitor.signed_in();
        let signed_in = signed_in.ok_or_else(|| kernel::Refusal::not_allowed("请先登录，再答复授权。"))?;
        let actor = Actor::Person { person: signed_in.person, role, organisation };
        let (reauthenticated, act) = (signed_in.reauthenticated, command.into());
        self.hall.office.submit(Envelope { id, actor, reauthenticated, act }).await
    }

    /// Has an uploaded file scanned and keeps it; one that the scanner knows as infected is refused and not kept.
    pub async fn keep(&self, upload: &Upload) -> Result<Evidence, Failure> {
        let kept = self.hall.keep_uploaded(&upload.name, &upload.bytes).await?;
        kept.map_err(|verdict| {
            let what =
                format!("“{}”{}，没有保存。请换一台已杀毒的电脑重新导出后再上传。", upload.name, verdict.label());
            Failure::Unacceptable(what.into())
        })
    }

    /// What a command of the visitor would be decided with now: to say beforehand what stands in its way.
    pub fn context(&self) -> Result<Context, Failure> {
        let published = self.hall.office.published();
        Ok(Context {
            now: self.hall.office.now(),
            actor: self.visitor.actor()?,
            reauthenticated: self.visitor.reauthenticated(),
            calendar: published.state.city.calendar().clone(),
        })
    }
}

impl From<SubmitError> for Failure {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Refused(refusal) => refusal.into(),
            other => Self::Unavailable(other.to_string().into()),
        }
    }
}

impl From<office::hall::HallError> for Failure {
    fn from(error: office::hall::HallError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<office::ReplayError> for Failure {
    fn from(error: office::ReplayError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<office::workbench::WorkbenchError> for Failure {
    fn from(error: office::workbench::WorkbenchError) -> Self {
        match error {
            office::workbench::WorkbenchError::NotEnded => Self::Unacceptable(error.to_string().into()),
            other => Self::Fault(other.to_string()),
        }
    }
}
