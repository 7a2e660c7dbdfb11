//! The placement functions side by side: how even they are, what a join or a leave moves, and how
//! far two views of the members disagree about who owns a key.
//!
//! A key whose owner depends on the view is served by two members, or by none, for as long as the
//! views differ: `D(v1, v2) = P[owner in v1 is not the owner in v2]` says of how many keys that is
//! true. All shares are in millionths of the keys, and integers, so that they are the same on every
//! machine.

use super::{DependsOn, Function, Member, MemberId, Placement, Refused, Replicas, Spread, hash};
use std::collections::BTreeSet;

/// One function with so many members and keys. What a function cannot do is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The function's name.
    pub function: &'static str,
    /// What decides where a key lies.
    pub depends_on: DependsOn,
    /// How many members there are.
    pub members: u32,
    /// How many keys.
    pub keys: u32,
    /// What its tables take, in bytes, the members' names apart; for a directory without its keys.
    pub table_bytes: u64,
    /// Keys that nobody owns.
    pub orphans_ppm: u64,
    /// The load of the fullest member over the mean.
    pub max_over_mean_ppm: u64,
    /// The standard deviation of the loads over the mean.
    pub deviation_ppm: u64,
    /// Keys with another owner after one member has joined; ideal is 1/(n+1).
    pub join_moved_ppm: Option<u64>,
    /// Of these, keys that did not go to the one who joined; ideal is none.
    pub join_stray_ppm: Option<u64>,
    /// Keys with another owner after a member has left: one in the middle, or the last if only that
    /// can; ideal is 1/n.
    pub leave_moved_ppm: Option<u64>,
    /// Of these, keys that were not of the one who left; ideal is none.
    pub leave_stray_ppm: Option<u64>,
    /// Two views of the same members, who joined in the opposite order.
    pub reordered_ppm: Option<u64>,
    /// Two views of the same members: in the second, three had left and came back in another order.
    pub returned_ppm: Option<u64>,
    /// Two views, of which the first has not heard of a join and the second not of a leave.
    pub crossed_ppm: Option<u64>,
    /// Keys whose three replicas, on distinct members, stand in fewer zones than they could, of
    /// five zones that the members are dealt to.
    pub zone_shared_ppm: Option<u64>,
    /// The same where the lists are spread over zones; ideal is none.
    pub zone_shared_spread_ppm: Option<u64>,
}

/// The names of the columns of [`Comparison::row`].
pub const COLUMNS: [&str; 17] = [
    "function",
    "depends_on",
    "members",
    "keys",
    "table_bytes",
    "orphans_ppm",
    "max_over_mean_ppm",
    "deviation_ppm",
    "join_moved_ppm",
    "join_stray_ppm",
    "leave_moved_ppm",
    "leave_stray_ppm",
    "reordered_ppm",
    "returned_ppm",
    "crossed_ppm",
    "zone_shared_ppm",
    "zone_shared_spread_ppm",
];

/// Where replicas are measured: so many of a key, on members dealt to so many zones, and so many
/// keys at most, since some functions draw every member for each replica.
const REPLICAS: u32 = 3;
const ZONES: u32 = 5;
const REPLICATED_KEYS: u32 = 10_000;

/// Who owns each key, by the number in the member's name.
type Owners = Vec<Option<u32>>;

fn member(number: u32) -> Member {
    Member::new(name(number))
}

fn name(number: u32) -> String {
    format!("m{number}")
}

/// A view of members, keys included that came once all were there.
struct View {
    placement: Box<dyn Placement>,
    keys: Vec<u64>,
}

impl View {
    fn of(
        function: &Function,
        joined: impl Iterator<Item = u32>,
        (members, keys): (u32, u32),
    ) -> Result<View, Refused> {
        let mut placement = function.empty(members);
        placement.join_all(joined.map(member).collect())?;
        let keys = (0..keys).map(|n| placement.key(format!("key-{n}").as_bytes())).collect();
        let mut view = View { placement, keys };
        view.fill();
        Ok(view)
    }

    fn fill(&mut self) {
        for key in &self.keys {
            self.placement.arrive(*key);
        }
    }

    fn owners(&self) -> Owners {
        let members = self.placement.members();
        let mut numbers = vec![0; members.slots()];
        for (id, member) in members.by_name() {
            numbers[id.index()] = member.name[1..].parse().expect("a name ends in a number");
        }
        let owner = |key: &u64| self.placement.owner(*key).map(|id| numbers[id.index()]);
        self.keys.iter().map(owner).collect()
    }
}

/// In millionths, rounded down.
fn ppm(part: usize, whole: usize) -> u64 {
    (part as u128 * 1_000_000 / (whole as u128).max(1)) as u64
}

fn disagreement(one: &Owners, other: &Owners) -> u64 {
    let differing = one.iter().zip(other).filter(|(one, other)| one != other);
    ppm(differing.count(), one.len())
}

/// Keys that moved although neither owner is this member.
fn strays(before: &Owners, after: &Owners, who: u32) -> u64 {
    let stray = |(was, is): &(&Option<u32>, &Option<u32>)| {
        was != is && **was != Some(who) && **is != Some(who)
    };
    ppm(before.iter().zip(after).filter(stray).count(), before.len())
}

/// The load of the fullest over the mean, and the standard deviation over the mean.
fn balance(owners: &Owners, members: u32) -> (u64, u64) {
    let mut loads = vec![0u128; members as usize];
    for owner in owners.iter().flatten() {
        loads[*owner as usize] += 1;
    }
    let (count, keys) = (u128::from(members), (owners.len() as u128).max(1));
    let most = loads.iter().max().copied().unwrap_or_default() * count * 1_000_000 / keys;
    let squares: u128 = loads.iter().map(|load| (load * count).abs_diff(keys).pow(2)).sum();
    let deviation = (squares * 1_000_000_000_000 / (count * keys * keys)).isqrt();
    (most as u64, deviation as u64)
}

/// Measures a function.
///
/// # Errors
/// If it cannot hold so many members.
pub fn compare(function: &Function, members: u32, keys: u32) -> Result<Comparison, Refused> {
    let sizes = (members, keys);
    let bare = View::of(function, 0..members, (members, 0))?;
    let view = View::of(function, 0..members, sizes)?;
    let owners = view.owners();
    let (max_over_mean_ppm, deviation_ppm) = balance(&owners, members);

    let mut joined = View::of(function, 0..members, sizes)?;
    let after_join = joined.placement.join(member(members)).ok().map(|_| joined.owners());
    let mut left = View::of(function, 0..members, sizes)?;
    let candidates = [members / 2, members - 1];
    let gone = candidates.into_iter().find(|who| left.placement.leave(&name(*who)).is_ok());
    let after_leave = gone.map(|who| (who, left.owners()));
    let reordered = View::of(function, (0..members).rev(), sizes).ok().map(|it| it.owners());

    let orphans_ppm = ppm(owners.iter().filter(|it| it.is_none()).count(), owners.len());
    let shared = |spread| (orphans_ppm == 0).then(|| zone_shared(function, sizes, spread).ok())?;

    Ok(Comparison {
        function: function.name,
        depends_on: view.placement.depends_on(),
        members,
        keys,
        table_bytes: bare.placement.table_bytes(),
        orphans_ppm,
        max_over_mean_ppm,
        deviation_ppm,
        join_moved_ppm: after_join.as_ref().map(|after| disagreement(&owners, after)),
        join_stray_ppm: after_join.as_ref().map(|after| strays(&owners, after, members)),
        leave_moved_ppm: after_leave.as_ref().map(|(_, after)| disagreement(&owners, after)),
        leave_stray_ppm: after_leave.as_ref().map(|(who, after)| strays(&owners, after, *who)),
        reordered_ppm: reordered.map(|other| disagreement(&owners, &other)),
        returned_ppm: returned(function, sizes).map(|other| disagreement(&owners, &other)),
        crossed_ppm: after_join
            .zip(after_leave)
            .map(|(joined, (_, left))| disagreement(&joined, &left)),
        zone_shared_ppm: shared(Spread::Members),
        zone_shared_spread_ppm: shared(Spread::Zones),
    })
}

/// Keys whose replicas stand in fewer zones than they could.
fn zone_shared(
    function: &Function,
    (members, keys): (u32, u32),
    spread: Spread,
) -> Result<u64, Refused> {
    let mut placement = function.empty(members);
    let zoned = |number: u32| member(number).within(format!("z{}", number % ZONES));
    placement.join_all((0..members).map(zoned).collect())?;
    let keys = keys.min(REPLICATED_KEYS);
    let possible = REPLICAS.min(ZONES).min(members) as usize;
    let (mut list, mut shared) = (Vec::new(), 0);
    for n in 0..keys {
        let key = placement.key(format!("key-{n}").as_bytes());
        placement.arrive(key);
        Replicas { count: REPLICAS, spread }.of(&*placement, key, &mut list);
        let zone = |id: &MemberId| placement.members().member(*id).zone.as_str();
        let zones: BTreeSet<&str> = list.iter().map(zone).collect();
        shared += usize::from(zones.len() < possible);
    }
    Ok(ppm(shared, keys as usize))
}

/// Three members leave and come back in the order in which they left.
fn returned(function: &Function, sizes: (u32, u32)) -> Option<Owners> {
    let (members, _) = sizes;
    let three = (0..3).map(|n| hash::pair(0x5eed, n) % u64::from(members)).map(|it| it as u32);
    let mut three: Vec<u32> = three.collect();
    three.sort();
    three.dedup();
    let mut view = View::of(function, 0..members, sizes).ok()?;
    let mut change = || -> Result<(), Refused> {
        three.iter().try_for_each(|who| view.placement.leave(&name(*who)))?;
        three.iter().try_for_each(|who| view.placement.join(member(*who)).map(drop))
    };
    change().ok()?;
    Some(view.owners())
}

impl Comparison {
    /// Its row, under [`COLUMNS`]; what the function cannot do is empty.
    pub fn row(&self) -> Vec<String> {
        let depends_on = match self.depends_on {
            DependsOn::Members => "members",
            DependsOn::Joins => "joins",
            DependsOn::History => "history",
            DependsOn::Arrivals => "arrivals",
        };
        let may = |figure: Option<u64>| figure.map_or(String::new(), |it| it.to_string());
        vec![
            self.function.to_owned(),
            depends_on.to_owned(),
            self.members.to_string(),
            self.keys.to_string(),
            self.table_bytes.to_string(),
            self.orphans_ppm.to_string(),
            self.max_over_mean_ppm.to_string(),
            self.deviation_ppm.to_string(),
            may(self.join_moved_ppm),
            may(self.join_stray_ppm),
            may(self.leave_moved_ppm),
            may(self.leave_stray_ppm),
            may(self.reordered_ppm),
            may(self.returned_ppm),
            may(self.crossed_ppm),
            may(self.zone_shared_ppm),
            may(self.zone_shared_spread_ppm),
        ]
    }
}
