//! Names for the kinds of messages, commands and observations, as files and reports write them.

use serde::{Deserialize, Serialize};

/// A type whose variants have names: `vote-request`, `leader-elected`.
///
/// Write it with [`words!`](crate::words). The names, not the positions, take part in the keys of
/// luck, so a variant may be added anywhere without moving the luck of the others.
pub trait Words {
    /// The names of this type's own kinds.
    const OWN: &'static [&'static str];
    /// The variants that hold another type with words, and how many words that has.
    const INNER: &'static [(&'static str, u16)] = &[];
    /// How many kinds there are.
    const COUNT: u16 = {
        let (mut count, mut place) = (Self::OWN.len() as u16, 0);
        while place < Self::INNER.len() {
            count += Self::INNER[place].1;
            place += 1;
        }
        count
    };
    /// The names of the kinds, in order.
    fn words() -> Vec<&'static str>;
    /// The position of this value's kind in [`Words::words`].
    fn word(&self) -> u16;
}

/// For what never is said: a protocol without commands has `type Command = Never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Never {}

impl Words for Never {
    const OWN: &'static [&'static str] = &[];
    fn words() -> Vec<&'static str> {
        Vec::new()
    }
    fn word(&self) -> u16 {
        match *self {}
    }
}

/// Names the variants of an enum; variants behind `in` hold another type that has words itself.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use stormseed::protocol::Words;
/// enum Inner { Ping, Pong }
/// stormseed::words!(Inner { Ping => "ping", Pong => "pong" });
///
/// enum Outer { Ask { key: u64 }, Answer(u64), Inner(Inner) }
/// stormseed::words!(Outer { Ask => "ask", Answer => "answer"; in Inner(Inner) });
///
/// assert_eq!(Outer::words(), ["ask", "answer", "ping", "pong"]);
/// assert_eq!(Outer::Inner(Inner::Pong).word(), 3);
/// # let _ = (Outer::Ask { key: 1 }, Outer::Answer(1), Inner::Ping);
///
/// enum Offer<C> { Offer(C) }
/// stormseed::words!(impl<C> Offer<C> { Offer => "offer" });
/// assert_eq!(Offer::Offer("tea").word(), 0);
///
/// enum Letter<C> { Seal, Letter(C) }
/// stormseed::words!(impl<C: Words> Letter<C> { Seal => "seal"; in Letter(C) });
/// assert_eq!(<Letter<Inner>>::words(), ["seal", "ping", "pong"]);
/// # let _ = (<Letter<Inner>>::Seal, Letter::Letter(Inner::Ping));
/// ```
#[macro_export]
macro_rules! words {
    (@of [$($generic:ident $(: $bound:path)?),*] $type:ty {
        $($variant:ident => $name:literal),* $(,)? $(; $(in $inner:ident($of:ty)),+ $(,)?)?
    }) => {
        impl<$($generic $(: $bound)?),*> $crate::protocol::Words for $type {
            const OWN: &'static [&'static str] = &[$($name),*];
            const INNER: &'static [(&'static str, u16)] =
                &[$($((stringify!($inner), <$of as $crate::protocol::Words>::COUNT)),+)?];

            fn words() -> Vec<&'static str> {
                let names = Self::OWN.to_vec();
                $($(let names = [names, <$of as $crate::protocol::Words>::words()].concat();)+)?
                names
            }

            #[inline]
            fn word(&self) -> u16 {
                match self {
                    $(Self::$variant { .. } => {
                        const { $crate::protocol::own_word(Self::OWN, $name) }
                    })*
                    $($(Self::$inner(inner) => {
                        let first = const {
                            let own = Self::OWN.len() as u16;
                            $crate::protocol::inner_word(own, Self::INNER, stringify!($inner))
                        };
                        first + <$of as $crate::protocol::Words>::word(inner)
                    })+)?
                }
            }
        }
    };
    (impl<$($generic:ident $(: $bound:path)?),+> $type:ty { $($body:tt)* }) => {
        $crate::words!(@of [$($generic $(: $bound)?),+] $type { $($body)* });
    };
    ($type:ty { $($body:tt)* }) => {
        $crate::words!(@of [] $type { $($body)* });
    };
}

/// The place of a name among the names of a type's own variants; for [`words!`](crate::words).
#[doc(hidden)]
pub const fn own_word(own: &[&str], name: &str) -> u16 {
    let mut place = 0;
    while place < own.len() {
        if is_same(own[place], name) {
            return place as u16;
        }
        place += 1;
    }
    panic!("every variant has a word")
}

/// The place of the first word of an embedded type; for [`words!`](crate::words).
#[doc(hidden)]
pub const fn inner_word(own: u16, inner: &[(&str, u16)], name: &str) -> u16 {
    let (mut first, mut place) = (own, 0);
    while place < inner.len() {
        if is_same(inner[place].0, name) {
            return first;
        }
        first += inner[place].1;
        place += 1;
    }
    panic!("every embedded variant has words")
}

const fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut place = 0;
    while place < a.len() && place < b.len() {
        if a[place] != b[place] {
            return false;
        }
        place += 1;
    }
    a.len() == b.len()
}
