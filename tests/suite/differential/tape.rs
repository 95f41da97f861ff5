//! A tape of choices that depends only on a seed.

/// The tape.
pub(super) struct Tape(u64);

impl Tape {
    /// Returns the tape of this seed.
    pub(super) fn new(seed: u64) -> Tape {
        Tape(seed)
    }

    /// Returns the next number, from 0 to below `end`: splitmix64 (Steele, Lea, Flood, OOPSLA
    /// 2014).
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }

    /// Returns `true` once in `many` times.
    pub(super) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    /// Returns one of these.
    pub(super) fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// Returns one of these once in `many` times, and otherwise nothing.
    pub(super) fn perhaps(&mut self, many: u64, choices: &[&str]) -> String {
        if self.one_in(many) { format!("{}\n", self.one_of(choices)) } else { String::new() }
    }

    /// Returns a key with one of these times.
    pub(super) fn line(&mut self, key: &str, times: &[&str]) -> String {
        format!("{key} = \"{}\"\n", self.one_of(times))
    }
}
