//! A demonstration city, made and served by the real binary.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fengce");

/// Served until dropped.
pub struct City {
    /// `http://127.0.0.1:PORT`.
    pub address: String,
    process: Child,
    _dir: tempfile::TempDir,
}

impl City {
    /// Makes the city and waits until it answers.
    pub async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("demo");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(PROGRAM)
            .args(["demo", "--dir"])
            .arg(&data)
            .args(["--port", &port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let city = Self { address: format!("http://127.0.0.1:{port}"), process, _dir: dir };
        for _ in 0..1200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return city;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        panic!("the city did not open within five minutes");
    }
}

impl Drop for City {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
