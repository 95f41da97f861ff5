//! An outbox with a lease: two relays send the messages of a table.
//!
//! A relay claims a message for some time, sends it, and marks it as sent. If sending takes longer
//! than the lease, the other relay claims the message as well, and it is sent twice. A lease that is
//! longer than all that can happen under it mends that, and this is proved.
//!
//! `cargo run --release --example outbox`

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use deadheat::{Desk, Service, Sim, check, secs};

/// The table of messages: who may send each, and what has been sent.
#[derive(Hash)]
struct Outbox {
    rows: Vec<Row>,
    lease: u64,
}

#[derive(Clone, Hash)]
struct Row {
    /// The number of the last claim, while its lease lasts.
    claim: Option<u32>,
    claims: u32,
    is_sent: bool,
}

#[derive(Debug, Hash)]
enum Ask {
    Claim,
    MarkSent(usize),
}

/// The lease of this claim of this row is over.
#[derive(Debug, Hash)]
struct LeaseEnds(usize, u32);

impl Service for Outbox {
    type Request = Ask;
    type Reply = Option<usize>;
    type Due = LeaseEnds;

    fn handle(&mut self, ask: Ask, desk: &mut Desk<'_, Outbox>) -> Option<Option<usize>> {
        Some(match ask {
            Ask::Claim => {
                let is_free = |row: &Row| !row.is_sent && row.claim.is_none();
                let place = self.rows.iter().position(is_free);
                if let Some(place) = place {
                    let row = &mut self.rows[place];
                    row.claims += 1;
                    row.claim = Some(row.claims);
                    desk.start(secs(self.lease), LeaseEnds(place, row.claims));
                }
                place
            }
            Ask::MarkSent(place) => {
                self.rows[place].is_sent = true;
                desk.cancel(move |LeaseEnds(row, _)| *row == place);
                None
            }
        })
    }

    fn fire(&mut self, LeaseEnds(place, claim): LeaseEnds, _: &mut Desk<'_, Outbox>) {
        let row = &mut self.rows[place];
        row.claim = row.claim.filter(|held| *held != claim);
    }
}

/// The mail server, which sends whatever it is given.
#[derive(Default, Hash)]
struct Mail {
    sent: Vec<usize>,
}

impl Service for Mail {
    type Request = usize;
    type Reply = ();
    type Due = ();

    fn handle(&mut self, message: usize, _: &mut Desk<'_, Mail>) -> Option<()> {
        self.sent.push(message);
        Some(())
    }
}

/// Two relays and one message. A lease lasts for this many seconds.
fn relays(lease: u64) -> impl Fn(&mut Sim) {
    move |sim| {
        let row = Row { claim: None, claims: 0, is_sent: false };
        let outbox = sim.service("outbox", Outbox { rows: vec![row], lease });
        let mail = sim.service("mail", Mail::default());
        sim.latency(mail, secs(0)..=secs(20));
        for number in 1..=2_u32 {
            sim.actor(("relay", number)).run(async move |me| {
                for _ in 0..2 {
                    if let Some(message) = me.call(outbox, Ask::Claim).await {
                        me.call(mail, message).await;
                        me.call(outbox, Ask::MarkSent(message)).await;
                    }
                    me.sleep(secs(15)).await;
                }
            });
        }
        sim.always("no message is sent twice", move |state| state.of(mail).sent.len() <= 1);
    }
}

fn main() {
    println!("A lease of 10 s:\n\n{}", check(relays(10)).run());
    println!("A lease of 60 s:\n\n{}", check(relays(60)).prove());
}
