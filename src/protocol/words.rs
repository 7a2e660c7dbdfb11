//! Names for the kinds of messages, commands and observations, as files and reports write them.

use serde::{Deserialize, Serialize};

/// A type whose variants have names: `vote-request`, `leader-elected`.
///
/// Write it with [`words!`](crate::words). The names, not the positions, take part in the keys of
/// luck, so a variant may be added anywhere without moving the luck of the others.
pub trait Words {
    /// How many kinds there are.
    const COUNT: u16;
    /// The names of the kinds, in order.
    fn words() -> Vec<&'static str>;
    /// The position of this value's kind in [`Words::words`].
    fn word(&self) -> u16;
}

/// For what never is said: a protocol without commands has `type Command = Never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Never {}

impl Words for Never {
    const COUNT: u16 = 0;
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
/// ```
#[macro_export]
macro_rules! words {
    (@of [$($generic:ident),*] $type:ty {
        $($variant:ident => $name:literal),* $(,)? $(; $(in $inner:ident($of:ty)),+ $(,)?)?
    }) => {
        impl<$($generic),*> $crate::protocol::Words for $type {
            const COUNT: u16 = {
                let own: &[&str] = &[$($name),*];
                own.len() as u16 $($(+ <$of as $crate::protocol::Words>::COUNT)+)?
            };

            fn words() -> Vec<&'static str> {
                #[allow(unused_mut)]
                let mut names = vec![$($name),*];
                $($(names.extend(<$of as $crate::protocol::Words>::words());)+)?
                names
            }

            #[inline]
            fn word(&self) -> u16 {
                #[allow(dead_code)]
                enum Position { $($variant,)* Inner }
                #[allow(unused_mut, unused_variables, unused_assignments)]
                let mut base = Position::Inner as u16;
                $($(
                    if let Self::$inner(inner) = self {
                        return base + <$of as $crate::protocol::Words>::word(inner);
                    }
                    base += <$of as $crate::protocol::Words>::COUNT;
                )+)?
                match self {
                    $(Self::$variant { .. } => Position::$variant as u16,)*
                    #[allow(unreachable_patterns)]
                    _ => unreachable!("every variant has a word"),
                }
            }
        }
    };
    (impl<$($generic:ident),+> $type:ty { $($body:tt)* }) => {
        $crate::words!(@of [$($generic),+] $type { $($body)* });
    };
    ($type:ty { $($body:tt)* }) => {
        $crate::words!(@of [] $type { $($body)* });
    };
}
