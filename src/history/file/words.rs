//! The words of each model: what may stand under `f` and `value`, and what it means.

use super::Value;
use crate::history::{LockCall, LockReply, RegisterCall, RegisterReply};

/// How the words of a file become the calls and replies of a model.
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary<C, R> {
    /// What may stand under `f`, for error messages.
    pub functions: &'static str,
    /// Whether each operation must name its key.
    pub needs_key: bool,
    /// The call that `f` and `value` ask for, or why there is none.
    pub call: fn(&str, &Value) -> Result<C, String>,
    /// The reply to a call that `value` tells, or why there is none.
    pub reply: fn(&C, &Value) -> Result<R, String>,
}

/// The vocabulary of registers.
type Registers = Vocabulary<RegisterCall<String>, RegisterReply<String>>;
/// The vocabulary of locks.
type Locks = Vocabulary<LockCall, LockReply>;

/// A register: `read`, `write`.
pub const REGISTER: Registers = Vocabulary {
    functions: "`f` of a register is read or write (there is cas in the model `cas`)",
    needs_key: false,
    call: |function, value| match function {
        "read" | "write" => register_call(function, value),
        _ => Err(not_known(function, REGISTER.functions)),
    },
    reply: register_reply,
};

/// A register that compares and swaps: `read`, `write`, `cas`.
pub const CAS: Registers = Vocabulary {
    functions: "`f` of a cas register is read, write or cas",
    needs_key: false,
    call: |function, value| match function {
        "read" | "write" | "cas" => register_call(function, value),
        _ => Err(not_known(function, CAS.functions)),
    },
    reply: register_reply,
};

/// A register a key: `read` or `get`, `write` or `put`, `cas`, `delete`.
pub const KEY_VALUE: Registers = Vocabulary {
    functions: "`f` of a key-value store is read or get, write or put, cas, or delete",
    needs_key: true,
    call: |function, value| match function {
        "get" => register_call("read", value),
        "put" => register_call("write", value),
        _ => register_call(function, value),
    },
    reply: register_reply,
};

/// A mutex: `acquire`, `release`.
pub const LOCK: Locks = Vocabulary {
    functions: "`f` of a lock is acquire or release",
    needs_key: false,
    call: lock_call,
    reply: |_, _| Ok(LockReply::Done),
};

/// A mutex with tokens: `acquire`, whose ok has the token as its value, and `release`.
pub const FENCED_LOCK: Locks = Vocabulary {
    functions: LOCK.functions,
    needs_key: false,
    call: lock_call,
    reply: |call, value| match (call, value) {
        (LockCall::Release, _) => Ok(LockReply::Done),
        (LockCall::Acquire, Value::Text(text)) => {
            let token = text.parse();
            token
                .map(LockReply::Token)
                .map_err(|_| format!("the token `{text}` is no number from 0"))
        }
        (LockCall::Acquire, _) => Err("an acquire that is ok has its token as its `value`".into()),
    },
};

fn not_known(function: &str, functions: &str) -> String {
    format!("`{function}` is unknown: {functions}")
}

fn register_call(function: &str, value: &Value) -> Result<RegisterCall<String>, String> {
    match (function, value) {
        ("read", _) => Ok(RegisterCall::Read),
        ("delete", _) => Ok(RegisterCall::Delete),
        ("write", Value::Text(value)) => Ok(RegisterCall::Write(value.clone())),
        ("write", _) => Err("a write has the `value` that it writes: a text or a number".into()),
        ("cas", Value::Pair(expected, new)) => {
            let (expected, new) = (expected.clone(), new.clone());
            Ok(RegisterCall::CompareAndSwap { expected, new })
        }
        ("cas", _) => Err("a cas has a pair as its `value`: [expected, new]".into()),
        (function, _) => Err(not_known(function, KEY_VALUE.functions)),
    }
}

fn register_reply(
    call: &RegisterCall<String>,
    value: &Value,
) -> Result<RegisterReply<String>, String> {
    let swaps = matches!(call, RegisterCall::CompareAndSwap { .. });
    match (call, value) {
        (RegisterCall::Read, Value::Text(text)) => Ok(RegisterReply::Value(Some(text.clone()))),
        (RegisterCall::Read, Value::Nothing) => Ok(RegisterReply::Value(None)),
        (RegisterCall::Read, _) => {
            Err("a read that is ok has the `value` that it read; null if nothing was there".into())
        }
        (_, Value::Text(text)) if swaps && text == "false" => Ok(RegisterReply::Differs),
        _ => Ok(RegisterReply::Done),
    }
}

fn lock_call(function: &str, _: &Value) -> Result<LockCall, String> {
    match function {
        "acquire" => Ok(LockCall::Acquire),
        "release" => Ok(LockCall::Release),
        _ => Err(not_known(function, LOCK.functions)),
    }
}
