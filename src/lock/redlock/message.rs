//! What clients and servers say to one another.

use crate::lock::resource;
use serde::{Deserialize, Serialize};

/// The value by which a server knows who has stored it: another for each try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nonce {
    /// The client's request.
    pub request: u64,
    /// Which of its tries.
    pub attempt: u64,
}

/// What clients and servers say to one another, and both to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Store this if nothing is stored (`SET NX PX`).
    Set(Nonce),
    /// It is stored, for `ttl` from now on.
    Stored(Nonce),
    /// Somebody else's is stored.
    Taken(Nonce),
    /// Forget this, if this is what is stored. Nobody answers.
    Delete(Nonce),
    /// Between the resource and whoever uses it.
    Resource(resource::Message),
}

crate::words!(Message {
    Set => "set",
    Stored => "stored",
    Taken => "taken",
    Delete => "delete";
    in Resource(resource::Message)
});
