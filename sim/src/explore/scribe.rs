//! A scribe writes down what each pick of a trial touches.

use crate::agenda::{Keys, Name, Observer, Pending, Picked};

/// What the picks of the present trial touch, in order. Picks that touch nothing are left out.
#[derive(Clone, Debug, Default)]
pub struct Scribe {
    /// What is called how touches what.
    pub touches: Vec<(Name, Keys)>,
}

impl Observer for Scribe {
    fn begin(&mut self) {
        self.touches.clear();
    }

    fn picked(&mut self, pending: &[Pending], picked: Picked) {
        let Pending { name, keys, .. } = pending[picked.index];
        if keys.iter().any(Option::is_some) {
            self.touches.push((name, keys));
        }
    }
}
