//! Pages: a trial, an explanation, a sweep and a comparison as HTML that opens from a disk. A page
//! loads nothing, works without its script, and shows the figures of the JSON that is in it.
//!
//! Names, texts and keys of a scenario are somebody's input. They become text by `maud` alone.

mod axis;
mod compared;
mod explained;
mod ladder;
mod marks;
mod perfetto;
mod picture;
mod shell;
mod sweep;
mod trial;

pub use self::compared::compared;
pub use self::explained::{explained, svg as explained_svg};
pub use self::perfetto::perfetto;
pub use self::sweep::{Entry, WayOverRuns, index};
pub use self::trial::{svg, trial};
