//! A test lot of the firm `qiye`, made by the project's own generator: wafers with a weak site, clusters of failures,
//! dies probed again without a flag. 示例数据.

use std::path::Path;
use std::time::Duration;

use office::Hall;
use office::workbench::{JobState, NewJob};
use stdf::generate;
use testdata_pages::work::{KIND, Key, Place, Request, Source};

use super::making::MakeError;
use super::{World, cast::Cast};

/// The lot's file.
const FILE: &str = "LOT-示例.stdf";

/// Writes the lot's file into a job of the firm and lets the firm's pages work on it.
pub async fn example(hall: &Hall, world: &World, cast: &Cast) -> Result<(), MakeError> {
    let account = cast.accounts.iter().find(|account| account.login == "qiye");
    let (Some(firm), Some(account)) = (world.firms.first(), account) else { return Ok(()) };
    let broken = |error: &dyn std::fmt::Display| MakeError::Example(error.to_string());
    let id = testdata_pages::EXAMPLE.parse().map_err(|error| broken(&error))?;
    let bench = hall.workbench();
    let inputs = bench.folder(id).map_err(|error| broken(&error))?.join("inputs");
    write(&inputs.join("1.stdf"), world.seed)?;
    let request = Request {
        files: vec![Source { name: FILE.to_owned(), place: Place::Uploaded("1.stdf".to_owned()) }],
        key: Key::NumberAndName,
    };
    let job = NewJob {
        id,
        owner: account.person,
        organisation: firm.code.into(),
        kind: KIND.to_owned(),
        title: "示例批次（示例数据）".to_owned(),
        input: serde_json::to_string(&request).map_err(|error| broken(&error))?,
    };
    bench.ask(&job).await.map_err(|error| broken(&error))?;
    let workers = [testdata_pages::worker()];
    let ended = async {
        loop {
            let found = bench.get(&firm.code.into(), KIND, id).await.map_err(|error| broken(&error))?;
            match found.map(|(job, _)| (job.state, job.message)) {
                Some((JobState::Waiting | JobState::Running, _)) => tokio::time::sleep(Duration::from_millis(50)).await,
                Some((JobState::Done, _)) => return Ok(()),
                Some((_, message)) => return Err(MakeError::Example(message)),
                None => return Ok(()),
            }
        }
    };
    tokio::select! {
        ended = ended => ended,
        () = bench.run(&workers, "demonstration") => Ok(()),
    }
}

fn write(path: &Path, seed: u64) -> Result<(), MakeError> {
    let failed = |source| MakeError::System { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let file = std::fs::File::create(path).map_err(failed)?;
    let plan = generate::Plan { seed, wafers: 6, diameter: 26, parametric: 36, functional: 6, ..Default::default() };
    let written = generate::generate(&plan, std::io::BufWriter::new(file), |_| true);
    written.map(drop).map_err(|error| MakeError::Example(error.to_string()))
}
