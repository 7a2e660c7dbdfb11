//! Every small history there is, against all permutations tried one by one.

use super::{Came, slowed};
use stormseed::history::{
    Answer, Budget, Register, RegisterCall, RegisterReply, linearizable, sequential,
};

/// What an operation asks and comes to, in a form that brute force reads without the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letter {
    Wrote(u64),
    MayHaveWritten(u64),
    Read(Option<u64>),
    Swapped(u64, u64),
    Differed(u64, u64),
    MayHaveSwapped(u64, u64),
}
use Letter::{Differed, MayHaveSwapped, MayHaveWritten, Read, Swapped, Wrote};

impl Letter {
    fn is_answered(self) -> bool {
        !matches!(self, MayHaveWritten(_) | MayHaveSwapped(..))
    }

    /// What the register holds behind it; nothing if it cannot be.
    fn apply(self, holds: Option<u64>) -> Option<Option<u64>> {
        match self {
            Wrote(value) | MayHaveWritten(value) => Some(Some(value)),
            Read(value) => (holds == value).then_some(holds),
            Swapped(from, to) | MayHaveSwapped(from, to) => {
                (holds == Some(from)).then_some(Some(to))
            }
            Differed(from, _) => (holds != Some(from)).then_some(holds),
        }
    }

    fn recorded(self) -> (RegisterCall<u64>, Came<RegisterReply<u64>>) {
        let swap = |expected, new| RegisterCall::CompareAndSwap { expected, new };
        let done = Came::Ok(RegisterReply::Done);
        match self {
            Wrote(value) => (RegisterCall::Write(value), done),
            MayHaveWritten(value) => (RegisterCall::Write(value), Came::Info),
            Read(value) => (RegisterCall::Read, Came::Ok(RegisterReply::Value(value))),
            Swapped(from, to) => (swap(from, to), done),
            MayHaveSwapped(from, to) => (swap(from, to), Came::Info),
            Differed(from, to) => (swap(from, to), Came::Ok(RegisterReply::Differs)),
        }
    }
}

/// An operation: its client, what it is, and the places of its two events.
type Drawn = (u64, Letter, u64, u64);

/// Calls `judge` with every history of so many operations over these letters.
fn every(count: usize, letters: &[Letter], judge: &mut impl FnMut(&[Drawn])) {
    extend(count, letters, &mut Vec::new(), 0, judge);
}

const OPEN: u64 = u64::MAX;

fn extend(
    count: usize,
    letters: &[Letter],
    drawn: &mut Vec<Drawn>,
    now: u64,
    judge: &mut impl FnMut(&[Drawn]),
) {
    let open: Vec<usize> = (0..drawn.len()).filter(|place| drawn[*place].3 == OPEN).collect();
    if drawn.len() == count && open.is_empty() {
        return judge(drawn);
    }
    for place in &open {
        drawn[*place].3 = now;
        extend(count, letters, drawn, now + 1, judge);
        drawn[*place].3 = OPEN;
    }
    if drawn.len() < count {
        // The clients are alike, so the first that is free will do.
        let is_free = |client: &u64| open.iter().all(|place| drawn[*place].0 != *client);
        let client = (0..).find(is_free).expect("clients do not run out");
        for letter in letters {
            drawn.push((client, *letter, now, OPEN));
            extend(count, letters, drawn, now + 1, judge);
            drawn.pop();
        }
    }
}

/// Whether some permutation of the operations explains them, tried one by one.
fn some_order(
    drawn: &[Drawn],
    holds: Option<u64>,
    left: u32,
    precedes: &impl Fn(&Drawn, &Drawn) -> bool,
) -> bool {
    let is_left = |place: &usize| left & (1 << place) != 0;
    let answered = |place: &usize| drawn[*place].1.is_answered();
    if !(0..drawn.len()).filter(is_left).any(|place| answered(&place)) {
        return true;
    }
    (0..drawn.len()).filter(is_left).any(|next| {
        let mut others = (0..drawn.len()).filter(is_left).filter(answered);
        let can_be_next = !others.any(|other| precedes(&drawn[other], &drawn[next]));
        let after = drawn[next].1.apply(holds).filter(|_| can_be_next);
        after.is_some_and(|holds| some_order(drawn, holds, left & !(1 << next), precedes))
    })
}

/// Compares the checker with brute force; how many histories held, and how many did not.
fn compare(count: usize, letters: &[Letter], events_an_instant: u64) -> (u64, u64) {
    let (mut held, mut broke) = (0, 0);
    every(count, letters, &mut |drawn| {
        let is_one_client = |a: &Drawn, b: &Drawn| a.0 == b.0 && a.3 < b.2;
        let at = |event: u64| event / events_an_instant;
        let in_true_time = |a: &Drawn, b: &Drawn| at(a.3) < at(b.2) || is_one_client(a, b);
        let intervals: Vec<_> = drawn
            .iter()
            .map(|(client, letter, from, to)| {
                let (call, came) = letter.recorded();
                (*client, call, *from, *to, came)
            })
            .collect();
        let history = slowed(&intervals, events_an_instant);
        let all = (1 << drawn.len()) - 1;
        let expected = some_order(drawn, None, all, &in_true_time);
        let answer = linearizable(&Register::default(), &history, Budget::default());
        assert_eq!(matches!(answer, Answer::Holds { .. }), expected, "{drawn:?}\n{answer:?}");
        assert!(!matches!(answer, Answer::GaveUp { .. }), "{drawn:?}");
        let expected_too = some_order(drawn, None, all, &is_one_client);
        let answer = sequential(&Register::default(), &history, Budget::default());
        assert_eq!(matches!(answer, Answer::Holds { .. }), expected_too, "{drawn:?}\n{answer:?}");
        assert!(expected_too || !expected, "what is linearizable is sequential: {drawn:?}");
        held += u64::from(expected);
        broke += u64::from(!expected);
    });
    (held, broke)
}

#[test]
fn up_to_three_operations_of_every_kind_agree_with_brute_force() {
    let letters = [
        Wrote(1),
        Wrote(2),
        MayHaveWritten(1),
        Read(None),
        Read(Some(1)),
        Read(Some(2)),
        Swapped(1, 2),
        Differed(1, 2),
        MayHaveSwapped(1, 2),
    ];
    for events_an_instant in [1, 2] {
        for count in 0..=3 {
            let (held, broke) = compare(count, &letters, events_an_instant);
            assert!(held > 0 && (broke > 0 || count == 0), "{count}: {held} held, {broke} broke");
        }
    }
}

#[test]
fn four_operations_with_unknown_writes_agree_with_brute_force() {
    let letters = [Wrote(1), MayHaveWritten(2), Read(None), Read(Some(1)), Read(Some(2))];
    let (held, broke) = compare(4, &letters, 1);
    assert_eq!(held + broke, 105 * 5_u64.pow(4));
    compare(4, &letters, 2);
}

#[test]
fn five_operations_agree_with_brute_force() {
    let letters = [Wrote(1), Read(None), Read(Some(1))];
    let (held, broke) = compare(5, &letters, 1);
    assert_eq!(held + broke, 945 * 3_u64.pow(5));
}
