//! `linearize`: what a recorded history comes to, and what is wrong with its file.

use super::{folder, obey, obey_with};

/// 1 is read after it was overwritten.
const STALE: &str = r#"{"process": 0, "type": "invoke", "f": "write", "value": 1}
{"process": 0, "type": "ok", "f": "write", "value": 1}
{"process": 1, "type": "invoke", "f": "write", "value": 2}
{"process": 2, "type": "invoke", "f": "read", "value": null}
{"process": 1, "type": "ok", "f": "write", "value": 2}
{"process": 2, "type": "ok", "f": "read", "value": 2}
{"process": 2, "type": "invoke", "f": "read"}
{"process": 2, "type": "ok", "f": "read", "value": 1}
"#;

#[test]
fn a_stale_read_is_1_and_tells_what_cannot_follow() {
    let came = obey_with(&std::env::temp_dir(), "linearize - --model register", STALE);
    assert_eq!(came.exit, 1, "{}", came.err);
    let told = "\
<stdin>: 4 operations of 3 clients: not linearizable
  the longest order that explains the answers has 3 operations
    lines 1-2          0: write 1 -> ok
    lines 3-5          1: write 2 -> ok
    lines 4-6          2: read -> 2
  then the state is Some(\"2\"), and none of these can follow
    lines 7-8          2: read -> 1
";
    assert_eq!(came.out, told);
    let came = obey_with(&std::env::temp_dir(), "linearize - --model cas --json", STALE);
    let json: serde_json::Value = serde_json::from_str(&came.out).expect("a JSON line");
    assert_eq!((&json["answer"], &json["cannot_follow"][0]["line"]), (&"broken".into(), &7.into()));
}

#[test]
fn what_holds_is_0_also_as_csv_and_by_key() {
    let csv = "time,process,type,f,key,value\n0,a,invoke,put,x,1\n5,b,invoke,get,y,\n\
        7,a,ok,,,\n9,b,ok,,,\n9,a,invoke,cas,x,\"[1, 2]\"\n10,a,ok,,,\n11,b,invoke,get,x,\n\
        12,b,ok,,,2\n";
    let files = folder(&[("h.csv", csv), ("stale.jsonl", STALE)]);
    let came = obey(files.path(), "linearize h.csv --model key-value");
    assert_eq!(came.exit, 0, "{}{}", came.out, came.err);
    assert_eq!(came.out, "h.csv: 4 operations of 2 clients: linearizable\n");
    let wrong = csv.replace(",b,ok,,,2", ",b,ok,,,1");
    let came = obey_with(files.path(), "linearize - --format csv --model key-value", &wrong);
    assert!(came.exit == 1 && came.out.contains("key x: the longest"), "{}", came.out);
}

#[test]
fn a_lock_held_twice_and_a_token_that_goes_back_are_1() {
    let held = "process,type,f,value\n0,invoke,acquire,\n0,ok,acquire,7\n1,invoke,acquire,\n\
        1,ok,acquire,8\n";
    let lock = |model: &str, text: &str| {
        let line = format!("linearize - --format csv --model {model}");
        obey_with(&std::env::temp_dir(), &line, text).exit
    };
    assert_eq!((lock("lock", held), lock("fenced-lock", held)), (1, 1));
    let released = held.replace("1,invoke", "0,invoke,release,\n0,ok,release,\n1,invoke");
    assert_eq!((lock("lock", &released), lock("fenced-lock", &released)), (0, 0));
    let back = released.replace("acquire,8", "acquire,6");
    assert_eq!((lock("lock", &back), lock("fenced-lock", &back)), (0, 1));
}

#[test]
fn a_budget_that_is_used_up_is_3_and_a_history_without_any_answer_is_4() {
    let mut text = String::new();
    for process in 0..20 {
        text += &format!("{{\"process\":{process},\"type\":\"invoke\",\"f\":\"write\",");
        text += &format!("\"value\":{process}}}\n");
    }
    text += "{\"process\":99,\"type\":\"invoke\",\"f\":\"read\"}\n";
    text += "{\"process\":99,\"type\":\"ok\",\"value\":1000}\n";
    let line = "linearize - --model register --budget 1000";
    let came = obey_with(&std::env::temp_dir(), line, &text);
    assert_eq!(came.exit, 3, "{}", came.err);
    assert!(came.out.contains("after 1001 configurations 1 operations"), "{}", came.out);
    assert_eq!(obey_with(&std::env::temp_dir(), line, "\n").exit, 4);
    let unknown = "\u{feff}{\"process\":1,\"type\":\"invoke\",\"f\":\"write\",\"value\":1}\n\
        {\"process\":1,\"type\":\"info\"}\n";
    let came = obey_with(&std::env::temp_dir(), line, unknown);
    assert!(came.exit == 4 && came.err.contains("known to have happened"), "{}", came.err);
}

#[test]
fn a_mistake_in_the_file_is_2_with_its_line_and_a_cure() {
    let first = "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n";
    let mistakes = [
        ("{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}", "end that one first"),
        ("{\"process\":1,\"type\":\"ok\"}", "no open operation"),
        ("{\"process\":0,\"type\":\"ok\"}", "null if nothing was there"),
        ("{\"process\":0,\"type\":\"ok\",\"vlaue\":1}", "`vlaue` is no column"),
        ("{\"process\":0,\"type\":\"okay\"}", "invoke, ok, fail, info"),
        ("{\"process\":0,\"type\":\"ok\",\"f\":\"write\",\"value\":1}", "line 1 invoked a read"),
        ("{\"process\":1,\"type\":\"invoke\",\"f\":\"cas\",\"value\":[1,2]}", "model `cas`"),
        ("{\"process\":1,\"type\":\"invoke\",\"f\":\"write\"}", "a write has the `value`"),
        ("{\"process\":0,\"type\":\"info\",\"time\":3}", "or none has"),
        // Rounded, it would be the same number as its neighbour.
        ("{\"process\":0,\"type\":\"ok\",\"value\":18446744073709551617}", "in quotes"),
        ("{\"process\":0,", "no JSON"),
        ("{\"process\":0,\"type\":\"ok\",\"value\":1,\"value\":2}", "`value` is there twice"),
        ("[1]", "not a JSON object"),
    ];
    for (mistake, cure) in mistakes {
        let text = format!("{first}{mistake}\n");
        let came = obey_with(&std::env::temp_dir(), "linearize - --model register", &text);
        assert!(came.exit == 2 && came.out.is_empty(), "{mistake}: {}", came.out);
        assert!(came.err.contains("<stdin>:2: ") && came.err.contains(cure), "{}", came.err);
    }
    let other = "{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":1}\n\
        {\"process\":0,\"type\":\"ok\",\"f\":\"write\",\"value\":2}\n";
    let came = obey_with(&std::env::temp_dir(), "linearize - --model register", other);
    let said = "this ends a write of 2, but line 1 invoked a write of 1";
    assert!(came.exit == 2 && came.err.contains(said), "{}", came.err);
    let csv = "process,type,f,value,time\n0,invoke,write,1,9\n0,ok,write,1,8\n";
    let line = "linearize - --format csv --model register";
    let came = obey_with(&std::env::temp_dir(), line, csv);
    assert!(came.err.contains("<stdin>:3: process 0: time goes back from 9 to 8"), "{}", came.err);
}

#[test]
fn what_one_client_may_count_on_is_judged_by_itself() {
    let lost = "process,type,f,value\n0,invoke,write,3\n0,ok,,\n0,invoke,read,\n0,ok,,\n";
    let judged = |words: &str, text: &str| {
        let line = format!("linearize - --format csv {words}");
        obey_with(&std::env::temp_dir(), &line, text)
    };
    let came = judged("--model register --guarantee read-your-writes", lost);
    assert_eq!(came.exit, 1, "{}", came.err);
    assert!(came.out.contains("not read your writes\n  these contradict one another\n"));
    assert!(
        came.out.contains("0: read -> nothing") || came.out.contains("0: read"),
        "{}",
        came.out
    );
    assert_eq!(judged("--model register --guarantee monotonic-reads", lost).exit, 0);
    assert_eq!(judged("--model key-value --guarantee causal", lost).exit, 2, "it needs keys");
    assert_eq!(judged("--model register --guarantee causal --json", lost).exit, 1);
    let came = judged("--model lock --guarantee causal", lost);
    assert!(came.exit == 2 && came.err.contains("a lock has none"), "{}", came.err);
    let twice = lost.replace("0,invoke,read,\n", "0,invoke,write,3\n");
    let came = judged("--model register --guarantee causal", &twice);
    assert!(came.exit == 2 && came.err.contains(":4: this value was written"), "{}", came.err);
}
