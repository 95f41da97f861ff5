//! A client that tries again when it hears nothing: a reply is lost, and a card is charged twice.
//!
//! A key makes the second try the same payment. Then the card is charged once, whatever is lost or
//! slow, which is proved for every order with at most two losses.
//!
//! `cargo run --release --example retrying_client`

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use deadheat::{Desk, Service, Sim, check, millis, secs};

/// The service that charges cards.
#[derive(Default, Hash)]
struct Payments {
    charges: u32,
    /// The keys of the payments that it has made.
    known: Vec<u32>,
}

/// Charges a card, once for each key if there is one.
#[derive(Debug, Hash)]
struct Charge {
    key: Option<u32>,
}

impl Service for Payments {
    type Request = Charge;
    type Reply = ();
    type Due = ();

    fn handle(&mut self, charge: Charge, _: &mut Desk<'_, Payments>) -> Option<()> {
        let is_known = charge.key.is_some_and(|key| self.known.contains(&key));
        if !is_known {
            self.charges += 1;
            self.known.extend(charge.key);
        }
        Some(())
    }
}

/// A client that tries three times.
fn client(key: Option<u32>) -> impl Fn(&mut Sim) {
    move |sim| {
        let payments = sim.service("payments", Payments::default());
        sim.latency(payments, millis(20)..=millis(900));
        sim.lose_requests(payments, 50);
        sim.lose_replies(payments, 50);
        sim.actor("client").run(async move |me| {
            for _ in 0..3 {
                if me.within(secs(2), me.call(payments, Charge { key })).await.is_some() {
                    return Ok(());
                }
            }
            Err("the payment service does not answer")
        });
        sim.always("the card is charged once", move |state| state.of(payments).charges <= 1);
    }
}

fn main() {
    println!("Without a key:\n\n{}", check(client(None)).run());
    println!("With a key:\n\n{}", check(client(Some(7))).faults(2).prove());
}
