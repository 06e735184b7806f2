//! The port of the virus scanner. Its contract stands in `docs/scanner.md`.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

/// A future that can be kept behind a pointer.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A virus scanner.
///
/// It looks at the whole content or says that it did not: [`Verdict::Clean`] is an answer of the engine about exactly
/// these bytes. Whatever goes wrong on the way, a refusal of the engine or the end of its time, is
/// [`Verdict::Unscanned`]. It never fails and never waits for ever.
pub trait Scanner: Send + Sync {
    /// Looks at a file.
    fn scan<'a>(&'a self, content: &'a [u8]) -> BoxFuture<'a, Verdict>;
}

/// What a scanner says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The engine found nothing.
    Clean {
        /// Engine with the version of its signatures.
        engine: String,
    },
    /// The engine knows what this is. The file is not kept.
    Infected {
        /// The engine's name for it.
        what: String,
    },
    /// Nobody looked. Whoever opens the file confirms it first.
    Unscanned {
        /// Why not.
        why: String,
    },
}

impl Verdict {
    /// The mark on pages.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Clean { .. } => "已查毒",
            Self::Infected { .. } => "有病毒",
            Self::Unscanned { .. } => "未查毒",
        }
    }
}

/// No scanner is set up: every file is marked 未查毒.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unconfigured;

impl Scanner for Unconfigured {
    fn scan<'a>(&'a self, _: &'a [u8]) -> BoxFuture<'a, Verdict> {
        Box::pin(std::future::ready(Verdict::Unscanned { why: "没有配置查毒引擎".to_owned() }))
    }
}
