//! Rates as text.

pub use crate::record::{Rate, rate};

/// Formats a share as a percentage, with as many decimals as it needs to differ from 0 and from
/// 100.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let edge = percent.min(100.0 - percent);
    if edge == 0.0 {
        format!("{percent:.0} %")
    } else if edge < 0.01 {
        format!("{percent:.4} %")
    } else if edge < 1.0 {
        format!("{percent:.2} %")
    } else {
        format!("{percent:.1} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_keeps_what_tells_it_from_none_and_from_all() {
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.292), "29.2 %");
        assert_eq!(percent(0.0012), "0.12 %");
        assert_eq!(percent(0.000_03), "0.0030 %");
        assert_eq!(percent(0.999_95), "99.9950 %");
        assert_eq!(percent(1.0), "100 %");
    }
}
