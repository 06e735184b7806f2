//! The scanner's client against a daemon that is played here: what it says, and every way in which it can fail.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixListener};
use upload::{Clamd, ClamdAddress, Scanner, Unconfigured, Verdict};

const VERSION: &str = "ClamAV 1.4.3/27800/Mon Nov 23 08:00:00 2026";
/// The harmless test pattern is put together here, so that no scanner stops at this source.
const PATTERN: [&str; 2] = ["EICAR-STANDARD", "-ANTIVIRUS-TEST-FILE"];

/// How the played daemon behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Manner {
    Honest,
    SaysError,
    HangsUp,
    Silent,
    /// Answers before it has read everything, and closes.
    TooLarge,
    NoVersion,
}

async fn play(mut connection: impl AsyncRead + AsyncWrite + Unpin, manner: Manner) {
    let mut command = Vec::new();
    while command.last() != Some(&0) {
        match connection.read_u8().await {
            Ok(byte) => command.push(byte),
            Err(_) => return,
        }
    }
    if command == b"zVERSION\0" {
        let version = if manner == Manner::NoVersion { "UNKNOWN COMMAND" } else { VERSION };
        let _sent = connection.write_all(format!("{version}\0").as_bytes()).await;
        return;
    }
    assert_eq!(command, b"zINSTREAM\0");
    match manner {
        Manner::HangsUp => return,
        Manner::Silent => return std::future::pending().await,
        Manner::TooLarge => {
            let mut some = [0; 1000];
            let _read = connection.read(&mut some).await;
            let _sent = connection.write_all(b"INSTREAM size limit exceeded. ERROR\0").await;
            return;
        }
        Manner::Honest | Manner::SaysError | Manner::NoVersion => {}
    }
    let mut content = Vec::new();
    loop {
        let Ok(length) = connection.read_u32().await else { return };
        if length == 0 {
            break;
        }
        let mut piece = vec![0; length as usize];
        if connection.read_exact(&mut piece).await.is_err() {
            return;
        }
        content.extend(piece);
    }
    let pattern = PATTERN.concat();
    let found = content.windows(pattern.len()).any(|window| window == pattern.as_bytes());
    let said = match manner {
        Manner::SaysError => "stream: Can't allocate memory ERROR".to_owned(),
        _ if found => "stream: Eicar-Signature FOUND".to_owned(),
        _ => format!(
            "stream: {}",
            if content.len() == 200_000 || content.len() < 100 { "OK" } else { "lost bytes ERROR" }
        ),
    };
    let _sent = connection.write_all(format!("{said}\0").as_bytes()).await;
}

async fn daemon(manner: Manner) -> Clamd {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = ClamdAddress::Tcp(listener.local_addr().unwrap().to_string());
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(play(connection, manner));
        }
    });
    Clamd { address, time_limit: Duration::from_secs(20), size_limit: 1 << 20 }
}

fn clean() -> Verdict {
    Verdict::Clean { engine: VERSION.into() }
}

#[tokio::test]
async fn clean_and_infected_files_are_told_apart() {
    let clamd = daemon(Manner::Honest).await;
    assert_eq!(clamd.scan("示例数据".as_bytes()).await, clean());
    assert_eq!(clamd.scan(&vec![7; 200_000]).await, clean(), "in several pieces");
    let infected = [b"xx".as_slice(), PATTERN.concat().as_bytes()].concat();
    assert_eq!(clamd.scan(&infected).await, Verdict::Infected { what: "Eicar-Signature".into() });
}

#[tokio::test]
async fn a_unix_socket_serves_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clamd.ctl");
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(play(connection, Manner::Honest));
        }
    });
    let address = format!("unix:{}", path.display()).parse().unwrap();
    let clamd = Clamd { address, time_limit: Duration::from_secs(20), size_limit: 1 << 20 };
    assert_eq!(clamd.scan(b"x").await, clean());
}

#[tokio::test]
async fn whatever_goes_wrong_is_never_clean() {
    for (manner, words) in [
        (Manner::SaysError, "Can't allocate memory"),
        (Manner::HangsUp, "中途断开"),
        (Manner::TooLarge, "size limit exceeded"),
        (Manner::NoVersion, "没有说明版本"),
    ] {
        let verdict = daemon(manner).await.scan(&vec![7; 200_000]).await;
        // What the other side said can be lost when it hangs up: then it is the connection that is told of.
        assert!(
            matches!(&verdict, Verdict::Unscanned { why } if why.contains(words) || manner == Manner::TooLarge),
            "{manner:?}: {verdict:?}"
        );
    }
    let slow = Clamd { time_limit: Duration::from_millis(50), ..daemon(Manner::Silent).await };
    assert!(matches!(slow.scan(b"x").await, Verdict::Unscanned { why } if why.contains("没有回答")));
    let small = Clamd { size_limit: 3, ..daemon(Manner::Honest).await };
    assert!(matches!(small.scan(b"xxxx").await, Verdict::Unscanned { why } if why.contains("上限")));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = ClamdAddress::Tcp(listener.local_addr().unwrap().to_string());
    drop(listener);
    let gone = Clamd { address: gone, time_limit: Duration::from_secs(20), size_limit: 9 };
    assert!(matches!(gone.scan(b"x").await, Verdict::Unscanned { why } if why.contains("连不上")));
    let none = Unconfigured.scan(b"x").await;
    assert_eq!((none.label(), matches!(none, Verdict::Unscanned { .. })), ("未查毒", true));
}

#[test]
fn addresses_are_read_or_explained() {
    assert_eq!("tcp://127.0.0.1:3310".parse(), Ok(ClamdAddress::Tcp("127.0.0.1:3310".into())));
    assert_eq!("unix:/run/clamav/clamd.ctl".parse(), Ok(ClamdAddress::Unix("/run/clamav/clamd.ctl".into())));
    for text in ["", "127.0.0.1:3310", "tcp://:3310", "tcp://host", "tcp://host:x", "unix:relative"] {
        assert!(text.parse::<ClamdAddress>().unwrap_err().to_string().contains("tcp://主机:端口"), "{text}");
    }
}
