//! A day of the calendar, in UTC: what the seeds of a night are counted by.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// The first year that has nights, and the last.
const YEARS: std::ops::RangeInclusive<u64> = 2000..=9999;
const EPOCH: u64 = 1970;
const SECONDS: u64 = 86_400;

/// A day, counted from 1970-01-01, which is day 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub u64);

impl Day {
    /// The day that it is; `None` if the clock of the host is not set.
    #[expect(clippy::disallowed_methods, reason = "which night it is, only the host can know")]
    pub fn today() -> Option<Day> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let day = Day(since.as_secs() / SECONDS);
        YEARS.contains(&day.civil().0).then_some(day)
    }

    /// Year, month and day of the month, each counted as people do.
    fn civil(self) -> (u64, u64, u64) {
        let (mut year, mut left) = (EPOCH, self.0);
        while left >= days_of_year(year) {
            left -= days_of_year(year);
            year += 1;
        }
        let mut month = 1;
        while left >= days_of_month(year, month) {
            left -= days_of_month(year, month);
            month += 1;
        }
        (year, month, left + 1)
    }
}

const fn is_leap(year: u64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

const fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a date is written as in 2026-11-26, from the year 2000 on".to_owned();
        let is_form = |(at, byte): (usize, u8)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        };
        if text.len() != 10 || !text.bytes().enumerate().all(is_form) {
            return Err(wrong());
        }
        let number = |piece: &str| piece.parse::<u64>().map_err(|_| wrong());
        let (year, month) = (number(&text[..4])?, number(&text[5..7])?);
        let day = number(&text[8..])?;
        if !YEARS.contains(&year) {
            return Err(wrong());
        }
        if !(1..=12).contains(&month) || !(1..=days_of_month(year, month)).contains(&day) {
            return Err(format!("there is no such day as {text}"));
        }
        let years: u64 = (EPOCH..year).map(days_of_year).sum();
        let months: u64 = (1..month).map(|month| days_of_month(year, month)).sum();
        Ok(Day(years + months + day - 1))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_the_host_counts_seconds() {
        // As `date -u -d 2026-11-26 +%s` says, divided by 86,400.
        for (text, number) in
            [("2000-01-01", 10_957), ("2000-03-01", 11_017), ("2024-02-29", 19_782)]
        {
            assert_eq!(text.parse(), Ok(Day(number)));
            assert_eq!(Day(number).to_string(), text);
        }
        assert_eq!("2026-11-26".parse(), Ok(Day(20_783)));
        assert_eq!("9999-12-31".parse(), Ok(Day(2_932_896)));
    }

    #[test]
    fn every_day_of_four_hundred_years_is_the_one_after_the_one_before() {
        for number in 10_957..10_957 + 146_097 {
            assert_eq!(Day(number).to_string().parse(), Ok(Day(number)));
        }
    }

    #[test]
    fn what_is_no_day_says_so() {
        for text in ["", "2026-1-2", "26-11-2026", "1999-12-31", "2026/11/26", "2026-11-2é"] {
            assert!(text.parse::<Day>().is_err_and(|said| said.contains("2026-11-26")), "{text}");
        }
        for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2100-02-29"] {
            let said = text.parse::<Day>().expect_err("there is none");
            assert_eq!(said, format!("there is no such day as {text}"));
        }
    }
}
