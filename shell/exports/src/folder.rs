//! A folder of such files, one for each day.

use std::io;
use std::path::{Path, PathBuf};

use jiff::ToSpan;
use kernel::Date;
use office::{Hall, State};
use tokio::fs::File;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use crate::Registers;
use crate::sqlite::{Standing, WriteError, replace_registers};

/// Files named `registers-YYYY-MM-DD.sqlite`: what all registers held at the end of that day. The file of the present
/// day, made on demand, holds what they held when it was made, until the night replaces it.
pub struct Exports {
    folder: PathBuf,
    keep: usize,
    registers: Registers,
    /// One file is written at a time.
    writing: Mutex<()>,
}

/// A file that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Of which day.
    pub day: Date,
    /// Its size.
    pub bytes: u64,
}

impl Exports {
    /// In this folder, made when the first file is; `keep` files at most, the oldest go first. With 0 none is made
    /// at night.
    pub fn new(folder: PathBuf, keep: usize, registers: Registers) -> Self {
        Self { folder, keep, registers, writing: Mutex::new(()) }
    }

    /// Every register of the program.
    pub fn registers(&self) -> &Registers {
        &self.registers
    }

    /// How many files are kept.
    pub fn keep(&self) -> usize {
        self.keep
    }

    /// Writes the file of a day from what is recorded, today's from what is recorded now. `None` when nothing was
    /// recorded yet on that day.
    pub async fn make(&self, hall: &Hall, day: Date) -> Result<Option<Kept>, WriteError> {
        let made_at = hall.office.now();
        let Some(state) = hall.office.state_on(day).await? else { return Ok(None) };
        let _writing = self.writing.lock().await;
        tokio::fs::create_dir_all(&self.folder).await?;
        let path = self.path(day);
        self.write(state, Standing { as_of: day, made_at }, path.clone()).await?;
        self.prune().await?;
        Ok(Some(Kept { day, bytes: tokio::fs::metadata(&path).await?.len() }))
    }

    /// Going through all registers takes a while: on a thread of its own, so that pages do not wait.
    async fn write(&self, state: State, standing: Standing, path: PathBuf) -> Result<u64, WriteError> {
        let (registers, runtime) = (self.registers.clone(), Handle::current());
        let work = move || runtime.block_on(replace_registers(&registers, &state, standing, &path));
        match tokio::task::spawn_blocking(work).await {
            Ok(written) => written,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }

    /// At every tick: writes the file of the day that ended last, unless `done` says that it was; what fails is logged
    /// and tried again at the next tick.
    pub async fn nightly(&self, hall: &Hall, done: &mut Option<Date>) {
        let today = kernel::date::civil(hall.office.now());
        let Ok(ended) = today.checked_sub(1.day()) else { return };
        if self.keep == 0 || *done == Some(ended) {
            return;
        }
        match self.make(hall, ended).await {
            Ok(_) => *done = Some(ended),
            Err(error) => tracing::error!(%error, day = %ended, "the nightly export was not written"),
        }
    }

    /// The files there are, latest day first.
    pub async fn kept(&self) -> io::Result<Vec<Kept>> {
        let mut entries = match tokio::fs::read_dir(&self.folder).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut kept = Vec::new();
        while let Some(entry) = entries.next_entry().await? {
            if let Some(day) = day_of(Path::new(&entry.file_name())) {
                kept.push(Kept { day, bytes: entry.metadata().await?.len() });
            }
        }
        kept.sort_by_key(|kept| std::cmp::Reverse(kept.day));
        Ok(kept)
    }

    /// The file of a day, to be read, and its size.
    pub async fn open(&self, day: Date) -> io::Result<Option<(File, u64)>> {
        match File::open(self.path(day)).await {
            Ok(file) => {
                let bytes = file.metadata().await?.len();
                Ok(Some((file, bytes)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What the file of a day is called.
    pub fn name(day: Date) -> String {
        format!("registers-{day}.sqlite")
    }

    fn path(&self, day: Date) -> PathBuf {
        self.folder.join(Self::name(day))
    }

    async fn prune(&self) -> io::Result<()> {
        for kept in self.kept().await?.into_iter().skip(self.keep.max(1)) {
            tokio::fs::remove_file(self.path(kept.day)).await?;
        }
        Ok(())
    }
}

/// The day in a file's name; `None` for what is no export.
fn day_of(name: &Path) -> Option<Date> {
    name.to_str()?.strip_prefix("registers-")?.strip_suffix(".sqlite")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use office::SetClock;
    use office::city::{Command, Identity};
    use register::{Cell, Column, Register, Viewer};

    use super::*;

    fn registers() -> Registers {
        let rows = |state: &State, _: &Viewer| -> Vec<String> {
            state.city.identity().map(|city| city.name.clone()).into_iter().collect()
        };
        let city = Register::declare("city", "城市", "", rows)
            .column(Column::new("name", "名称", |name: &String| Cell::text(name.clone())))
            .finish();
        Arc::new(vec![city])
    }

    fn at(text: &str) -> kernel::Timestamp {
        text.parse().unwrap()
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn each_night_adds_the_day_that_ended_and_drops_the_oldest() {
        let place = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at(at("2026-01-05T01:00:00Z")));
        let hall = Hall::open(&place.path().join("data"), clock.clone(), |_| ()).await.unwrap();
        let exports = Exports::new(place.path().join("exports"), 2, registers());
        assert_eq!(exports.make(&hall, day("2026-01-05")).await.unwrap(), None, "nothing is recorded yet");
        let found = Command::Found(Identity { name: "示例".to_owned(), demonstration: true });
        hall.submit_as_system("city", found).await.unwrap();
        let mut done = None;
        exports.nightly(&hall, &mut done).await;
        assert_eq!(exports.kept().await.unwrap(), [], "the day before, there was no city");
        exports.make(&hall, day("2026-01-05")).await.unwrap().unwrap();
        for (now, expected) in [
            // One second after midnight in China.
            ("2026-01-05T16:00:01Z", &["2026-01-05"][..]),
            ("2026-01-06T15:59:59Z", &["2026-01-05"]),
            ("2026-01-06T17:00:00Z", &["2026-01-06", "2026-01-05"]),
            ("2026-01-07T17:00:00Z", &["2026-01-07", "2026-01-06"]),
        ] {
            clock.set(at(now));
            exports.nightly(&hall, &mut done).await;
            let kept: Vec<String> = exports.kept().await.unwrap().iter().map(|kept| kept.day.to_string()).collect();
            assert_eq!(kept, expected, "{now}");
        }
        assert!(exports.open(day("2026-01-05")).await.unwrap().is_none());
        let (_, bytes) = exports.open(day("2026-01-07")).await.unwrap().unwrap();
        assert!(bytes > 0);
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(exports.path(day("2026-01-07")));
        let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
        let query = sqlx::query_as("select as_of, name from export, city");
        let read: Result<(String, String), _> = query.fetch_one(&mut connection).await;
        assert_eq!(read.unwrap(), ("2026-01-07".to_owned(), "示例".to_owned()));
    }
}
