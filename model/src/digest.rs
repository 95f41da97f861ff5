//! Digests of what the future depends on, for a search that must tell states apart.
//!
//! A digest leaves out everything that nothing can read any more, and who is to blame for what. A
//! search may also know actors that are alike by other names. So an identity is written to a hasher
//! as one `u128`, and nothing else is. A hasher that knows this can put another identity in its
//! place.

use std::hash::{Hash, Hasher};

pub use crate::id::Identity;

/// A hasher that can hash a part on its own, under the same names.
pub trait Digester: Hasher + Sized {
    /// Returns an empty hasher that knows the same names.
    #[must_use]
    fn fresh(&self) -> Self;

    /// Returns the hash of what was written.
    fn finish128(&self) -> u128;
}

/// Hashes what is in no order.
pub fn hash_set<H: Digester, T: Hash>(all: impl IntoIterator<Item = T>, hasher: &mut H) {
    let (mut sum, mut count) = (0_u128, 0_u64);
    for one in all {
        let mut part = hasher.fresh();
        one.hash(&mut part);
        sum = sum.wrapping_add(part.finish128());
        count += 1;
    }
    hasher.write_u64(count);
    hasher.write_u64(sum as u64);
    hasher.write_u64((sum >> 64) as u64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Job, KindId};

    #[test]
    fn an_identity_can_be_read_from_its_word() {
        let job = Job { kind: KindId(7), number: u32::MAX };
        for one in [
            Identity::User(0),
            Identity::User(u16::MAX),
            Identity::Process(3),
            Identity::Job(job),
            Identity::Seat(u32::MAX),
        ] {
            assert_eq!(Identity::of(one.word()), Some(one));
        }
        assert_eq!(Identity::of(0), None);
    }
}
