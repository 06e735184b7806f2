//! Columns and who may see them.

use std::borrow::Cow;

use kernel::{OrganisationId, PersonId, Role};

use crate::cell::{Cell, Kind};

/// Who looks at a register.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Viewer {
    /// The role looked in; `None` for the public.
    pub role: Option<Role>,
    /// The organisation looked for.
    pub organisation: Option<OrganisationId>,
    /// Who they are, where what may be seen depends on the person: an expert sees what they are asked about.
    pub person: Option<PersonId>,
}

impl Viewer {
    /// Someone who has not signed in.
    pub fn public() -> Self {
        Self::default()
    }

    /// Someone in a role, for an organisation.
    pub fn new(role: Role, organisation: OrganisationId) -> Self {
        Self { role: Some(role), organisation: Some(organisation), person: None }
    }
}

/// Who sees a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everyone, signed in or not.
    Everyone,
    /// Everyone in some role.
    SignedIn,
    /// These roles only.
    Roles(&'static [Role]),
}

impl Visibility {
    /// Whether this viewer sees it.
    pub fn admits(self, viewer: &Viewer) -> bool {
        match (self, viewer.role) {
            (Self::Everyone, _) => true,
            (Self::SignedIn, role) => role.is_some(),
            (Self::Roles(roles), role) => role.is_some_and(|role| roles.contains(&role)),
        }
    }

    /// In Chinese, for the data dictionary.
    pub fn label(self) -> String {
        match self {
            Self::Everyone => "公开".to_owned(),
            Self::SignedIn => "登录用户".to_owned(),
            Self::Roles(roles) => roles.iter().map(|role| role.label()).collect::<Vec<_>>().join("、"),
        }
    }
}

/// What a column says about itself: everything but how its cells are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Name in addresses, JSON and the data dictionary: lower-case ASCII, stable.
    pub key: &'static str,
    /// Head of the column.
    pub label: Cow<'static, str>,
    /// Unit of its values, shown behind the label.
    pub unit: Option<&'static str>,
    /// Kind of its values.
    pub kind: Kind,
    /// Who sees it.
    pub visibility: Visibility,
    /// Whether rows can be ordered by it.
    pub sortable: bool,
    /// Whether rows can be chosen by it.
    pub filterable: bool,
    /// The only values it can have, where they are few: the filter is then a choice.
    pub choices: Vec<Cow<'static, str>>,
    /// What it means and where it comes from, for the data dictionary.
    pub description: Cow<'static, str>,
}

impl Heading {
    /// Label with its unit: `营业收入（元）`.
    pub fn label_with_unit(&self) -> String {
        match self.unit {
            Some(unit) => format!("{}（{unit}）", self.label),
            None => self.label.to_string(),
        }
    }
}

/// How a column makes its cell of a row.
type Make<R> = Box<dyn Fn(&R) -> Cell + Send + Sync>;

/// A column of a register whose rows are `R`.
pub struct Column<R> {
    pub(crate) heading: Heading,
    pub(crate) make: Make<R>,
}

impl<R> Column<R> {
    /// Key, label, and how its cell is made of a row. Holds text, is seen by everyone, and neither sorts nor filters
    /// until told so.
    pub fn new(
        key: &'static str,
        label: impl Into<Cow<'static, str>>,
        make: impl Fn(&R) -> Cell + Send + Sync + 'static,
    ) -> Self {
        let heading = Heading {
            key,
            label: label.into(),
            unit: None,
            kind: Kind::Text,
            visibility: Visibility::Everyone,
            sortable: false,
            filterable: false,
            choices: Vec::new(),
            description: Cow::Borrowed(""),
        };
        Self { heading, make: Box::new(make) }
    }

    /// Values of this kind.
    pub fn kind(mut self, kind: Kind) -> Self {
        self.heading.kind = kind;
        self
    }

    /// Amounts of money, in yuan.
    pub fn money(mut self) -> Self {
        self.heading.unit = Some("元");
        self.kind(Kind::Money)
    }

    /// Values in this unit.
    pub fn unit(mut self, unit: &'static str) -> Self {
        self.heading.unit = Some(unit);
        self
    }

    /// Seen by these only.
    pub fn visible_to(mut self, visibility: Visibility) -> Self {
        self.heading.visibility = visibility;
        self
    }

    /// Rows can be ordered by it.
    pub fn sortable(mut self) -> Self {
        self.heading.sortable = true;
        self
    }

    /// Rows can be chosen by it.
    pub fn filterable(mut self) -> Self {
        self.heading.filterable = true;
        self
    }

    /// Rows can be chosen by it, from these values.
    pub fn choices<T: Into<Cow<'static, str>>>(mut self, choices: impl IntoIterator<Item = T>) -> Self {
        self.heading.choices = choices.into_iter().map(Into::into).collect();
        self.filterable()
    }

    /// What it means and where it comes from, for the data dictionary.
    pub fn describe(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.heading.description = description.into();
        self
    }
}
