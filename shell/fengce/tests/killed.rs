//! The serving process is really killed while people send forms: nothing that was acknowledged is lost, nothing
//! happens twice.
#![allow(clippy::unwrap_used, reason = "a story that cannot go on fails")]

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use accounts::{Command as Accounts, GrantId, OrganisationKind};
use kernel::{Actor, CommandId, PersonId, Role};
use ledger::sqlite::SqliteLog;
use ledger::{Layout, desk::Credential};
use office::city::{self, Identity};
use office::{Envelope, Hall, SystemClock};
use uuid::Uuid;

const PASSWORD: &str = "a burst of forms";
const LOGIN: &str = "caizheng";
/// How often the process dies, and how many send at once.
const DEATHS: u64 = 4;
const SENDERS: usize = 4;

/// A founded city in which one person of the finance department may enter payments.
async fn found(dir: &Path) {
    let hall = Hall::open(dir, Arc::new(SystemClock), |_| ()).await.unwrap();
    let read = |name: &str| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        std::fs::read_to_string(root.join(name)).unwrap()
    };
    let plan = "plans/chongqing-2023";
    let clauses =
        ["benefits/interest.toml", "benefits/platform.toml", "benefits/test-fee.toml", "interpretations.toml"]
            .map(|name| (name.to_owned(), read(&format!("{plan}/{name}"))));
    let from = kernel::date::civil(hall.office.now());
    let (guard, clerk) = (PersonId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)));
    let open = |id: &str, kind| Accounts::OpenOrganisation { id: id.parse().unwrap(), kind, name: id.to_owned(), from };
    let register = |person| Accounts::RegisterPerson { person, identity: None };
    let grant = |person: PersonId, role, organisation: &str| Accounts::Grant {
        id: GrantId(person.0),
        person,
        role,
        organisation: organisation.parse().unwrap(),
        from,
        until: None,
    };
    let commands: [office::Command; 8] = [
        subsidy::Command::AdoptClauses { files: clauses.into() }.into(),
        open("system", OrganisationKind::System).into(),
        open("finance", OrganisationKind::MunicipalDepartment).into(),
        register(guard).into(),
        register(clerk).into(),
        grant(guard, Role::SecurityAdministrator, "system").into(),
        enterprise_catalog(&read).into(),
        city::Command::Found(Identity { name: "示例".to_owned(), demonstration: true }).into(),
    ];
    for (index, command) in commands.into_iter().enumerate() {
        hall.submit_as_system(&format!("begin-{index}"), command).await.unwrap();
    }
    let organisation = "system".parse().unwrap();
    let actor = Actor::Person { person: guard, role: Role::SecurityAdministrator, organisation };
    let command = grant(clerk, Role::Finance, "finance");
    let id = CommandId(Uuid::from_u128(7));
    hall.office.submit(Envelope { id, actor, reauthenticated: true, act: office::Act::from(command) }).await.unwrap();
    let credential = Credential {
        person: clerk,
        login: LOGIN.to_owned(),
        password_hash: web::Passwords::new().unwrap().hash(PASSWORD).await.unwrap(),
        password_changed_at: hall.office.now(),
        must_change: false,
        sealed_totp: None,
        last_totp_step: None,
    };
    hall.store().desk.credentials().keep(&credential).await.unwrap();
}

fn enterprise_catalog(read: &dyn Fn(&str) -> String) -> enterprise::Command {
    let file = |name: &&str| ((*name).to_owned(), read(&format!("catalog/{name}")));
    enterprise::Command::AdoptCatalog { files: enterprise::Catalog::FILES.iter().map(file).collect() }
}

/// The process, killed without warning when dropped.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(dir: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_fengce"));
        command.args(["serve", "--exports-kept", "0", "--dir"]).arg(dir).args(["--port", &port.to_string()]);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { process, port };
        for _ in 0..1200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the city did not open within a minute");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGKILL: nothing of the process runs any more.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One request on a connection of its own; `None` when the server died meanwhile.
fn ask(port: u16, head: &str, cookie: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    (!answer.is_empty()).then(|| String::from_utf8_lossy(&answer).into_owned())
}

fn form_token(page: &str) -> &str {
    page.split_once("name=\"_csrf\" value=\"").and_then(|(_, rest)| rest.split('"').next()).unwrap()
}

fn cookie(answer: &str) -> String {
    let line = answer.lines().find(|line| line.to_lowercase().starts_with("set-cookie:")).unwrap();
    line.split_once(':').unwrap().1.split(';').next().unwrap().trim().to_owned()
}

/// Signs in; answers with the session's cookie and the token of its forms.
fn sign_in(port: u16) -> (String, String) {
    let page = ask(port, "GET /sign-in", "", "").unwrap();
    let password = PASSWORD.replace(' ', "+");
    let body = format!("_csrf={}&login={LOGIN}&password={password}&code=", form_token(&page));
    let session = cookie(&ask(port, "POST /sign-in", &cookie(&page), &body).unwrap());
    let page = ask(port, "GET /earlier-payments/new", &session, "").unwrap();
    assert!(page.contains("凭证号"), "{page}");
    let token = form_token(&page).to_owned();
    (session, token)
}

/// One payment under a voucher and a command id of its own.
fn payment(token: &str, voucher: &str, id: Uuid) -> String {
    format!(
        "_csrf={token}&_command={id}&voucher={voucher}&firm=91500118000000001G&benefit=interest&year=2022&amount=1.00\
         &on=2022-12-20"
    )
}

/// Far from the ids with which the city was founded: what bears a known id is taken for a repetition.
fn payment_id(death: u64, sender: usize, number: u128) -> Uuid {
    Uuid::from_u128(1 << 96 | u128::from(death) << 32 | (sender as u128) << 16 | number)
}

fn is_acknowledged(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 303") && answer.to_lowercase().contains("location: /earlier-payments\r")
}

/// Every voucher in the ledger, as often as it stands there.
async fn recorded(dir: &Path) -> Vec<String> {
    let log = SqliteLog::open_to_read(&Layout::of(dir).ledger()).await.unwrap();
    ledger::verify::verify(&log, &[], |_| ()).await.unwrap();
    let (published, _) = office::replay::replay(&log, |_| ()).await.unwrap();
    let vouchers = published.state.subsidy.vouchers().map(|payment| payment.voucher.to_string());
    vouchers.collect()
}

#[test]
fn killed_while_people_send_forms_it_loses_nothing_acknowledged() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("city");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(found(&dir));
    runtime.shutdown_timeout(Duration::from_secs(10));
    let (mut acknowledged, mut sent) = (BTreeSet::new(), BTreeSet::new());
    let mut session: Option<(String, String)> = None;
    for death in 0..DEATHS {
        let server = Server::start(&dir);
        // The session, and the token of its forms, outlive the process.
        let (cookie, token) = session.get_or_insert_with(|| sign_in(server.port)).clone();
        let stop = AtomicBool::new(false);
        let port = server.port;
        let outcomes: Vec<(String, bool)> = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..SENDERS)
                .map(|sender| {
                    let (cookie, token, stop) = (&cookie, &token, &stop);
                    scope.spawn(move || {
                        let mut outcomes = Vec::new();
                        for number in 0..60 {
                            let voucher = format!("v-{death}-{sender}-{number}");
                            let id = payment_id(death, sender, number);
                            let answer = ask(port, "POST /earlier-payments/new", cookie, &payment(token, &voucher, id));
                            let known = answer.as_deref().is_some_and(is_acknowledged);
                            if let (Some(answer), false) = (&answer, known) {
                                assert!(stop.load(Ordering::Relaxed), "{answer}");
                            }
                            outcomes.push((voucher, known));
                            if !known {
                                break;
                            }
                        }
                        outcomes
                    })
                })
                .collect();
            std::thread::sleep(Duration::from_millis(60 + 170 * death));
            stop.store(true, Ordering::Relaxed);
            drop(server);
            senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
        });
        sent.extend(outcomes.iter().map(|(voucher, _)| voucher.clone()));
        acknowledged.extend(outcomes.into_iter().filter(|(_, known)| *known).map(|(voucher, _)| voucher));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let there = runtime.block_on(recorded(&dir));
        let distinct: BTreeSet<String> = there.iter().cloned().collect();
        assert_eq!(there.len(), distinct.len(), "nothing happens twice");
        let lost: Vec<_> = acknowledged.difference(&distinct).collect();
        assert!(lost.is_empty(), "acknowledged and lost after death {death}: {lost:?}");
        assert!(distinct.is_subset(&sent), "nothing is there that nobody sent");
    }
    assert!(!acknowledged.is_empty(), "nothing was ever acknowledged");
    retried(&dir, session.unwrap(), acknowledged.len());
}

/// What is sent again after the deaths, under its own id, is answered as done and is there once.
fn retried(dir: &Path, (cookie, token): (String, String), acknowledged: usize) {
    let server = Server::start(dir);
    let form = payment(&token, "v-0-0-0", payment_id(0, 0, 0));
    for _ in 0..2 {
        let answer = ask(server.port, "POST /earlier-payments/new", &cookie, &form).unwrap();
        assert!(is_acknowledged(&answer), "{answer}");
    }
    drop(server);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let there = runtime.block_on(recorded(dir));
    assert_eq!(there.iter().filter(|voucher| *voucher == "v-0-0-0").count(), 1);
    assert!(there.len() >= acknowledged);
}
