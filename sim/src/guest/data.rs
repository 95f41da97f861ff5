//! What travels between actors and services, and what they tell: any value that can be shown and
//! hashed.

use std::any::Any;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};

/// A value whose type only its sender and its receiver know.
pub(super) trait Data: Any + Debug + Send {
    /// Hashes the value.
    fn digest(&self, hasher: &mut dyn Hasher);

    /// Returns the value as what it is.
    fn as_any(&self) -> &dyn Any;

    /// Returns the value as what it is.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<T: Any + Debug + Hash + Send> Data for T {
    fn digest(&self, mut hasher: &mut dyn Hasher) {
        self.hash(&mut hasher);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// Returns the value, which has to be of this type.
pub(super) fn take<T: Any>(data: Box<dyn Data>) -> T {
    let value = data.into_any().downcast();
    *value.expect("invariant: a value reaches only what knows its type")
}

/// Returns the value as what it is, which has to be of this type.
pub(super) fn is<T: Any>(data: &dyn Data) -> &T {
    data.as_any().downcast_ref().expect("invariant: a value reaches only what knows its type")
}

/// Returns the hash of a value.
pub(super) fn digest_of(data: &dyn Data, before: u64) -> u64 {
    let mut hasher = xxhash_rust::xxh3::Xxh3::with_seed(before);
    data.digest(&mut hasher);
    hasher.finish()
}
