//! Who pays an award, and to whom: by the sentence, or as an interpretation reads it.

use crate::clause::{Operator, Place};
use crate::interpretation::Point;
use crate::program::Program;
use crate::settings::{ComplexPayee, Settings, TalentFund, TalentPayee};

/// Out of whose money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payer {
    /// 市级专项资金.
    City,
    /// 区县财政.
    District,
    /// 市教委、市人力社保局 from talent and employment funds: not out of this plan's money.
    TalentFunds,
}

/// To whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payee {
    /// The firm, or the firm whose project it is.
    Firm,
    /// The district, which passes it on to the project.
    District,
    /// The people, through the firm.
    Persons,
}

impl Payer {
    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::City => "市级财政",
            Self::District => "区县财政",
            Self::TalentFunds => "市级人才与就业资金",
        }
    }
}

impl Payee {
    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Firm => "申报企业",
            Self::District => "区县（再拨付项目）",
            Self::Persons => "本人（由企业代报）",
        }
    }
}

impl Program {
    /// Where the sentence says who pays, and how that is read.
    pub(crate) fn payer(&self) -> Option<(Place, &[Point])> {
        let found = self.clause.operators().find(|(_, operator, _)| matches!(operator, Operator::Payer));
        found.map(|(place, _, points)| (place, points))
    }

    /// Who pays, to whom, and the points that say so where the sentence leaves it open.
    pub fn parties(&self) -> (Payer, Payee, &[Point]) {
        if !self.clause.by_district() {
            return (Payer::City, Payee::Firm, &[]);
        }
        let points = self.payer().map_or(&[][..], |(_, points)| points);
        let (payer, payee) = parties(points, &self.settings);
        (payer, payee, points)
    }
}

/// Who pays what a district sets, to whom, under the points on which the sentence leaves it open.
pub fn parties(points: &[Point], settings: &Settings) -> (Payer, Payee) {
    if points.contains(&Point::ComplexPayee) {
        return match settings.complex_payee {
            ComplexPayee::CityToDistrict => (Payer::City, Payee::District),
            ComplexPayee::DistrictToProject => (Payer::District, Payee::Firm),
        };
    }
    if !points.contains(&Point::TalentFund) {
        return (Payer::District, Payee::Firm);
    }
    let payer = match settings.talent_fund {
        TalentFund::TalentBudget => Payer::TalentFunds,
        TalentFund::PlanBudget => Payer::City,
    };
    let payee = match settings.talent_payee {
        TalentPayee::Firm => Payee::Firm,
        TalentPayee::Persons => Payee::Persons,
    };
    (payer, payee)
}
