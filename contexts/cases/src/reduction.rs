//! What a closed call gives when more is asked than it has: exact to the fen, the same for every order of input.

use kernel::{Money, Sequence};
use serde::{Deserialize, Serialize};

use crate::key::CaseId;

/// How a call shares out its budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reduction {
    /// 排队: in order, until the budget is used up; those behind wait.
    Queue {
        /// In which order.
        order: Order,
        /// What the first gets for whom not enough is left.
        last: Last,
    },
    /// 同比例核减: everybody gets the same share of their award; fen left over go to the largest remainders.
    Proportional,
}

/// The order of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// 先到先得: by when the claim came in.
    Received,
    /// 择优: by the experts' score, equal ones by when they came in.
    Score,
}

/// What the first claim gets for which a queue's budget does not suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Last {
    /// What is left.
    Partly,
    /// Nothing: it waits, and so does everybody behind it.
    Nothing,
}

impl Reduction {
    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Queue { order: Order::Received, .. } => "先到先得",
            Self::Queue { order: Order::Score, .. } => "按评分排队",
            Self::Proportional => "同比例核减",
        }
    }
}

/// A claim on a call's budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Whose.
    pub case: CaseId,
    /// What the assessment gives, before reduction.
    pub award: Money,
    /// Average of the experts' scores, in hundredths of a point.
    pub score: Option<u32>,
    /// When it came in: its place in the ledger.
    pub received: Sequence,
}

/// What a claim gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Whose.
    pub case: CaseId,
    /// Place, from 1.
    pub rank: u32,
    /// At most the award; nothing for those who wait.
    pub share: Money,
}

/// Shares out what is available, best ranked first. Never more than `available` and never more than anybody's award.
pub fn share_out(reduction: Reduction, available: Money, mut claims: Vec<Claimed>) -> Vec<Share> {
    let by_score = !matches!(reduction, Reduction::Queue { order: Order::Received, .. });
    claims.sort_by_key(|claim| {
        let score = if by_score { claim.score.unwrap_or_default() } else { 0 };
        (std::cmp::Reverse(score), claim.received, claim.case)
    });
    let shares = match reduction {
        Reduction::Queue { last, .. } => queue(last, available, &claims),
        Reduction::Proportional => {
            let asked: Vec<Money> = claims.iter().map(|claim| claim.award).collect();
            available.apportion(&asked)
        }
    };
    let ranked = claims.iter().zip(shares).enumerate();
    let place = |index: usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
    ranked.map(|(index, (claim, share))| Share { case: claim.case, rank: place(index), share }).collect()
}

fn queue(last: Last, available: Money, claims: &[Claimed]) -> Vec<Money> {
    let mut left = available.max(Money::ZERO);
    let serve = |claim: &Claimed| {
        let share = match last {
            Last::Partly => claim.award.min(left),
            Last::Nothing if claim.award <= left => claim.award,
            Last::Nothing => Money::ZERO,
        };
        // Whoever waits, nobody behind them is served.
        left = if share < claim.award { Money::ZERO } else { left - share };
        share
    };
    claims.iter().map(serve).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn claims(awards: &[i64]) -> Vec<Claimed> {
        let claim = |(n, fen): (usize, &i64)| Claimed {
            case: CaseId(Uuid::from_u128(n as u128)),
            award: Money::from_fen(*fen),
            score: Some((n as u32 * 7) % 5),
            received: Sequence(n as u64),
        };
        awards.iter().enumerate().map(claim).collect()
    }

    fn fen(shares: &[Share]) -> Vec<i64> {
        let mut shares = shares.to_vec();
        shares.sort_by_key(|share| share.case);
        shares.iter().map(|share| share.share.fen()).collect()
    }

    #[test]
    fn left_over_fen_go_to_the_largest_remainders() {
        // 100 fen over 1:1:1 leaves one; over 3:5:7 the exact shares are 20, 33⅓, 46⅔.
        let three = share_out(Reduction::Proportional, Money::from_fen(100), claims(&[50, 50, 50]));
        assert_eq!(three.iter().map(|share| share.share.fen()).collect::<Vec<_>>(), [34, 33, 33], "to the best ranked");
        assert_eq!(
            fen(&share_out(Reduction::Proportional, Money::from_fen(100), claims(&[300, 500, 700]))),
            [20, 33, 47]
        );
        assert_eq!(fen(&share_out(Reduction::Proportional, Money::from_fen(151), claims(&[50, 50, 50]))), [50, 50, 50]);
    }

    #[test]
    fn a_queue_stops_at_the_first_who_does_not_fit() {
        let queue = |last| Reduction::Queue { order: Order::Received, last };
        let awards = claims(&[60, 50, 10]);
        assert_eq!(fen(&share_out(queue(Last::Partly), Money::from_fen(100), awards.clone())), [60, 40, 0]);
        assert_eq!(fen(&share_out(queue(Last::Nothing), Money::from_fen(100), awards)), [60, 0, 0]);
    }

    proptest! {
        #[test]
        fn shares_keep_within_budget_and_award(
            awards in proptest::collection::vec(0..2_000_000_000_000i64, 0..40),
            available in 0..20_000_000_000_000i64,
            method in 0..4usize,
        ) {
            let method = [
                Reduction::Proportional,
                Reduction::Queue { order: Order::Received, last: Last::Partly },
                Reduction::Queue { order: Order::Score, last: Last::Partly },
                Reduction::Queue { order: Order::Score, last: Last::Nothing },
            ][method];
            let given = claims(&awards);
            let shares = share_out(method, Money::from_fen(available), given.clone());
            let total: i128 = shares.iter().map(|share| i128::from(share.share.fen())).sum();
            let asked: i128 = awards.iter().map(|fen| i128::from(*fen)).sum();
            prop_assert!(total <= i128::from(available).min(asked));
            if !matches!(method, Reduction::Queue { last: Last::Nothing, .. }) {
                prop_assert_eq!(total, i128::from(available).min(asked), "nothing is left lying");
            }
            for (share, award) in fen(&shares).iter().zip(&awards) {
                prop_assert!(0 <= *share && share <= award);
                if method == Reduction::Proportional && asked > 0 {
                    let exact = i128::from(*award) * i128::from(available).min(asked);
                    prop_assert!((i128::from(*share) * asked - exact).abs() < asked, "within one fen");
                }
            }
            let mut reversed = given;
            reversed.reverse();
            prop_assert_eq!(share_out(method, Money::from_fen(available), reversed), shares, "the order of input is nothing");
        }
    }
}
