//! The canonical encoding under the fingerprint: a serde serialiser that folds and stores nothing.
//!
//! | value | words folded |
//! |---|---|
//! | bool, integers up to 64 bits | the value, sign-extended |
//! | 128-bit integers | low half, high half |
//! | char | its scalar value |
//! | str, bytes | the length, then eight bytes a word, little-endian, padded with zeros |
//! | unit, unit struct | nothing |
//! | option | 0, or 1 and the value |
//! | newtype struct | the value |
//! | struct, tuple | its fields in order |
//! | enum | the variant's index, then its fields |
//! | sequence | the number of its items, then the items |
//! | float, map, sequence of unknown length | refused |
//!
//! The words of a value of one type are never the beginning of those of another value of that type,
//! so two values side by side cannot be mistaken for two others.

use super::Fingerprint;
use serde::ser::{self, Serialize};
use std::fmt;

/// Why a value cannot be fingerprinted.
#[derive(Debug)]
pub(super) struct Refusal(String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

impl ser::Error for Refusal {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Refusal(format!("a fingerprinted value failed to serialise: {message}"))
    }
}

fn refuse<T>(what: &str, instead: &str) -> Result<T, Refusal> {
    Err(Refusal(format!("a {what} cannot be part of a fingerprinted value; use {instead}")))
}

pub(super) struct Folder<'a>(pub(super) &'a mut Fingerprint);

macro_rules! fold_integers {
    ($($method:ident: $from:ty as $via:ty;)*) => {$(
        #[inline]
        fn $method(self, v: $from) -> Result<(), Refusal> {
            self.0.fold(v as $via as u64);
            Ok(())
        }
    )*};
}

impl<'a> ser::Serializer for Folder<'a> {
    type Ok = ();
    type Error = Refusal;
    type SerializeSeq = Fields<'a>;
    type SerializeTuple = Fields<'a>;
    type SerializeTupleStruct = Fields<'a>;
    type SerializeTupleVariant = Fields<'a>;
    type SerializeMap = ser::Impossible<(), Refusal>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Fields<'a>;

    fold_integers! {
        serialize_bool: bool as u64;
        serialize_i8: i8 as i64;
        serialize_i16: i16 as i64;
        serialize_i32: i32 as i64;
        serialize_i64: i64 as i64;
        serialize_u8: u8 as u64;
        serialize_u16: u16 as u64;
        serialize_u32: u32 as u64;
        serialize_u64: u64 as u64;
        serialize_char: char as u32;
    }

    fn serialize_u128(self, v: u128) -> Result<(), Refusal> {
        self.0.fold(v as u64);
        self.0.fold((v >> 64) as u64);
        Ok(())
    }

    fn serialize_i128(self, v: i128) -> Result<(), Refusal> {
        self.serialize_u128(v as u128)
    }

    fn serialize_f32(self, _: f32) -> Result<(), Refusal> {
        refuse("float", "an integer with a unit, such as parts per million")
    }

    fn serialize_f64(self, _: f64) -> Result<(), Refusal> {
        refuse("float", "an integer with a unit, such as parts per million")
    }

    fn serialize_str(self, v: &str) -> Result<(), Refusal> {
        self.serialize_bytes(v.as_bytes())
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<(), Refusal> {
        self.0.fold(v.len() as u64);
        for chunk in v.chunks(8) {
            let mut word = [0u8; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0.fold(u64::from_le_bytes(word));
        }
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Refusal> {
        self.0.fold(0);
        Ok(())
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refusal> {
        self.0.fold(1);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Refusal> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Refusal> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
    ) -> Result<(), Refusal> {
        self.0.fold(u64::from(index));
        Ok(())
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refusal> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refusal> {
        self.0.fold(u64::from(index));
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Fields<'a>, Refusal> {
        let Some(len) = len else {
            return refuse("sequence of unknown length", "a vector or a slice");
        };
        self.0.fold(len as u64);
        Ok(Fields(self.0))
    }

    fn serialize_tuple(self, _: usize) -> Result<Fields<'a>, Refusal> {
        Ok(Fields(self.0))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, Refusal> {
        Ok(Fields(self.0))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Fields<'a>, Refusal> {
        self.0.fold(u64::from(index));
        Ok(Fields(self.0))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Refusal> {
        refuse("map", "a sequence of pairs in an order that you define")
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, Refusal> {
        Ok(Fields(self.0))
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Fields<'a>, Refusal> {
        self.0.fold(u64::from(index));
        Ok(Fields(self.0))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The parts of anything whose number of parts its type fixes or was folded before them.
pub(super) struct Fields<'a>(&'a mut Fingerprint);

macro_rules! fold_fields {
    ($($of:ident, $method:ident, ($($name:ty)?);)*) => {$(
        impl ser::$of for Fields<'_> {
            type Ok = ();
            type Error = Refusal;

            #[inline]
            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $(_: $name,)?
                value: &T,
            ) -> Result<(), Refusal> {
                value.serialize(Folder(self.0))
            }

            #[inline]
            fn end(self) -> Result<(), Refusal> {
                Ok(())
            }
        }
    )*};
}

fold_fields! {
    SerializeSeq, serialize_element, ();
    SerializeTuple, serialize_element, ();
    SerializeTupleStruct, serialize_field, ();
    SerializeTupleVariant, serialize_field, ();
    SerializeStruct, serialize_field, (&'static str);
    SerializeStructVariant, serialize_field, (&'static str);
}
