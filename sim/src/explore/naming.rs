//! The names of the strategies that play by seed, as `--strategy` takes them.

use std::fmt;
use std::str::FromStr;

use super::adj::Adj;
use super::extremes::Extremes;
use super::ordered::Ordered;
use super::pct::Pct;
use super::portfolio::Portfolio;
use super::survey::Survey;
use super::surw::Surw;
use super::urw::Urw;
use super::walk::Walk;
use crate::agenda::{Draw, Strategy, key_of};

/// A strategy that plays by seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StrategyName {
    /// Every occurrence at a random time in its window. This gives realistic rates.
    #[default]
    Walk,
    /// Chains by priority, with this many orderings, from 2 to 4.
    Pct(u8),
    /// Chains by the work that is left for them.
    Urw,
    /// Chains that are early or late throughout a trial.
    Extremes,
    /// All touches of one thing in an order that is as even as possible.
    Surw,
    /// An access of one kind right after one of another kind.
    Adj,
    /// The seed picks one of the others.
    Portfolio,
}

/// What is wrong with a strategy's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StrategyError {
    /// There is no such strategy.
    Unknown,
    /// `pct` does not support such a depth.
    Depth,
}

impl StrategyName {
    /// Every strategy, at each depth. The portfolio is the last one, because it plays all others.
    pub const ALL: [StrategyName; 9] = [
        StrategyName::Walk,
        StrategyName::Pct(2),
        StrategyName::Pct(3),
        StrategyName::Pct(4),
        StrategyName::Urw,
        StrategyName::Extremes,
        StrategyName::Surw,
        StrategyName::Adj,
        StrategyName::Portfolio,
    ];

    /// Returns the place of the portfolio's member that plays the trial with this seed. Returns
    /// `None` for any other strategy.
    pub fn place(self, seed: u64) -> Option<usize> {
        (self == StrategyName::Portfolio).then(|| Portfolio::place(seed))
    }

    /// Returns whether the strategy has to know how long trials are.
    pub fn needs_survey(self) -> bool {
        match self {
            StrategyName::Walk | StrategyName::Extremes => false,
            StrategyName::Pct(_)
            | StrategyName::Urw
            | StrategyName::Surw
            | StrategyName::Adj
            | StrategyName::Portfolio => true,
        }
    }

    /// Returns the strategy, for trials of the kind that the survey describes.
    pub fn strategy(self, survey: &Survey) -> Box<dyn Strategy> {
        match self {
            StrategyName::Walk => Box::new(Walk::default()),
            StrategyName::Pct(depth) => {
                Box::new(Ordered::new(Pct::new(depth, survey), survey.horizon))
            }
            StrategyName::Urw => Box::new(Ordered::new(Urw::new(survey.clone()), survey.horizon)),
            StrategyName::Extremes => Box::new(Extremes::default()),
            StrategyName::Surw => Box::new(Ordered::new(Surw::new(survey), survey.horizon)),
            StrategyName::Adj => Box::new(Ordered::new(Adj::new(survey), survey.horizon)),
            StrategyName::Portfolio => Box::new(Portfolio::new(survey)),
        }
    }
}

impl Portfolio {
    /// The members: every strategy but the portfolio itself. What a seed means depends on their
    /// order.
    pub const MEMBERS: [StrategyName; 8] =
        *StrategyName::ALL.first_chunk().expect("invariant: the portfolio is the last of all");

    /// Returns the portfolio, for trials of the kind that the survey describes.
    pub fn new(survey: &Survey) -> Portfolio {
        let members = Portfolio::MEMBERS.iter().map(|member| member.strategy(survey)).collect();
        Portfolio { members, playing: 0 }
    }

    /// Returns the place of the member that plays the trial with this seed.
    pub fn place(seed: u64) -> usize {
        Draw::new(seed, key_of("portfolio")).below(Portfolio::MEMBERS.len() as u64) as usize
    }
}

impl fmt::Display for StrategyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StrategyName::Walk => f.pad("walk"),
            StrategyName::Pct(depth) => f.pad(&format!("pct:{depth}")),
            StrategyName::Urw => f.pad("urw"),
            StrategyName::Extremes => f.pad("extremes"),
            StrategyName::Surw => f.pad("surw"),
            StrategyName::Adj => f.pad("adj"),
            StrategyName::Portfolio => f.pad("portfolio"),
        }
    }
}

impl FromStr for StrategyName {
    type Err = StrategyError;

    fn from_str(text: &str) -> Result<StrategyName, StrategyError> {
        match text.split_once(':') {
            Some(("pct", depth)) => match depth.parse() {
                Ok(depth @ 2..=4) => Ok(StrategyName::Pct(depth)),
                _ => Err(StrategyError::Depth),
            },
            Some(_) => Err(StrategyError::Unknown),
            None => match text {
                "walk" => Ok(StrategyName::Walk),
                "pct" => Ok(StrategyName::Pct(3)),
                "urw" => Ok(StrategyName::Urw),
                "extremes" => Ok(StrategyName::Extremes),
                "surw" => Ok(StrategyName::Surw),
                "adj" => Ok(StrategyName::Adj),
                "portfolio" => Ok(StrategyName::Portfolio),
                _ => Err(StrategyError::Unknown),
            },
        }
    }
}

impl std::error::Error for StrategyError {}

impl fmt::Display for StrategyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StrategyError::Unknown => {
                "a strategy is walk, pct (pct:2, pct:3 or pct:4), urw, extremes, surw, adj or \
                 portfolio"
            }
            StrategyError::Depth => "the depth of pct is 2, 3 or 4, such as pct:3",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_strategies_are_all_that_there_are() {
        // Code that adds a strategy has to name it here.
        let place = |name: StrategyName| match name {
            StrategyName::Walk => 0,
            StrategyName::Pct(depth) => usize::from(depth) - 1,
            StrategyName::Urw => 4,
            StrategyName::Extremes => 5,
            StrategyName::Surw => 6,
            StrategyName::Adj => 7,
            StrategyName::Portfolio => 8,
        };
        assert!(StrategyName::ALL.into_iter().map(place).eq(0..StrategyName::ALL.len()));
        let read = |depth: u8| format!("pct:{depth}").parse::<StrategyName>().ok();
        let depths = (0..=u8::MAX).filter_map(read);
        assert!(depths.eq(StrategyName::ALL[1..4].iter().copied()));
        let members = Portfolio::MEMBERS.into_iter().chain([StrategyName::Portfolio]);
        assert!(members.eq(StrategyName::ALL));
    }

    #[test]
    fn a_strategy_is_named_as_it_is_shown() {
        for name in StrategyName::ALL {
            assert_eq!(name.to_string().parse(), Ok(name));
        }
        assert_eq!("pct".parse(), Ok(StrategyName::Pct(3)));
        for wrong in ["pct:1", "pct:5", "pct:", "pct:x"] {
            assert_eq!(wrong.parse::<StrategyName>(), Err(StrategyError::Depth), "{wrong}");
        }
        for wrong in ["", "Walk", "walk:2", "dfs"] {
            assert_eq!(wrong.parse::<StrategyName>(), Err(StrategyError::Unknown), "{wrong}");
        }
    }

    #[test]
    fn every_member_of_the_portfolio_plays() {
        for place in 0..Portfolio::MEMBERS.len() {
            assert!((1..100).any(|seed| Portfolio::place(seed) == place), "{place}");
        }
    }
}
