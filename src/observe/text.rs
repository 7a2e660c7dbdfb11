//! Values in words: a serde serialiser that writes what a reader of a log needs, and little more.
//!
//! | value | text |
//! |---|---|
//! | struct | `{term:3 index:7}`, without braces when it is the whole text |
//! | enum | `Name`, `Name(value)`, `Name{term:3}`, without the outermost name if a word says it |
//! | newtype | the value |
//! | sequence, tuple, map | `[1 2]`, `(1 2)`, `{1:2}` |
//! | option, unit | the value or `-`, `()` |
//! | text | as it is where it is one plain word, else quoted as in Rust |
//!
//! There are no commas and, but for odd texts, no quotes, so that a cell of CSV takes it as it is.
//! `{:?}` of the same values took five times as long, and half as many bytes again.

use serde::ser::{self, Serialize};
use std::fmt::{self, Write};

/// Adds a value to a text. With `has_word` the name of an enum's variant is left out: a word that
/// stands elsewhere says it.
#[inline]
pub(super) fn tell<T: Serialize + ?Sized>(value: &T, has_word: bool, out: &mut String) {
    let place = if has_word { Place::Named } else { Place::Whole };
    if value.serialize(Teller { out: &mut *out, place }).is_err() {
        out.push_str("(its Serialize failed)");
    }
}

/// A number in decimal digits, which are ASCII, in a buffer that can be used again.
#[inline]
pub fn decimal(mut number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut first = digits.len();
    while number >= 100 {
        let pair = (number % 100) as u8;
        number /= 100;
        first -= 2;
        (digits[first], digits[first + 1]) = (b'0' + pair / 10, b'0' + pair % 10);
    }
    first -= 1;
    digits[first] = b'0' + (number % 10) as u8;
    if number >= 10 {
        first -= 1;
        digits[first] = b'0' + (number / 10) as u8;
    }
    &digits[first..]
}

#[inline]
pub(super) fn tell_number(number: u64, out: &mut String) {
    if number < 10 {
        out.push(char::from(b'0' + number as u8));
    } else {
        let mut digits = [0; 20];
        out.push_str(std::str::from_utf8(decimal(number, &mut digits)).expect("digits are ASCII"));
    }
}

/// A `Serialize` of a user's type gave an error of its own.
#[derive(Debug)]
struct Untold;

impl fmt::Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value failed to serialise")
    }
}

impl std::error::Error for Untold {}

impl ser::Error for Untold {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Untold
    }
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// It is the whole text, and the name of its variant is said elsewhere.
    Named,
    /// It is the whole text.
    Whole,
    /// It is a part of another.
    Inside,
}

struct Teller<'a> {
    out: &'a mut String,
    place: Place,
}

impl<'a> Teller<'a> {
    fn display(self, value: impl fmt::Display) -> Result<(), Untold> {
        write!(self.out, "{value}").map_err(|_| Untold)
    }

    #[inline]
    fn parts(self, open: &str, close: &'static str) -> Result<Parts<'a>, Untold> {
        self.out.push_str(open);
        Ok(Parts { out: self.out, is_first: true, close })
    }

    /// A variant: its name unless it is said elsewhere, and what holds its parts.
    #[inline]
    fn variant(self, name: &str, open: &str, close: &'static str) -> Result<Parts<'a>, Untold> {
        if self.place == Place::Named {
            return self.parts("", "");
        }
        self.out.push_str(name);
        self.parts(open, close)
    }
}

macro_rules! tell_numbers {
    ($($method:ident: $from:ty;)*) => {$(
        #[inline]
        fn $method(self, v: $from) -> Result<(), Untold> {
            tell_number(u64::from(v), self.out);
            Ok(())
        }
    )*};
}

macro_rules! tell_displayed {
    ($($method:ident: $from:ty;)*) => {$(
        fn $method(self, v: $from) -> Result<(), Untold> {
            self.display(v)
        }
    )*};
}

impl<'a> ser::Serializer for Teller<'a> {
    type Ok = ();
    type Error = Untold;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    tell_numbers! {
        serialize_u8: u8;
        serialize_u16: u16;
        serialize_u32: u32;
        serialize_u64: u64;
    }

    tell_displayed! {
        serialize_bool: bool;
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_i64: i64;
        serialize_i128: i128;
        serialize_u128: u128;
        serialize_f32: f32;
        serialize_f64: f64;
    }

    fn serialize_char(self, v: char) -> Result<(), Untold> {
        self.serialize_str(v.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, v: &str) -> Result<(), Untold> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
        if !matches!(v, "" | "-") && v.bytes().all(is_plain) {
            self.out.push_str(v);
            return Ok(());
        }
        write!(self.out, "{v:?}").map_err(|_| Untold)
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<(), Untold> {
        self.out.push_str("0x");
        v.iter().try_for_each(|byte| write!(self.out, "{byte:02x}")).map_err(|_| Untold)
    }

    fn serialize_none(self) -> Result<(), Untold> {
        self.out.push('-');
        Ok(())
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Untold> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Untold> {
        self.out.push_str("()");
        Ok(())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Untold> {
        self.out.push_str(name);
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Untold> {
        self.variant(variant, "", "").map(drop)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Untold> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Untold> {
        if self.place == Place::Named {
            return value.serialize(Teller { out: self.out, place: Place::Whole });
        }
        let mut parts = self.variant(variant, "(", ")")?;
        parts.value(value)?;
        parts.close()
    }

    #[inline]
    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a>, Untold> {
        self.parts("[", "]")
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Parts<'a>, Untold> {
        self.parts("(", ")")
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, Untold> {
        self.parts("(", ")")
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a>, Untold> {
        self.variant(variant, "(", ")")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'a>, Untold> {
        self.parts("{", "}")
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, Untold> {
        match self.place {
            Place::Named | Place::Whole => self.parts("", ""),
            Place::Inside => self.parts("{", "}"),
        }
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a>, Untold> {
        self.variant(variant, "{", "}")
    }
}

/// The parts of a value, separated by spaces.
struct Parts<'a> {
    out: &'a mut String,
    is_first: bool,
    close: &'static str,
}

impl Parts<'_> {
    #[inline]
    fn name(&mut self, name: &str) {
        self.space();
        self.out.push_str(name);
        self.out.push(':');
    }

    #[inline]
    fn space(&mut self) {
        if !std::mem::replace(&mut self.is_first, false) {
            self.out.push(' ');
        }
    }

    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Untold> {
        value.serialize(Teller { out: self.out, place: Place::Inside })
    }

    #[inline]
    fn close(self) -> Result<(), Untold> {
        self.out.push_str(self.close);
        Ok(())
    }
}

macro_rules! tell_items {
    ($($of:ident, $method:ident;)*) => {$(
        impl ser::$of for Parts<'_> {
            type Ok = ();
            type Error = Untold;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Untold> {
                self.space();
                self.value(value)
            }

            #[inline]
            fn end(self) -> Result<(), Untold> {
                self.close()
            }
        }
    )*};
}

macro_rules! tell_fields {
    ($($of:ident;)*) => {$(
        impl ser::$of for Parts<'_> {
            type Ok = ();
            type Error = Untold;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Untold> {
                self.name(name);
                self.value(value)
            }

            #[inline]
            fn end(self) -> Result<(), Untold> {
                self.close()
            }
        }
    )*};
}

tell_items! {
    SerializeSeq, serialize_element;
    SerializeTuple, serialize_element;
    SerializeTupleStruct, serialize_field;
    SerializeTupleVariant, serialize_field;
}

tell_fields! {
    SerializeStruct;
    SerializeStructVariant;
}

impl ser::SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Untold;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Untold> {
        self.space();
        self.value(key)?;
        self.out.push(':');
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Untold> {
        self.value(value)
    }

    fn end(self) -> Result<(), Untold> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    struct Point {
        x: i8,
        name: Option<&'static str>,
    }

    #[derive(Serialize)]
    struct Meters(u64);

    #[derive(Serialize)]
    enum Shape {
        Nothing,
        Line(Meters),
        Corner { at: Point, next: Box<Shape> },
        Pair(u8, bool),
    }

    fn told<T: Serialize>(value: &T, has_word: bool) -> String {
        let mut text = String::new();
        tell(value, has_word, &mut text);
        text
    }

    fn corner() -> Shape {
        let at = Point { x: -2, name: Some("a b") };
        Shape::Corner { at, next: Box::new(Shape::Line(Meters(7))) }
    }

    #[test]
    fn numbers_are_written_as_std_writes_them() {
        for shift in 0..64 {
            for number in [1u64 << shift, (1 << shift) - 1, u64::MAX >> shift] {
                assert_eq!(decimal(number, &mut [0; 20]), number.to_string().as_bytes());
                assert_eq!(told(&number, false), number.to_string());
            }
        }
    }

    #[test]
    fn the_word_stands_for_the_outermost_name_alone() {
        assert_eq!(told(&corner(), false), "Corner{at:{x:-2 name:\"a b\"} next:Line(7)}");
        assert_eq!(told(&corner(), true), "at:{x:-2 name:\"a b\"} next:Line(7)");
        assert_eq!(told(&Shape::Nothing, false) + &told(&Shape::Nothing, true), "Nothing");
        assert_eq!(told(&Shape::Line(Meters(7)), true), "7");
        assert_eq!(told(&Shape::Pair(1, true), false), "Pair(1 true)");
        assert_eq!(told(&Shape::Pair(1, true), true), "1 true");
    }

    #[test]
    fn every_kind_of_value_has_its_text() {
        assert_eq!(told(&Point { x: 1, name: None }, false), "x:1 name:-");
        assert_eq!(told(&[Some(1), None], false), "(1 -)");
        let odd = vec!["plain-word", "", "a,b", "\n"];
        assert_eq!(told(&odd, false), r#"[plain-word "" "a,b" "\n"]"#);
        assert_eq!(told(&BTreeMap::from([(1, 'x'), (2, ' ')]), false), r#"{1:x 2:" "}"#);
        assert_eq!(told(&((), 1.5, i128::MIN), false), format!("(() 1.5 {})", i128::MIN));
    }

    #[test]
    fn values_that_differ_have_texts_that_differ() {
        let odd = ["a", "a b", "a\" \"b", "-", "", "\"\""];
        let some = odd.into_iter().map(Some).chain([None]);
        let mut texts: Vec<String> = some.map(|text| told(&text, false)).collect();
        texts.push(told(&vec!["a", "b"], false));
        texts.push(told(&vec!["a b"], false));
        let count = texts.len();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), count, "{texts:?}");
    }

    #[test]
    fn a_type_that_cannot_be_serialised_says_so() {
        struct Broken;
        impl Serialize for Broken {
            fn serialize<S: ser::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(ser::Error::custom("no"))
            }
        }
        assert_eq!(told(&Broken, false), "(its Serialize failed)");
    }
}
