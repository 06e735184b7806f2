//! The story goes through the office of a real directory, which is closed and opened again after every step of one
//! case's life; and the process that imports a treasury's file is really killed. Whatever is left can be gone on from.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::sync::Arc;

use cases::voucher::{Payee, Voucher};
use cases::{Command, VoucherNumber};
use futures::future::join_all;
use jiff::civil::date;
use kernel::{Actor, CommandId, Date, Digest, Evidence, Money};
use office::city::Identity;
use office::{Envelope, Hall, SetClock};
use uuid::Uuid;

use super::super::agenda::{Act, Moment, instant};
use super::super::cast::Cast;
use super::super::making::{close, the_day_begins};
use super::super::tests::rehearse;
use super::super::{BEGINS, Recipe, World};
use super::calls::Batch;
use super::{call_id, case_id};
use crate::foundation::Foundation;
use crate::founding;

/// Enough firms for every claim, and no more; the case has been accepted by then.
const RECIPE: Recipe = Recipe { seed: 2023, firms: 88, today: date(2026, 9, 25) };
/// Sent back by the bank and paid again: the longest way of a claim that ends well.
const NUMBER: u8 = 7;
/// What the bank sends back.
const VOUCHER: &str = "示例-国库-2026-0107";
/// When the treasury's first file comes.
const IMPORTED: Moment = (date(2026, 5, 8), 15);
/// Names the directory to the process that is killed.
const DIRECTORY: &str = "FENGCE_KILLED_DIRECTORY";
/// Files that process imports beside the treasury's, and vouchers in each.
const FILES: usize = 60;
const ROWS: usize = 25;
/// After how many files imported it is killed, time after time.
const DEATHS: [usize; 3] = [1, 7, 20];

/// A directory that is opened again and again.
struct Rehearsal<'a> {
    dir: &'a Path,
    clock: Arc<SetClock>,
    hall: Hall,
    /// How often it was opened again.
    reopened: usize,
}

impl Rehearsal<'_> {
    async fn reopen(self) -> Self {
        let Self { dir, clock, hall, reopened } = self;
        let before = hall.office.published().state.digest();
        close(hall).await;
        let hall = Hall::open(dir, clock.clone(), |_| ()).await.unwrap();
        assert_eq!(hall.office.published().state.digest(), before, "what was acknowledged is all there");
        Self { dir, clock, hall, reopened: reopened + 1 }
    }

    async fn send(&self, acts: &mut Vec<Act>) {
        let sent = acts.drain(..).map(async |Act { envelope, what }| {
            let outcome = self.hall.office.submit(envelope).await;
            outcome.unwrap_or_else(|error| panic!("{what}: {error}"))
        });
        join_all(sent).await;
    }

    /// Sends a step of the case, forgets everything, and sends it once more, as a page does that got no answer.
    async fn step(self, act: Act) -> Self {
        self.send(&mut vec![Act { envelope: act.envelope.clone(), what: act.what.clone() }]).await;
        let again = self.reopen().await;
        let before = again.hall.office.published().state.digest();
        again.send(&mut vec![act]).await;
        assert_eq!(again.hall.office.published().state.digest(), before, "nothing happens twice");
        again
    }
}

fn agenda(world: &World) -> (std::collections::BTreeMap<Moment, Vec<Act>>, Cast) {
    let (agenda, cast) = world.agenda(RECIPE.today);
    (agenda.into_parts().waves, cast)
}

/// Whether the act moves the case: it names the case, its firm or its voucher, or settles its call.
fn moves_the_case(act: &Act, firm: &str) -> bool {
    let commands = act.envelope.act.commands().iter();
    let of_cases = commands.filter(|command| matches!(command, office::Command::Cases(_)));
    let texts: Vec<_> = of_cases.map(|command| format!("{command:?}")).collect();
    let case = case_id(RECIPE.seed, NUMBER).0.to_string();
    let settles =
        |text: &String| text.contains("Settle") && text.contains(&call_id(RECIPE.seed, Batch::Fees).0.to_string());
    texts.iter().any(|text| text.contains(&case) || text.contains(firm) || text.contains(VOUCHER) || settles(text))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_after_any_step_of_a_case_leaves_a_state_that_continues() {
    let place = tempfile::tempdir().unwrap();
    let foundation = Foundation::embedded();
    let world = World::invent(&RECIPE, &foundation).unwrap();
    let (waves, _) = agenda(&world);
    let firm = super::claims::claimants(&world, RECIPE.today).unwrap()[&NUMBER].code;
    let clock = Arc::new(SetClock::at(instant(BEGINS, 8)));
    let dir = place.path().join("city");
    let hall = Hall::open(&dir, clock.clone(), |_| ()).await.unwrap();
    let identity = Identity { name: world.plan.meta.place.clone(), demonstration: true };
    founding::found(&hall, &foundation, identity, async || Ok(())).await.unwrap();
    let mut city = Rehearsal { dir: &dir, clock, hall, reopened: 0 };
    let (mut began, mut stages): (Option<Date>, Vec<_>) = (None, Vec::new());
    for (moment, acts) in waves {
        city.clock.set(instant(moment.0, moment.1));
        if began != Some(moment.0) {
            began = Some(moment.0);
            the_day_begins(&city.hall, moment.0).await.unwrap();
        }
        if moment == IMPORTED {
            city = killed_while_it_imports(city).await;
        }
        let mut waiting = Vec::new();
        for act in acts {
            if moves_the_case(&act, firm.as_str()) {
                city.send(&mut waiting).await;
                city = city.step(act).await;
                let published = city.hall.office.published();
                stages.push(published.state.cases.case(case_id(RECIPE.seed, NUMBER)).unwrap().stage.kind().label());
            } else {
                waiting.push(act);
            }
        }
        city.send(&mut waiting).await;
    }
    let expected = [
        "待区县初审",
        "专家评审中",
        "专家评审中",
        "专家评审中",
        "待市级复核",
        "待汇总",
        "待会议审定",
        "待公示",
        "公示中",
        "待下达拨付指令",
        "拨付途中",
        "已拨付，待验收",
        "待下达拨付指令",
        "拨付途中",
        "已拨付，待验收",
        "办结",
    ];
    assert_eq!(stages, expected);
    // It came out as it does when nothing ever crashes.
    let published = city.hall.office.published();
    let (undisturbed, _) = rehearse(&RECIPE);
    for case in undisturbed.cases.cases() {
        let found = published.state.cases.case(case.id).unwrap();
        assert_eq!((&found.stage.kind(), &found.purse), (&case.stage.kind(), &case.purse), "{}", case.id);
    }
    let report = ledger::verify::verify(city.hall.store().log.as_ref(), &[], |_| ()).await.unwrap();
    assert!(report.events > 0 && city.reopened >= stages.len());
}

/// The process that imports dies again and again; every file is there whole or not at all, and every one that was
/// acknowledged is there.
async fn killed_while_it_imports(city: Rehearsal<'_>) -> Rehearsal<'_> {
    let Rehearsal { dir, clock, hall, reopened } = city;
    close(hall).await;
    let mut acknowledged = BTreeSet::new();
    for death in DEATHS {
        let dir = dir.to_owned();
        acknowledged.extend(tokio::task::spawn_blocking(move || Importer::start(&dir).until(death)).await.unwrap());
    }
    let hall = Hall::open(dir, clock.clone(), |_| ()).await.unwrap();
    let published = hall.office.published();
    let mut whole = BTreeSet::new();
    for file in 0..FILES {
        let rows = (0..ROWS).filter(|row| published.state.cases.voucher(&filler(file, *row)).is_some()).count();
        assert!(rows == 0 || rows == ROWS, "file {file} is there in part: {rows}");
        whole.extend((rows > 0).then_some(file));
    }
    assert!(acknowledged.is_subset(&whole), "acknowledged and lost: {acknowledged:?} {whole:?}");
    assert!(acknowledged.len() >= DEATHS.iter().sum() && whole.len() < FILES, "it died in between");
    Rehearsal { dir, clock, hall, reopened }
}

/// A process that imports files and says which.
struct Importer(Child);

impl Importer {
    fn start(dir: &Path) -> Self {
        let mut process = Process::new(std::env::current_exe().unwrap());
        let name = module_path!().split_once("::").unwrap().1.to_owned() + "::imports_vouchers_until_it_is_killed";
        process.args(["--exact", &name, "--ignored", "--nocapture"]).env(DIRECTORY, dir);
        Self(process.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Kills it when it has said so many times that a file is imported.
    fn until(mut self, files: usize) -> Vec<usize> {
        let said = BufReader::new(self.0.stdout.take().unwrap()).lines().map(Result::unwrap);
        let numbers = said.filter_map(|line| line.strip_prefix("imported ")?.parse().ok());
        numbers.take(files).collect()
    }
}

impl Drop for Importer {
    fn drop(&mut self) {
        // SIGKILL: nothing of the process runs any more.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn filler(file: usize, row: usize) -> VoucherNumber {
    format!("示例-{file}-{row}").parse().unwrap()
}

#[test]
#[ignore = "run in a process of its own by the test that kills it"]
fn imports_vouchers_until_it_is_killed() {
    let Some(dir) = std::env::var_os(DIRECTORY) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(import(Path::new(&dir)));
}

async fn import(dir: &Path) {
    let world = World::invent(&RECIPE, &Foundation::embedded()).unwrap();
    let (_, cast) = agenda(&world);
    let clock = Arc::new(SetClock::at(instant(IMPORTED.0, IMPORTED.1)));
    let hall = Hall::open(dir, clock, |_| ()).await.unwrap();
    let actor: Actor = cast.second_finance.actor();
    let payee = Payee::Firm(world.firms.first().unwrap().code);
    for file in 0..FILES {
        if hall.office.published().state.cases.voucher(&filler(file, 0)).is_some() {
            continue;
        }
        let voucher =
            |row| Voucher { number: filler(file, row), amount: Money::from_fen(7), on: IMPORTED.0, payee, order: None };
        let name = format!("示例-{file}.csv");
        let evidence = Evidence { digest: Digest::of(name.as_bytes()), name, size: 1 };
        let command = Command::ImportVouchers { file: evidence, vouchers: (0..ROWS).map(voucher).collect() };
        let id = CommandId(Uuid::from_u128(file as u128 + 1));
        let act = office::Act::from(command);
        hall.office.submit(Envelope { id, actor: actor.clone(), reauthenticated: true, act }).await.unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "imported {file}").and_then(|()| out.flush()).unwrap();
    }
}
