//! The city open for business: pages, the hourly tick, the daily checkpoint, and an orderly end.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use kernel::{Date, PersonId, Sequence, Timestamp, date::civil};
use office::{Hall, Health, SystemClock};
use tokio::net::TcpListener;
use tokio::sync::watch;
use web::ports::{City, Footing, Seat};
use web::{OnLedger, Passwords, Route, Settings, Shell};

/// Where and how to serve.
pub struct ServeOptions {
    /// Data directory.
    pub dir: PathBuf,
    /// Address to listen on.
    pub address: IpAddr,
    /// TCP port.
    pub port: u16,
    /// Send cookies only over TLS.
    pub secure_cookies: bool,
}

/// How often dates are asked what they demand.
const TICK: Duration = Duration::from_secs(3600);
/// A new checkpoint is signed when the last one is this old.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Pieces of long work under way at once: engines use the cores themselves.
const WORKERS_AT_ONCE: usize = 1;

/// Every page of the program: the table that is mounted is the table tests walk.
pub fn routes() -> Vec<Route<Hall>> {
    crate::pages::routes()
}

/// Opens the city, founds it when the directory is empty, and serves until stopped.
pub async fn serve(options: ServeOptions) -> anyhow::Result<()> {
    let ServeOptions { dir, address, port, secure_cookies } = options;
    let hall = open(&dir).await?;
    if hall.office.published().head == ledger::Head::EMPTY {
        crate::founding::found_from_embedded(&hall).await?;
    }
    let signed = hall.sign_checkpoints().await?;
    let (checkpoint, checkpoints) = watch::channel(Some(signed));
    let router = router(&hall, checkpoints, secure_cookies)?;
    let listener = TcpListener::bind(SocketAddr::new(address, port)).await;
    let listener = listener.with_context(|| {
        format!("无法监听 {address}:{port}。端口可能已被占用：请停止占用它的程序，或用 --port 换一个端口。")
    })?;
    println!("封测已开放：http://{address}:{port}   （按 Ctrl-C 停止）");
    hall.workbench().tidy().await?;
    let ticking = tokio::spawn(tick(hall.clone(), checkpoint));
    let working = (1..=WORKERS_AT_ONCE).map(|number| {
        let hall = hall.clone();
        let name = format!("{}-{number}", std::process::id());
        tokio::spawn(async move { hall.workbench().run(&crate::pages::workers(), &name).await })
    });
    let working: Vec<_> = working.collect();
    let mut health = hall.office.health();
    let served = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, served).with_graceful_shutdown(stopped(hall.office.health())).await?;
    ticking.abort();
    working.iter().for_each(tokio::task::JoinHandle::abort);
    let ended = health.borrow_and_update().clone();
    match ended {
        Health::Working => {
            hall.sign_checkpoints().await?;
            Ok(())
        }
        Health::MustRestart(why) => bail!("账本写入结果不明，程序已停止：{why}。重新启动后以账本为准。"),
    }
}

/// Opens a data directory with progress on the terminal.
pub async fn open(dir: &std::path::Path) -> anyhow::Result<Hall> {
    let bar = indicatif::ProgressBar::new_spinner().with_message("重放账本");
    let hall = Hall::open(dir, Arc::new(SystemClock), |events| bar.set_position(events)).await?;
    bar.finish_and_clear();
    Ok(hall)
}

/// All pages over a city, and the endpoints for those who watch the machine.
pub fn router(
    hall: &Hall,
    checkpoints: watch::Receiver<Option<Timestamp>>,
    secure: bool,
) -> anyhow::Result<axum::Router> {
    let on_ledger = OnLedger::new(hall.store().clone());
    let form_secret = Some(on_ledger.form_secret());
    let settings = Settings { secure, form_secret, ..Settings::default() };
    let city = CityOfHall { hall: hall.clone(), checkpoints };
    let (desk, access) = (Arc::new(on_ledger.clone()), Arc::new(on_ledger));
    let shell = Shell::new(Arc::new(city), desk, access, Passwords::new()?, settings)?;
    let health = hall.office.health();
    let ready = move || {
        let working = *health.borrow() == Health::Working;
        async move {
            if working {
                (axum::http::StatusCode::OK, "ready")
            } else {
                (axum::http::StatusCode::SERVICE_UNAVAILABLE, "restarting")
            }
        }
    };
    let watching = axum::Router::new()
        .route("/healthz", axum::routing::get(async || "ok"))
        .route("/readyz", axum::routing::get(ready));
    Ok(web::mount(routes(), hall.clone(), shell).merge(watching))
}

/// What dates demand, every hour; a checkpoint, every day.
async fn tick(hall: Hall, checkpoint: watch::Sender<Option<Timestamp>>) {
    let mut interval = tokio::time::interval(TICK);
    loop {
        interval.tick().await;
        crate::tick::tick(&hall).await;
        let last = *checkpoint.borrow();
        let age = last.map(|last| hall.office.now().duration_since(last).unsigned_abs());
        if age.is_none_or(|age| age >= CHECKPOINT_EVERY) {
            match hall.sign_checkpoints().await {
                Ok(at) => drop(checkpoint.send_replace(Some(at))),
                Err(error) => tracing::error!(%error, "the checkpoint could not be signed"),
            }
        }
    }
}

/// Resolves on Ctrl-C, a termination signal, or when the writer must not go on.
async fn stopped(mut health: watch::Receiver<Health>) {
    let broken = async {
        while *health.borrow_and_update() == Health::Working {
            if health.changed().await.is_err() {
                break;
            }
        }
    };
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = broken => {}
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// The city behind the layout of every page.
struct CityOfHall {
    hall: Hall,
    checkpoints: watch::Receiver<Option<Timestamp>>,
}

impl City for CityOfHall {
    fn name(&self) -> String {
        let published = self.hall.office.published();
        published.state.city.identity().map_or_else(String::new, |identity| identity.name.clone())
    }

    fn is_demonstration(&self) -> bool {
        let published = self.hall.office.published();
        published.state.city.identity().is_some_and(|identity| identity.demonstration)
    }

    fn now(&self) -> Timestamp {
        self.hall.office.now()
    }

    fn first_day(&self) -> Option<Date> {
        self.hall.office.published().first_day()
    }

    fn footing(&self) -> Footing {
        let sequence: Sequence = self.hall.office.published().head.sequence;
        Footing { sequence, checkpoint: *self.checkpoints.borrow() }
    }

    fn seats(&self, person: PersonId) -> Vec<Seat> {
        let published = self.hall.office.published();
        let day = civil(self.hall.office.now());
        let choices = accounts::grants_of(&published.state.accounts, person, day);
        let seat = |choice: accounts::Choice| {
            let name = published.state.organisation_name(&choice.organisation);
            Seat { role: choice.role, organisation: choice.organisation, organisation_name: name }
        };
        choices.into_iter().map(seat).collect()
    }
}
