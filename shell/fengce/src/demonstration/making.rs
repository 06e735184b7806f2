//! Carrying the agenda out: files, then commands hour by hour, then names and accounts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use futures::{StreamExt, TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::{Actor, Digest, PersonId, Role};
use office::city::Identity;
use office::hall::{Seen, Seer, Sighting};
use office::{Hall, SetClock, SubmitError};

use super::agenda::{Act, Hand, Paper, Parts, instant};
use super::cast::{Account, Cast};
use super::sealing::Sealing;
use super::{BEGINS, PASSWORD, Recipe, World};
use crate::foundation::Foundation;
use crate::founding::{self, FoundError};

/// Stands in a directory whose demonstration is not finished.
pub const UNFINISHED: &str = "UNFINISHED";
/// Files kept, and names written, at a time.
const AT_ONCE: usize = 32;

/// A finished demonstration.
pub struct Made {
    /// Who can sign in.
    pub accounts: Vec<Account>,
    /// Commands sent.
    pub commands: usize,
    /// Events recorded.
    pub events: u64,
    /// Of the State: the same for the same recipe, but for what is sealed under the vault's keys.
    pub digest: Digest,
    /// How long it took.
    pub took: Duration,
}

/// The demonstration could not be made. The directory says that it is unfinished.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// Not a directory the program made.
    #[error("目录 {} 不是空的，也不是示范城市。请用 --dir 指定一个新目录。", .0.display())]
    Foreign(PathBuf),
    /// The machine's clock.
    #[error("机器的日期是 {0}，早于示范开始的 {BEGINS}。请检查系统时间。")]
    TooEarly(kernel::Date),
    /// The system refused.
    #[error("目录 {} 无法读写：{source}。请检查路径、权限与磁盘空间。", path.display())]
    System {
        /// Where.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The data directory.
    #[error(transparent)]
    Open(#[from] office::hall::OpenError),
    /// Founding.
    #[error(transparent)]
    Found(#[from] FoundError),
    /// Files, names, checkpoints.
    #[error(transparent)]
    Hall(#[from] office::hall::HallError),
    /// The work behind an example.
    #[error("示例批次没有做成：{0}")]
    Example(String),
    /// The workbench.
    #[error(transparent)]
    Workbench(#[from] office::workbench::WorkbenchError),
    /// A password.
    #[error(transparent)]
    Password(#[from] web::PasswordError),
    /// A bank account.
    #[error(transparent)]
    Account(#[from] kernel::Refusal),
    /// A command was refused: a fault of the demonstration, or a plan it was not written for.
    #[error("示范命令“{what}”（{day}）未能办理：{source}")]
    Refused {
        /// Which, in words.
        what: String,
        /// When.
        day: kernel::Date,
        /// Why.
        source: SubmitError,
    },
}

/// Whether a finished demonstration stands in the directory. An unfinished one is removed.
pub fn prepare(dir: &Path) -> Result<bool, MakeError> {
    let failed = |source| MakeError::System { path: dir.to_owned(), source };
    if dir.join(UNFINISHED).exists() {
        std::fs::remove_dir_all(dir).map_err(failed)?;
    }
    if ledger::Layout::of(dir).ledger().exists() {
        return Ok(true);
    }
    let empty = !dir.exists() || std::fs::read_dir(dir).map_err(failed)?.next().is_none();
    if empty { Ok(false) } else { Err(MakeError::Foreign(dir.to_owned())) }
}

/// Makes the demonstration in an empty or absent directory and closes it again. Dropping the future leaves a
/// directory that says it is unfinished.
pub async fn make(dir: &Path, recipe: &Recipe, foundation: &Foundation) -> Result<Made, MakeError> {
    let begun = Instant::now();
    if recipe.today <= BEGINS {
        return Err(MakeError::TooEarly(recipe.today));
    }
    let failed = |source| MakeError::System { path: dir.to_owned(), source };
    std::fs::create_dir_all(dir).map_err(failed)?;
    std::fs::write(dir.join(UNFINISHED), "示范城市尚未完成；再次运行 fengce demo 会重新生成。\n").map_err(failed)?;
    let world = World::invent(recipe, foundation)?;
    let (agenda, cast) = world.agenda(recipe.today);
    let clock = Arc::new(SetClock::at(instant(BEGINS, 8)));
    let hall = Hall::open(dir, clock.clone(), |_| ()).await?;
    let identity = Identity { name: world.plan.meta.place.clone(), demonstration: true };
    // The administrators get the demonstration's password with everybody else.
    founding::found(&hall, foundation, identity, async || Ok(())).await?;
    let Parts { papers, statements, waves } = agenda.into_parts();
    keep(&hall, &papers).await?;
    let sealing = Sealing { hall: &hall, world: &world, statements: &statements };
    let commands = waves.values().map(Vec::len).sum();
    let bar = progress_bar(commands as u64, "办理");
    let (mut month, mut began) = (BEGINS.first_of_month(), None);
    for ((day, hour), acts) in waves {
        if day.first_of_month() != month {
            hall.sign_checkpoints().await?;
            month = day.first_of_month();
        }
        clock.set(instant(day, hour));
        if began != Some(day) {
            began = Some(day);
            the_day_begins(&hall, day).await?;
        }
        bar.set_message(day.to_string());
        let done = acts.len();
        carry_out(&sealing, day, acts).await?;
        bar.inc(done as u64);
    }
    bar.finish_and_clear();
    sealing.keep_accounts().await?;
    admit(&hall, &world, &cast).await?;
    super::lots::example(&hall, &world, &cast).await?;
    put_on_the_workbench(&hall, &world, &cast).await?;
    hall.sign_checkpoints().await?;
    let published = hall.office.published();
    let (events, digest) = (published.head.sequence.0, published.state.digest());
    drop(published);
    close(hall).await;
    std::fs::remove_file(dir.join(UNFINISHED)).map_err(failed)?;
    Ok(Made { accounts: cast.accounts, commands, events, digest, took: begun.elapsed() })
}

/// Waits until the writer has let go of the ledger, so that the directory can be opened again.
pub async fn close(hall: Hall) {
    let log = Arc::downgrade(&hall.store().log);
    drop(hall);
    while log.strong_count() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What the hourly tick does on a day before anybody acts.
pub(super) async fn the_day_begins(hall: &Hall, day: kernel::Date) -> Result<(), MakeError> {
    let demanded = office::due::commands(&hall.office.published().state, day);
    for (key, command) in demanded {
        let outcome = hall.submit_as_system(&key, command).await;
        outcome.map_err(|source| MakeError::Refused { what: key, day, source })?;
    }
    Ok(())
}

/// Everything of one hour at once, so that it is committed together.
async fn carry_out(sealing: &Sealing<'_>, day: kernel::Date, acts: Vec<Act>) -> Result<(), MakeError> {
    let mut ready = Vec::with_capacity(acts.len());
    for act in acts {
        ready.push(sealing.sealed(act).await?);
    }
    let sent = ready.into_iter().map(async |Act { envelope, what }| {
        let outcome = sealing.hall.office.submit(envelope).await;
        outcome.map_err(|source| MakeError::Refused { what, day, source })
    });
    join_all(sent).await.into_iter().collect::<Result<Vec<_>, _>>().map(drop)
}

async fn keep(hall: &Hall, papers: &[Paper]) -> Result<(), MakeError> {
    let bar = progress_bar(papers.len() as u64, "存放证明材料");
    let keeping = stream::iter(papers).map(async |paper| {
        let kept = hall.keep_file(&paper.name, &paper.content).await;
        bar.inc(1);
        kept.map(drop)
    });
    keeping.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    bar.finish_and_clear();
    Ok(())
}

/// Names for the vault, accounts for signing in, and who looked at the first firm's data.
async fn admit(hall: &Hall, world: &World, cast: &Cast) -> Result<(), MakeError> {
    let naming = stream::iter(&cast.names)
        .map(async |(person, name): &(PersonId, String)| hall.name_person(*person, name).await);
    naming.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    let hash = web::Passwords::new()?.hash(PASSWORD).await?;
    for account in &cast.accounts {
        if !cast.names.iter().any(|(person, _)| *person == account.person) {
            hall.name_person(account.person, account.role.label()).await?;
        }
        founding::keep_credential(hall, account.person, account.login, &hash, false).await?;
    }
    let now = hall.office.now();
    let Some(firm) = world.firms.first() else { return Ok(()) };
    let looks: [(Option<&Hand>, &str, &str); 3] = [
        (cast.districts.values().next(), "区县核实年度申报", "/filings"),
        (Some(&cast.city), "市级签核年度申报", "/filings"),
        (Some(&cast.working_group), "督导评估", "/firms"),
    ];
    for (hand, purpose, path) in looks {
        let Some(Hand { person, role, organisation }) = hand.cloned() else { continue };
        let who = Seer::Actor(Actor::Person { person, role, organisation });
        let (purpose, path) = (format!("{purpose}（示例）"), format!("{path}/{}", firm.code));
        let what = Seen::Read { subject: None, firm: Some(firm.code.into()), purpose, path };
        hall.sight(Sighting { at: now, who, what }).await?;
    }
    debug_assert!(Role::ALL.iter().all(|role| cast.accounts.iter().any(|account| account.role == *role)));
    Ok(())
}

/// Examples of long work for the first firm; the workers carry them out as soon as the city is open.
async fn put_on_the_workbench(hall: &Hall, world: &World, cast: &Cast) -> Result<(), MakeError> {
    let account = cast.accounts.iter().find(|account| account.role == Role::Enterprise);
    let Some((firm, account)) = world.firms.first().zip(account) else { return Ok(()) };
    Ok(hall.workbench().ask(&simulation_pages::example(firm.code.into(), account.person)).await?)
}

fn progress_bar(length: u64, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {bar:32} {pos}/{len} {msg}");
    let bar = ProgressBar::new(length).with_prefix(what);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
