//! Chromium, and axe-core inside it.

use std::path::PathBuf;
use std::sync::Mutex;

use chromiumoxide::Page;
use chromiumoxide::browser::{Browser, BrowserConfig};
use chromiumoxide::cdp::browser_protocol::emulation::MediaFeature;
use chromiumoxide::page::ScreenshotParams;
use futures::StreamExt;

use crate::city::City;

const AXE: &str = include_str!("vendor/axe.min.js");
const PASSWORD: &str = "fengce-shili-2023";

/// The browser's colour scheme.
#[derive(Clone, Copy, Debug)]
pub enum Theme {
    Light,
    Dark,
}

/// One tab.
pub struct Eyes {
    page: Page,
    _browser: Browser,
    faults: Mutex<Vec<String>>,
    _profile: tempfile::TempDir,
}

/// A Chromium on this machine.
pub fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("FENGCE_CHROMIUM").map(PathBuf::from);
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from);
    named.into_iter().chain(usual).find(|path| path.exists())
}

impl Eyes {
    pub async fn open(chromium: &std::path::Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let config = BrowserConfig::builder()
            .chrome_executable(chromium)
            .new_headless_mode()
            .no_sandbox()
            .user_data_dir(profile.path())
            .window_size(1440, 1000)
            .viewport(None)
            .args(["disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"])
            .args(["disable-component-update", "disable-sync"])
            .build()
            .unwrap();
        let (browser, mut handler) = Browser::launch(config).await.unwrap();
        tokio::spawn(async move { while handler.next().await.is_some() {} });
        let page = browser.new_page("about:blank").await.unwrap();
        Self { page, _browser: browser, faults: Mutex::default(), _profile: profile }
    }

    /// What axe found so far.
    pub fn faults(&self) -> Vec<String> {
        self.faults.lock().unwrap().clone()
    }

    pub async fn open_page(&self, city: &City, path: &str) {
        self.page.goto(format!("{}{path}", city.address)).await.unwrap();
    }

    /// Opens a page in a theme, takes its picture, and notes what axe finds.
    pub async fn look(&self, city: &City, name: &str, path: &str, theme: Theme) {
        let value = if matches!(theme, Theme::Dark) { "dark" } else { "light" };
        self.page.emulate_media_features(vec![MediaFeature::new("prefers-color-scheme", value)]).await.unwrap();
        self.open_page(city, path).await;
        if let Some(folder) = std::env::var_os("FENGCE_SCREENSHOTS") {
            let file = PathBuf::from(folder).join(format!("{name}-{value}.png"));
            self.page.save_screenshot(ScreenshotParams::builder().full_page(true).build(), file).await.unwrap();
        }
        self.page.evaluate_expression(AXE).await.unwrap();
        let run = "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] })
            .then(found => found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' ' + n.failureSummary).slice(0, 3).join(' | ')))";
        let found: Vec<String> = self.page.evaluate_expression(run).await.unwrap().into_value().unwrap();
        let status: u16 =
            self.ask("performance.getEntriesByType('navigation')[0].responseStatus").await.parse().unwrap();
        let mut faults = self.faults.lock().unwrap();
        faults.extend(found.into_iter().map(|fault| format!("{name} ({value}): {fault}")));
        if status != 200 {
            faults.push(format!("{name} ({value}): {path} answered {status}"));
        }
    }

    async fn ask(&self, expression: &str) -> String {
        let value = self.page.evaluate_expression(format!("String({expression})")).await.unwrap();
        value.into_value().unwrap()
    }

    pub async fn path(&self) -> String {
        self.ask("location.pathname").await
    }

    /// What the page says, for the message of a failed assertion.
    pub async fn words(&self) -> String {
        self.ask("document.querySelector('main').innerText").await
    }

    /// Where the first link of the page's own content leads whose address begins so.
    pub async fn first_link(&self, begins: &str) -> String {
        let link =
            self.ask(&format!("document.querySelector('main a[href^=\"{begins}\"]')?.getAttribute('href')")).await;
        assert!(link.starts_with(begins), "there is a link to {begins}: {}", self.words().await);
        link
    }

    /// The first headline figure of a page.
    pub async fn first_figure(&self, city: &City, path: &str) -> String {
        self.open_page(city, path).await;
        self.ask("document.querySelector('.figure-value b').textContent").await
    }

    /// Leaves whoever was signed in and signs in as another.
    pub async fn sign_in(&self, city: &City, login: &str) {
        self.open_page(city, "/sign-in").await;
        if self.ask("!!document.querySelector('form[action=\"/sign-out\"]')").await == "true" {
            self.send("form[action=\"/sign-out\"]").await;
            self.open_page(city, "/sign-in").await;
        }
        self.fill("login", login).await;
        self.fill("password", PASSWORD).await;
        self.send("main form").await;
        assert_eq!(self.path().await, "/desk", "{login} is at the desk");
    }

    pub async fn fill(&self, field: &str, value: &str) {
        let found = format!("document.querySelector('[name={field}]')");
        let script = format!("(f => {{ if (!f) return false; f.value = '{value}'; return true }})({found})");
        assert_eq!(self.ask(&script).await, "true", "there is a field {field}");
    }

    /// Puts a file with this text into a file field.
    pub async fn attach(&self, field: &str, name: &str, content: &str) {
        self.attach_bytes(field, name, content.as_bytes()).await;
    }

    /// Puts a file with this content into a file field.
    pub async fn attach_bytes(&self, field: &str, name: &str, content: &[u8]) {
        let file = format!("new File([new Uint8Array({content:?})], '{name}')");
        let files = format!("(t => (t.items.add({file}), t.files))(new DataTransfer())");
        self.ask(&format!("document.querySelector('[name={field}]').files = {files}")).await;
    }

    pub async fn press_box(&self, field: &str) {
        self.ask(&format!("document.querySelector('[name={field}]').checked = true")).await;
    }

    pub async fn choose(&self, field: &str, value: &str) {
        let chosen = self.ask(&format!("document.querySelector('[name={field}][value={value}]').checked = true")).await;
        assert_eq!(chosen, "true", "there is a choice {field}={value}");
    }

    /// Sends a form and waits for the page that follows.
    pub async fn send(&self, form: &str) {
        self.leave(&format!("document.querySelector('{form}').requestSubmit()"), form).await;
    }

    /// Presses a button of a form and waits for the page that follows.
    pub async fn press(&self, button: &str) {
        self.leave(&format!("(b => b.form.requestSubmit(b))(document.querySelector('{button}'))"), button).await;
    }

    /// Waits until a page shows something, as it does when long work has ended.
    pub async fn wait_for(&self, what: &str) {
        for _ in 0..1200 {
            let seen = self.page.evaluate_expression(format!("!!document.querySelector('{what}')")).await;
            if let Ok(Ok(true)) = seen.map(chromiumoxide::js::EvaluationResult::into_value::<bool>) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        }
        panic!("{what} did not appear: {}", self.words().await);
    }

    async fn leave(&self, how: &str, form: &str) {
        self.ask(&format!("window.sent = false, {how}")).await;
        for _ in 0..400 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            let arrived =
                self.page.evaluate_expression("document.readyState === 'complete' && window.sent === undefined");
            if let Ok(Ok(true)) = arrived.await.map(chromiumoxide::js::EvaluationResult::into_value::<bool>) {
                return;
            }
        }
        panic!("{form} led nowhere");
    }
}
