//! Traces: what actors and services do, on standard error, with virtual timestamps.

use std::fmt::{self, Write as _};
use std::io;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::{LookupSpan, Scope};

/// Runs `act` and prints what is traced meanwhile on this OS thread. madsim's own spans are left
/// out, because they carry numbers that differ from run to run.
pub(super) fn told<T>(act: impl FnOnce() -> T) -> T {
    let lines = tracing_subscriber::fmt::layer()
        .event_format(Line)
        .with_ansi(false)
        .with_writer(io::stderr);
    let ours = Targets::new().with_target("deadheat", Level::DEBUG);
    let subscriber = tracing_subscriber::registry().with(ours).with(lines);
    tracing::subscriber::with_default(subscriber, act)
}

/// One line: the virtual time, the actor and its call, and what happened.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        write!(writer, "{:>9} ", fields.at)?;
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            let extensions = span.extensions();
            if let Some(fields) = extensions.get::<FormattedFields<N>>() {
                write!(writer, "{}{{{fields}}} ", span.name())?;
            }
        }
        writeln!(writer, "{}", fields.message)
    }
}

#[derive(Default)]
struct Fields {
    at: String,
    message: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = match field.name() {
            "at" => &mut self.at,
            "message" => &mut self.message,
            _ => return,
        };
        let _ = write!(text, "{value:?}");
    }
}
