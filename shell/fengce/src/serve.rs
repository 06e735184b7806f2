//! The city open for business: pages, the hourly tick, the daily checkpoint, and an orderly end.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::http::HeaderName;
use exports::Exports;
use kernel::{Date, PersonId, Sequence, Timestamp, date::civil};
use office::{Hall, Health, SystemClock};
use tokio::net::TcpListener;
use tokio::sync::watch;
use web::ports::{City, Footing, Seat};
use web::{OnLedger, Passwords, Settings, Shell};

use crate::command_line::{Demo, EXPORTS_KEPT, FoundationFolders, LARGEST_UPLOAD_MB, Serve};
use crate::foundation::Foundation;
use crate::metrics::{self, Metrics};
use crate::notify::{self, Notifier};
use crate::{founding, pages};

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
    /// The proxy's header with the client's address.
    pub client_header: Option<HeaderName>,
    /// Where measurements are served.
    pub metrics: Option<SocketAddr>,
    /// Nightly files kept.
    pub exports_kept: usize,
    /// Where messages go besides the inbox.
    pub outbox: Option<PathBuf>,
    /// Folder from which firms take tester files.
    pub tester_folder: Option<PathBuf>,
    /// The virus scanner that looks at uploads.
    pub scanner: Option<upload::ClamdAddress>,
    /// Largest upload of tester files at once, in megabytes.
    pub largest_upload_mb: usize,
    /// What an empty directory begins with.
    pub foundation: FoundationFolders,
}

impl ServeOptions {
    /// As `fengce serve` was called.
    pub fn of(serve: Serve) -> Self {
        Self {
            dir: serve.dir,
            address: serve.address,
            port: serve.port,
            secure_cookies: serve.secure_cookies,
            client_header: serve.client_header,
            metrics: serve.metrics,
            exports_kept: serve.exports_kept,
            outbox: serve.outbox,
            tester_folder: serve.tester_folder,
            scanner: serve.scanner,
            largest_upload_mb: serve.largest_upload_mb,
            foundation: serve.foundation,
        }
    }

    /// As `fengce demo` was called: on this machine only.
    pub fn of_demonstration(demo: Demo) -> Self {
        Self {
            dir: demo.dir,
            port: demo.port,
            address: Ipv4Addr::LOCALHOST.into(),
            secure_cookies: false,
            client_header: None,
            metrics: None,
            exports_kept: EXPORTS_KEPT,
            outbox: None,
            tester_folder: None,
            scanner: None,
            largest_upload_mb: LARGEST_UPLOAD_MB,
            foundation: demo.foundation,
        }
    }
}

/// How often dates are asked what they demand.
const TICK: Duration = Duration::from_secs(3600);
/// How often the outbox is looked into.
const DELIVERY: Duration = Duration::from_secs(30);
/// A new checkpoint is signed when the last one is this old.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Pieces of long work under way at once: engines use the cores themselves.
const WORKERS_AT_ONCE: usize = 1;

/// Longest a scanner may look at one upload.
const SCAN_TIME: Duration = Duration::from_secs(60);

fn scanned(hall: Hall, options: &ServeOptions) -> Hall {
    match options.scanner.clone() {
        None => hall,
        Some(address) => {
            let size_limit = upload::Limits::default().file_bytes;
            hall.scanned_by(Arc::new(upload::Clamd { address, time_limit: SCAN_TIME, size_limit }))
        }
    }
}

/// Opens the city, founds it when the directory is empty, and serves until stopped.
pub async fn serve(options: ServeOptions) -> anyhow::Result<()> {
    let FoundationFolders { plan, catalog } = &options.foundation;
    let foundation = Foundation::read(plan.as_deref(), catalog.as_deref())?;
    let hall = scanned(open(&options.dir).await?, &options);
    if plan.is_some() || catalog.is_some() {
        founding::hold_to(&hall, &foundation)?;
    }
    founding::found_unless_founded(&hall, &foundation).await?;
    let signed = hall.sign_checkpoints().await?;
    let (checkpoint, checkpoints) = watch::channel(Some(signed));
    let folder = hall.store().layout().exports();
    let exports = Arc::new(Exports::new(folder, options.exports_kept, Arc::new(pages::registers())));
    testdata_pages::open_tester_folder(options.tester_folder.clone());
    let shell = shell(&hall, checkpoints, &options)?;
    if let Some(address) = options.metrics {
        metrics::serve(Metrics::new(&hall, &shell.measures()), address).await?;
    }
    let notifiers = notifiers(options.outbox.as_deref())?;
    let router = router(&hall, shell, &exports);
    let (address, port) = (options.address, options.port);
    let listener = TcpListener::bind(SocketAddr::new(address, port)).await;
    let listener = listener.with_context(|| {
        format!("无法监听 {address}:{port}。端口可能已被占用：请停止占用它的程序，或用 --port 换一个端口。")
    })?;
    println!("封测已开放：http://{address}:{port}   （按 Ctrl-C 停止）");
    hall.workbench().tidy().await?;
    let ticking = tokio::spawn(tick(hall.clone(), checkpoint, exports, notifiers));
    let working = (1..=WORKERS_AT_ONCE).map(|number| {
        let hall = hall.clone();
        let name = format!("{}-{number}", std::process::id());
        tokio::spawn(async move { hall.workbench().run(&pages::workers(), &name).await })
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

fn notifiers(outbox: Option<&Path>) -> anyhow::Result<Vec<Box<dyn Notifier>>> {
    let Some(path) = outbox else { return Ok(Vec::new()) };
    let folder = notify::Folder::open(path);
    let folder = folder.with_context(|| format!("消息外发目录 {} 无法使用，请检查路径与权限", path.display()))?;
    Ok(vec![Box::new(folder)])
}

/// Opens a data directory with progress on the terminal.
pub async fn open(dir: &Path) -> anyhow::Result<Hall> {
    let bar = indicatif::ProgressBar::new_spinner().with_message("重放账本");
    let hall = Hall::open(dir, Arc::new(SystemClock), |events| bar.set_position(events)).await?;
    bar.finish_and_clear();
    Ok(hall)
}

/// What all pages share.
fn shell(
    hall: &Hall,
    checkpoints: watch::Receiver<Option<Timestamp>>,
    options: &ServeOptions,
) -> anyhow::Result<Shell> {
    let on_ledger = OnLedger::new(hall.store().clone());
    let form_secret = Some(on_ledger.form_secret());
    let (secure, client_header) = (options.secure_cookies, options.client_header.clone());
    let settings = Settings {
        secure,
        form_secret,
        client_header,
        large_body_bytes: options.largest_upload_mb.saturating_mul(1_000_000),
        // Beside the folders of work, so that a file that stays is moved and not copied; swept at start with them.
        incoming_folder: hall.store().layout().work().join("incoming"),
        ..Settings::default()
    };
    let city = CityOfHall { hall: hall.clone(), checkpoints };
    let (desk, access) = (Arc::new(on_ledger.clone()), Arc::new(on_ledger));
    Ok(Shell::new(Arc::new(city), desk, access, Passwords::new()?, settings)?)
}

/// All pages over a city, and the endpoints for those who watch the machine.
fn router(hall: &Hall, shell: Shell, exports: &Arc<Exports>) -> axum::Router {
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
    web::mount(pages::routes(exports), hall.clone(), shell).merge(watching)
}

/// What dates demand and the night's export, every hour; a checkpoint, every day; the outbox, every half minute.
async fn tick(
    hall: Hall,
    checkpoint: watch::Sender<Option<Timestamp>>,
    exports: Arc<Exports>,
    notifiers: Vec<Box<dyn Notifier>>,
) {
    let (mut hour, mut delivery) = (tokio::time::interval(TICK), tokio::time::interval(DELIVERY));
    let channels: Vec<String> = notifiers.iter().map(|notifier| notifier.channel().to_owned()).collect();
    let mut exported = None;
    loop {
        tokio::select! {
            _ = hour.tick() => {
                crate::tick::tick(&hall, &channels).await;
                exports.nightly(&hall, &mut exported).await;
                sign_daily(&hall, &checkpoint).await;
            }
            _ = delivery.tick() => {
                if let Err(error) = notify::deliver(&hall, &notifiers).await {
                    tracing::error!(%error, "the outbox could not be read");
                }
            }
        }
    }
}

async fn sign_daily(hall: &Hall, checkpoint: &watch::Sender<Option<Timestamp>>) {
    let last = *checkpoint.borrow();
    let age = last.map(|last| hall.office.now().duration_since(last).unsigned_abs());
    if age.is_some_and(|age| age < CHECKPOINT_EVERY) {
        return;
    }
    match hall.sign_checkpoints().await {
        Ok(at) => drop(checkpoint.send_replace(Some(at))),
        Err(error) => tracing::error!(%error, "the checkpoint could not be signed"),
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
pub struct CityOfHall {
    /// The city.
    pub hall: Hall,
    /// When the last checkpoint was signed.
    pub checkpoints: watch::Receiver<Option<Timestamp>>,
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
