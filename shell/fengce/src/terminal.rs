//! What the program says to whoever runs it: time, interruptions, aligned lines; and `fengce demo`.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kernel::{Date, Timestamp};
use office::{Clock, SystemClock};

use crate::command_line::Demo;
use crate::demonstration::{self, PASSWORD, Recipe, cast::Account};
use crate::foundation::Foundation;
use crate::founding::FirstLogin;

/// The machine's time.
pub fn now() -> Timestamp {
    SystemClock.now()
}

/// Today in China.
pub fn today() -> Date {
    kernel::date::civil(now())
}

/// Becomes true when the person presses Ctrl-C; the work at hand then stops at its next step.
pub fn interrupted() -> Arc<AtomicBool> {
    let stopped = Arc::new(AtomicBool::new(false));
    let told = stopped.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            told.store(true, Ordering::Relaxed);
        }
    });
    stopped
}

/// Columns a text takes on a terminal: Chinese characters and punctuation take two.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| if u32::from(c) >= 0x2E80 || matches!(c, '“' | '”' | '…' | '—') { 2 } else { 1 }).sum()
}

/// The text filled up to so many columns.
fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Rows of cells under a heading, aligned.
pub fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column).map(|cell| width(cell)));
    let widths: Vec<usize> =
        heading.iter().enumerate().map(|(column, head)| cells(column).max().unwrap_or(0).max(width(head))).collect();
    let line = |row: &[String]| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, columns)| padded(cell, *columns)).collect();
        format!("  {}\n", cells.join("  ").trim_end())
    };
    let heading: Vec<String> = heading.iter().map(|head| (*head).to_owned()).collect();
    line(&heading) + &rows.iter().map(|row| line(row)).collect::<String>()
}

/// The administrators' one-time passwords: shown once, nowhere kept.
pub fn first_logins(logins: &[FirstLogin]) -> String {
    let row = |login: &FirstLogin| vec![login.login.to_owned(), login.role.label().to_owned(), login.password.clone()];
    let rows: Vec<_> = logins.iter().map(row).collect();
    let table = table(&["登录名", "角色", "一次性密码"], &rows);
    format!("新城市的三员账号（密码只显示这一次，首次登录须修改）：\n{table}")
}

/// The demonstration's accounts and what each can try.
pub fn accounts(accounts: &[Account]) -> String {
    let row = |account: &Account| {
        vec![
            account.login.to_owned(),
            account.role.label().to_owned(),
            account.office.clone(),
            account.tries.to_owned(),
        ]
    };
    let rows: Vec<_> = accounts.iter().map(row).collect();
    let table = table(&["登录名", "角色", "单位", "可以试试"], &rows);
    format!("示范账号（示例数据），密码都是 {PASSWORD}\n{table}")
}

/// `fengce demo`, up to serving: makes the city unless it is there.
pub async fn make_demonstration(demo: &Demo) -> anyhow::Result<bool> {
    let foundation = Foundation::read(demo.foundation.plan.as_deref(), demo.foundation.catalog.as_deref())?;
    let recipe = Recipe { seed: demo.seed, firms: demonstration::FIRMS, today: today() };
    if demonstration::prepare(&demo.dir)? {
        println!("示范城市已在 {}。要重新生成，请删去该目录。", demo.dir.display());
        let world = demonstration::World::invent(&recipe, &foundation)?;
        println!("{}", accounts(&world.agenda(recipe.today).1.accounts));
        return Ok(true);
    }
    println!("正在 {} 建立示范城市（种子 {}，示例数据）……", demo.dir.display(), demo.seed);
    let made = tokio::select! {
        made = demonstration::make(&demo.dir, &recipe, &foundation) => made?,
        _ = tokio::signal::ctrl_c() => {
            eprintln!("已停止。{} 中的示范城市没有完成，再次运行会重新生成。", demo.dir.display());
            return Ok(false);
        }
    };
    println!(
        "完成：{} 条命令，{} 条事件，用时 {:.1} 秒，状态摘要 {}",
        made.commands,
        made.events,
        made.took.as_secs_f64(),
        made.digest.short()
    );
    println!("{}", accounts(&made.accounts));
    Ok(true)
}

/// What stopped early exits with this, as shells do for an interruption.
pub fn interrupted_code() -> ExitCode {
    ExitCode::from(130)
}

/// `fengce simulate …` with its progress on the error stream.
pub fn simulate(command: &simulation::command_line::SimulateCommand) -> simulation::Result<()> {
    let bar = indicatif::ProgressBar::new(100);
    let mut progress = |share: f64, what: &str| {
        bar.set_position((share * 100.0) as u64);
        bar.set_message(what.to_owned());
        true
    };
    let done = simulation::command_line::run(command, &mut std::io::stdout().lock(), &mut progress);
    bar.finish_and_clear();
    done
}
