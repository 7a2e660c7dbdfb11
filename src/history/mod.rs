//! Histories: what clients asked and were told, and whether one object could have told them so.
//!
//! A [`History`] is what the outside of a system saw: each client's operations, with the instants
//! at which they were invoked and answered. It is *linearizable* (Herlihy and Wing 1990) if every
//! operation can be given one instant between the two, so that the operations, in the order of
//! these instants, are what a single correct object would do. What a correct object does is a
//! [`Model`]. This part of the library knows neither the engine nor an algorithm: it judges what
//! was recorded anywhere.
//!
//! Four endings, as Jepsen has them: an operation is *ok* (it took effect, and was answered), it
//! *failed* (it never did and never will), or it is *info*: nobody knows. Such an operation may
//! have taken effect at any instant after it was invoked, or may never do. So may one that is still
//! open where the history ends.
//!
//! ```
//! use stormseed::history::*;
//! use stormseed::time::SimTime;
//!
//! let (a, b) = (ClientId(0), ClientId(1));
//! let at = SimTime::from_nanos;
//! let mut recorder = Recorder::new();
//! recorder.invoke(a, RegisterCall::Write(1), at(10))?;
//! recorder.ok(a, RegisterReply::Done, at(20))?;
//! recorder.invoke(b, RegisterCall::Read, at(30))?;
//! recorder.ok(b, RegisterReply::Value(None), at(40))?; // ... but 1 was written before
//! let history = recorder.finish();
//!
//! let answer = linearizable(&Register::default(), &history, Budget::default());
//! let Answer::Broken(broken) = answer else { panic!("a stale read is found") };
//! assert_eq!(broken.prefix, [OperationId(0)]);
//! assert_eq!(broken.cannot_follow, [OperationId(1)]);
//! # Ok::<(), HistoryError>(())
//! ```
//!
//! A model of one's own says how one operation changes the object, and nothing of histories:
//!
//! ```
//! use stormseed::history::*;
//! use stormseed::time::SimTime;
//!
//! /// A counter: each call adds one and is told the sum.
//! struct Counter;
//!
//! impl Model for Counter {
//!     type State = u64;
//!     type Call = ();
//!     type Reply = u64;
//!     type Key = ();
//!     fn initial(&self) -> u64 {
//!         0
//!     }
//!     fn step(&self, sum: &u64, asked: &Asked<'_, (), u64>) -> Option<u64> {
//!         let sum = sum + 1;
//!         asked.reply.is_none_or(|told| *told == sum).then_some(sum)
//!     }
//!     fn key(&self, _: &()) {}
//! }
//!
//! let mut recorder = Recorder::new();
//! let at = SimTime::from_nanos;
//! recorder.invoke(ClientId(0), (), at(1))?;
//! recorder.invoke(ClientId(1), (), at(2))?;
//! recorder.info(ClientId(0), at(3))?; // A time-out: was it counted?
//! recorder.ok(ClientId(1), 2, at(4))?; // It was.
//! let answer = linearizable(&Counter, &recorder.finish(), Budget::default());
//! assert!(matches!(answer, Answer::Holds { .. }));
//! # Ok::<(), HistoryError>(())
//! ```

mod check;
mod configuration;
mod entries;
#[cfg(feature = "cli")]
pub mod file;
mod keyed;
mod lock;
mod model;
mod part;
mod recorder;
mod register;
mod search;
mod session;

pub use check::{Answer, Broken, Order, Unfinished, linearizable, sequential};
pub use configuration::Budget;
pub use keyed::Keyed;
pub use lock::{FencedLock, Lock, LockCall, LockReply};
pub use model::{Asked, Model};
pub use recorder::{ClientId, End, History, HistoryError, Operation, OperationId, Recorder};
pub use register::{Register, RegisterCall, RegisterReply};
pub use session::{Contradiction, Guarantee, MOST_WRITES, SessionError, sessions};
