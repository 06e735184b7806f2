//! Annual filings through firm, district and city; and statistical returns, which are something else.

use std::collections::BTreeMap;

use enterprise::filing::Material;
use enterprise::statistics::{self, Form, ReturnId};
use enterprise::{Command, Figures, FilingId, filing};
use jiff::civil::date;
use kernel::{CreditCode, Date, Money, Period, Year};

use super::World;
use super::agenda::{Agenda, Hand};
use super::cast::Cast;
use super::dossiers::Staff;
use super::firms::{FIRST_YEAR, Firm};
use super::generator::Generator;

/// How a filing fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Filed, verified, signed off.
    Smooth,
    /// Sent back by the district once.
    ReturnedByDistrict,
    /// Sent back by the city once.
    ReturnedByCity,
    /// Signed off, then corrected.
    Corrected,
    /// Not filed yet.
    Missing,
    /// Filed in the last days: waits for the district.
    AtDistrict,
    /// Verified in the last days: waits for the city.
    AtCity,
    /// Sent back in the last days: waits for the firm.
    AtFirm,
}

struct Season<'a> {
    world: &'a World,
    cast: &'a Cast,
    staff: &'a BTreeMap<CreditCode, Staff>,
    agenda: &'a mut Agenda,
    generator: Generator,
    /// Firms whose last filing waits for their district, whatever chance says.
    waiting: Vec<usize>,
}

/// Packaging revenue of a year up to which a firm may be late with the last year.
const SMALL: Money = Money::from_yuan(90_000_000);

/// The first small firms of the two districts that visitors can sign in to.
fn waiting(world: &World, agenda: &Agenda) -> Vec<usize> {
    let before = agenda.before();
    let small = |firm: &Firm| {
        let figures = firm.years.get(&(before.year() - 1));
        figures.is_some_and(|figures| figures.packaging() <= SMALL && figures.packaging() > Money::ZERO)
    };
    let of = |district: &'static str| {
        let firms = world.firms.iter().enumerate().skip(2).filter(move |(_, firm)| {
            let code = enterprise::authority::competent(&world.catalog, &firm.site, before);
            small(firm) && code.is_some_and(|code| code.to_string() == district)
        });
        firms.map(|(index, _)| index).take(2)
    };
    of("500902").chain(of("500157")).collect()
}

/// Every firm's filings for every year, and the statistical returns of some.
pub fn file(world: &World, cast: &Cast, staff: &BTreeMap<CreditCode, Staff>, agenda: &mut Agenda) {
    let generator = Generator::of_part(world.seed, "filings");
    let waiting = waiting(world, agenda);
    let mut season = Season { world, cast, staff, agenda, generator, waiting };
    let last = season.agenda.before().year() - 1;
    for (index, firm) in world.firms.iter().enumerate() {
        for (year, figures) in &firm.years {
            let fate = season.fate(index, figures, *year == last);
            season.file(firm, *year, *figures, fate);
        }
    }
    season.statistics();
}

impl Season<'_> {
    /// Only small firms are late with the last year, so that the city's total is nearly whole.
    fn fate(&mut self, index: usize, figures: &Figures, last: bool) -> Fate {
        let chance = self.generator.between(1, 100);
        if last {
            // The account `qiye` has its filing still to do, `qiye2` one to mend, and both districts with an account
            // have some to verify.
            match index {
                0 => return Fate::Missing,
                1 => return Fate::AtFirm,
                _ if self.waiting.contains(&index) => return Fate::AtDistrict,
                _ => {}
            }
            match chance {
                _ if figures.packaging() > SMALL => {}
                1..=4 => return Fate::Missing,
                5..=10 => return Fate::AtDistrict,
                11..=16 => return Fate::AtCity,
                17..=18 => return Fate::AtFirm,
                _ => {}
            }
        }
        match chance {
            19..=25 => Fate::ReturnedByDistrict,
            26..=27 => Fate::ReturnedByCity,
            28..=31 => Fate::Corrected,
            _ => Fate::Smooth,
        }
    }

    /// The day on which a year is filed: 2021 and 2022 were asked for when the system began.
    fn filing_day(&mut self, firm: &Firm, year: Year) -> Date {
        let nth = self.generator.between(0, 9);
        let start = if year <= FIRST_YEAR + 1 { date(2024, 3, 4) } else { date(year + 1, 3, 18) };
        let day = start.saturating_add(jiff::Span::new().days(4 * nth));
        let opened = self.staff.get(&firm.code).map_or(day, |staff| staff.opened);
        self.world.working_day(day.max(opened.tomorrow().unwrap_or(opened)))
    }

    fn later(&mut self, day: Date, low: i64, high: i64) -> Date {
        let days = self.generator.between(low, high);
        self.world.working_days_after(day, days)
    }

    fn file(&mut self, firm: &Firm, year: Year, figures: Figures, fate: Fate) {
        let Some(staff) = self.staff.get(&firm.code) else { return };
        let filer = staff.filer.clone();
        let usual = self.filing_day(firm, year);
        let (recent, before) = (self.generator.between(3, 7), self.agenda.before());
        let id = FilingId(self.generator.uuid(usual));
        let material = self.material(firm, year, figures);
        let what = format!("{} {year} 年度申报", firm.name);
        if fate == Fate::Missing {
            return;
        }
        let late = matches!(fate, Fate::AtDistrict | Fate::AtCity | Fate::AtFirm);
        let filed = if late { self.world.working_days_before(before, recent + 2) } else { usual };
        let command = filing::Command::File { id, firm: firm.code, year, corrects: None, material: material.clone() };
        self.agenda.note((filed, 10), &filer, what.clone(), Command::Filing(command));
        match fate {
            Fate::Missing | Fate::AtDistrict => {}
            Fate::AtCity => {
                let day = self.world.working_days_before(before, recent - 1);
                self.verify(firm, id, day, &what);
            }
            Fate::AtFirm => {
                let day = self.world.working_days_before(before, recent - 1);
                self.send_back(firm, id, day, &what);
            }
            Fate::Smooth => drop(self.carry_through(firm, id, filed, &what)),
            Fate::ReturnedByDistrict => {
                let day = self.later(filed, 2, 6);
                self.send_back(firm, id, day, &what);
                let again = self.later(day, 3, 8);
                self.resubmit(&filer, id, again, material, &what);
                self.carry_through(firm, id, again, &what);
            }
            Fate::ReturnedByCity => {
                let day = self.later(filed, 2, 6);
                self.verify(firm, id, day, &what);
                let day = self.later(day, 2, 6);
                let reason = "封测收入与审计报告附注不一致，请更正后重新报送（示例）".to_owned();
                let back = filing::Command::Return { id, expected: None, reason };
                self.agenda.note((day, 15), &self.cast.city, what.clone(), Command::Filing(back));
                let again = self.later(day, 3, 8);
                self.resubmit(&filer, id, again, material, &what);
                self.carry_through(firm, id, again, &what);
            }
            Fate::Corrected => {
                let signed = self.carry_through(firm, id, filed, &what);
                self.correct(firm, year, figures, id, signed, &filer);
            }
        }
    }

    /// Verified and signed off; answers with the day of the signature.
    fn carry_through(&mut self, firm: &Firm, id: FilingId, filed: Date, what: &str) -> Date {
        let verified = self.later(filed, 2, 7);
        self.verify(firm, id, verified, what);
        let signed = self.later(verified, 2, 7);
        let opinion = Some("同意（示例）".to_owned());
        let command = filing::Command::SignOff { id, expected: None, opinion };
        self.agenda.approve((signed, 15), &self.cast.city, what, Command::Filing(command));
        signed
    }

    fn verify(&mut self, firm: &Firm, id: FilingId, day: Date, what: &str) {
        let officer = self.world.officer(self.cast, &firm.site, day);
        let opinion = Some("经核对审计报告与纳税申报，数据属实（示例）".to_owned());
        let command = filing::Command::Verify { id, expected: None, opinion };
        self.agenda.note((day, 14), &officer, what, Command::Filing(command));
    }

    fn send_back(&mut self, firm: &Firm, id: FilingId, day: Date, what: &str) {
        const REASONS: [&str; 4] = [
            "审计报告缺少封测收入附注，请补充后重新报送（示例）",
            "研发人员数与社保参保人数不符，请核对后重新报送（示例）",
            "自封自测收入未按内部结算价填列，请按口径更正（示例）",
            "营业收入与利润表不一致，疑似单位填错，请核对（示例）",
        ];
        let reason = (*self.generator.pick(&REASONS)).to_owned();
        let officer = self.world.officer(self.cast, &firm.site, day);
        let command = filing::Command::Return { id, expected: None, reason };
        self.agenda.note((day, 14), &officer, what, Command::Filing(command));
    }

    fn resubmit(&mut self, filer: &Hand, id: FilingId, day: Date, material: Material, what: &str) {
        let command = filing::Command::Resubmit { id, expected: None, material };
        self.agenda.note((day, 10), filer, what, Command::Filing(command));
    }

    fn correct(&mut self, firm: &Firm, year: Year, figures: Figures, old: FilingId, signed: Date, filer: &Hand) {
        let day = self.later(signed, 20, 60);
        let id = FilingId(self.generator.uuid(day));
        // A part of contract revenue had been booked in the wrong year.
        let moved = Money::from_fen(figures.contract.fen() / 50 / 10_000 * 10_000);
        let figures = Figures { contract: figures.contract - moved, revenue: figures.revenue - moved, ..figures };
        let material = self.material(firm, year, figures);
        let corrects = Some((old, "跨期收入调整：部分代工收入应计入次年（示例）".to_owned()));
        let what = format!("{} {year} 年度更正", firm.name);
        let command = filing::Command::File { id, firm: firm.code, year, corrects, material };
        self.agenda.note((day, 10), filer, what.clone(), Command::Filing(command));
        self.carry_through(firm, id, day, &what);
    }

    fn material(&mut self, firm: &Firm, year: Year, figures: Figures) -> Material {
        let table = format!(
            "示例数据,{}\n年度,{year}\n营业收入（元）,{}\n对外代工封测收入（元）,{}\n自封自测收入（元）,{}\n\
             研发费用（元）,{}\n资产总计（元）,{}\n从业人员（人）,{}\n研发人员（人）,{}\n",
            firm.name,
            figures.revenue.plain(),
            figures.contract.plain(),
            figures.captive.plain(),
            figures.research.plain(),
            figures.assets.plain(),
            figures.staff,
            figures.research_staff
        );
        let evidence = vec![self.agenda.paper(format!("{year}年度审计报表（示例）.csv"), table)];
        let scope = self.world.catalog.filing.scope_of(year).map_or_else(String::new, |scope| scope.id.clone());
        Material { figures, scope, evidence }
    }

    /// Quarterly returns of some firms on an invented form: seen only as sums.
    fn statistics(&mut self) {
        let Ok(valid) = Period::new(date(2024, 1, 1), date(2027, 12, 31)) else { return };
        let firms = self.world.firms.iter().filter(|firm| firm.scope.is_some() && !firm.newcomer);
        for firm in firms.step_by(3).take(24) {
            let Some(staff) = self.staff.get(&firm.code) else { continue };
            for quarter in 0..4 {
                let from = date(2025, 10, 1).saturating_add(jiff::Span::new().months(3 * quarter));
                let until = from.saturating_add(jiff::Span::new().months(3)).saturating_sub(jiff::Span::new().days(1));
                let day = self.world.working_day(until.saturating_add(jiff::Span::new().days(10)));
                let id = ReturnId(self.generator.uuid(day));
                let yearly = firm.years.last_key_value().map_or(0, |(_, figures)| figures.packaging().fen());
                let amount = yearly / 400 * self.generator.between(85, 115);
                let Ok(period) = Period::new(from, until) else { continue };
                let form = Form {
                    number: "示例封测1表".to_owned(), approval: "示例统制〔2024〕1号".to_owned(), valid
                };
                let items = BTreeMap::from([("封测业务收入".to_owned(), Money::from_fen(amount))]);
                let command = statistics::Command { id, firm: firm.code, form, period, items };
                let what = format!("{}统计报表", firm.name);
                self.agenda.note((day, 10), &staff.filer, what, Command::Return(command));
            }
        }
    }
}
