//! Every refusal of the server: what was tried, and the exact answer, each with its source.
//!
//! The sources are: R for recorded traffic, D for first-party documentation or specification, U for
//! a user's report of a real reply, I for inferred by pattern, and ? for unknown and therefore a
//! switch.

use deadheat_model::api::{ApiError, Order, Page, Request, Response};
use deadheat_model::id::{AssistantId, Id, MessageId, RunId, TextId, ThreadId, ToolCallId};
use deadheat_model::server::{Assistant, Due, Effect, Outcome, Rules, Server};
use deadheat_model::thread::Role;
use deadheat_model::time::Span;

/// What has happened before the refused request.
#[derive(Clone, Copy, Debug)]
enum Given {
    /// A thread without messages.
    EmptyThread,
    /// A run is at work.
    Working,
    /// A run is queued.
    Queued,
    /// A run waits for two tool calls.
    RequiresAction,
    /// A run is being cancelled.
    Cancelling,
    Cancelled,
    Completed,
    Failed,
    Incomplete,
    Expired,
}

struct Row {
    given: Given,
    request: Request,
    status: u16,
    param: Option<&'static str>,
    code: Option<&'static str>,
    message: &'static str,
    source: &'static str,
}

fn rows() -> Vec<Row> {
    let (thread, run, assistant) = (ThreadId::at(0), RunId::at(0), AssistantId::at(0));
    let create_run = || Request::CreateRun { thread, assistant };
    let add = || Request::AddMessage { thread, role: Role::User, text: TextId(0) };
    let cancel = || Request::CancelRun { thread, run };
    let submit = |calls: &[usize]| {
        let calls = calls.iter().map(|call| ToolCallId::at(*call)).collect();
        Request::SubmitToolOutputs { thread, run, calls }
    };
    let limit = |limit| Request::ListRuns { thread, page: Page { limit, ..Page::default() } };
    let row = |given, request, message, source| Row {
        given,
        request,
        status: 400,
        param: None,
        code: None,
        message,
        source,
    };
    let missing = |request, message, source| Row {
        status: 404,
        ..row(Given::EmptyThread, request, message, source)
    };
    let other = ThreadId::at(6);
    vec![
        // The active-run rule, for everything that is active.
        row(
            Given::Working,
            create_run(),
            "Thread thread_1 already has an active run run_1.",
            "U: full JSON in TripSit/TripBot#939; glific/glific#3790",
        ),
        row(
            Given::Queued,
            create_run(),
            "Thread thread_1 already has an active run run_1.",
            "D: deep dive, locked while not in a terminal state",
        ),
        row(
            Given::RequiresAction,
            create_run(),
            "Thread thread_1 already has an active run run_1.",
            "U: openai-dotnet#87, #214",
        ),
        row(
            Given::Cancelling,
            create_run(),
            "Thread thread_1 already has an active run run_1.",
            "U: VRSEN/agency-swarm#251, #268",
        ),
        row(
            Given::Working,
            add(),
            "Can't add messages to thread_1 while a run run_1 is active.",
            "U: openai-python#1023 (full body); n8n-io/n8n#13378",
        ),
        row(
            Given::Queued,
            add(),
            "Can't add messages to thread_1 while a run run_1 is active.",
            "D: deep dive, locked while not in a terminal state",
        ),
        row(
            Given::RequiresAction,
            add(),
            "Can't add messages to thread_1 while a run run_1 is active.",
            "U: openai-dotnet#87",
        ),
        row(
            Given::Cancelling,
            add(),
            "Can't add messages to thread_1 while a run run_1 is active.",
            "U: VRSEN/agency-swarm#251",
        ),
        // Cancel.
        row(
            Given::Completed,
            cancel(),
            "Cannot cancel run with status 'completed'.",
            "U: reports in public logs",
        ),
        row(
            Given::Cancelled,
            cancel(),
            "Cannot cancel run with status 'cancelled'.",
            "U: reports in public logs; the same text on Azure",
        ),
        row(
            Given::Cancelling,
            cancel(),
            "Cannot cancel run with status 'cancelling'.",
            "U: a client that cancels twice after its timeout",
        ),
        row(Given::Failed, cancel(), "Cannot cancel run with status 'failed'.", "I: same pattern"),
        row(
            Given::Expired,
            cancel(),
            "Cannot cancel run with status 'expired'.",
            "I: same pattern",
        ),
        row(
            Given::Incomplete,
            cancel(),
            "Cannot cancel run with status 'incomplete'.",
            "I: same pattern",
        ),
        // Tool outputs.
        row(
            Given::Working,
            submit(&[0]),
            "Runs in status \"in_progress\" do not accept tool outputs.",
            "R: ruby-openai runs_submit_tool_outputs.yml",
        ),
        row(
            Given::Queued,
            submit(&[0]),
            "Runs in status \"queued\" do not accept tool outputs.",
            "U: reports",
        ),
        row(
            Given::Expired,
            submit(&[0]),
            "Runs in status \"expired\" do not accept tool outputs.",
            "U: reports",
        ),
        row(
            Given::Cancelled,
            submit(&[0]),
            "Runs in status \"cancelled\" do not accept tool outputs.",
            "U: reports",
        ),
        row(
            Given::RequiresAction,
            submit(&[0]),
            "Expected tool outputs for call_ids ['call_1', 'call_2'], got ['call_1']",
            "U: a report; no final period",
        ),
        row(
            Given::RequiresAction,
            submit(&[0, 1, 4]),
            "Expected tool outputs for call_ids ['call_1', 'call_2'], got ['call_1', 'call_2', 'call_5']",
            "?: switch unknown-tool-call; the wording by pattern",
        ),
        // Nothing to answer.
        Row {
            code: Some("invalid_thread"),
            ..row(
                Given::EmptyThread,
                Request::CreateRun { thread, assistant: AssistantId::at(1) },
                "Run creation requires a Thread with a user message or an assistant with instructions.",
                "R: ruby-openai",
            )
        },
        Row {
            code: Some("invalid_thread"),
            ..row(
                Given::EmptyThread,
                Request::CreateThreadAndRun { assistant: AssistantId::at(1), text: None },
                "Run creation requires a Thread with a user message or an assistant with instructions.",
                "R: ruby-openai, of create run; I: here",
            )
        },
        // Not found.
        missing(
            Request::RetrieveThread { thread: other },
            "No thread found with id 'thread_7'.",
            "U: bodies in glific and openai4j tests; Flowise#1200",
        ),
        missing(
            Request::AddMessage { thread: other, role: Role::User, text: TextId(0) },
            "No thread found with id 'thread_7'.",
            "U: the same",
        ),
        missing(
            Request::CreateRun { thread: other, assistant },
            "No thread found with id 'thread_7'.",
            "U: the same",
        ),
        missing(
            Request::ListRuns { thread: other, page: Page::default() },
            "No thread found with id 'thread_7'.",
            "U: the same",
        ),
        missing(
            Request::ListMessages { thread: other, run: None, page: Page::default() },
            "No thread found with id 'thread_7'.",
            "U: the same",
        ),
        missing(
            Request::CancelRun { thread: other, run },
            "No thread found with id 'thread_7'.",
            "U: the same",
        ),
        missing(
            Request::CreateRun { thread, assistant: AssistantId::at(8) },
            "No assistant found with id 'asst_9'.",
            "U: reports",
        ),
        missing(
            Request::CreateThreadAndRun { assistant: AssistantId::at(8), text: Some(TextId(0)) },
            "No assistant found with id 'asst_9'.",
            "U: reports",
        ),
        missing(
            Request::RetrieveRun { thread, run: RunId::at(8) },
            "No run found with id 'run_9'.",
            "I: by the pattern of threads, assistants and steps",
        ),
        missing(
            Request::CancelRun { thread, run: RunId::at(8) },
            "No run found with id 'run_9'.",
            "I: the same",
        ),
        missing(
            Request::SubmitToolOutputs { thread, run: RunId::at(8), calls: Box::default() },
            "No run found with id 'run_9'.",
            "I: the same",
        ),
        missing(
            Request::RetrieveMessage { thread, message: MessageId::at(8) },
            "No message found with id 'msg_9'.",
            "I: the same",
        ),
        missing(
            Request::ListRuns {
                thread,
                page: Page { after: Some(RunId::at(8)), ..Page::default() },
            },
            "No run found with id 'run_9'.",
            "?: switch unknown-cursor",
        ),
        missing(
            Request::ListMessages {
                thread,
                run: None,
                page: Page {
                    before: Some(MessageId::at(8)),
                    order: Order::OldestFirst,
                    ..Page::default()
                },
            },
            "No message found with id 'msg_9'.",
            "?: switch unknown-cursor",
        ),
        // Limits of lists.
        Row {
            param: Some("limit"),
            code: Some("integer_above_max_value"),
            ..row(
                Given::EmptyThread,
                limit(1000),
                "Invalid 'limit': integer above maximum value. \
                 Expected a value <= 100, but got 1000 instead.",
                "U: a report, of conversations",
            )
        },
        Row {
            param: Some("limit"),
            code: Some("integer_below_min_value"),
            ..row(
                Given::EmptyThread,
                limit(0),
                "Invalid 'limit': integer below minimum value. \
                 Expected a value >= 1, but got 0 instead.",
                "U: the twin of the one above",
            )
        },
    ]
}

/// Returns a server with a thread, and with its first run as `given` says.
fn server(given: Given) -> Server {
    let mut rules = Rules::default();
    if matches!(given, Given::Queued) {
        rules.queue_time = deadheat_model::time::Window::exactly(Span::from_ms(1));
    }
    let assistants =
        vec![Assistant { has_instructions: true }, Assistant { has_instructions: false }];
    let mut server = Server::new(rules, assistants);
    let (thread, run) = (ThreadId::at(0), RunId::at(0));
    let outcome = match given {
        Given::RequiresAction => Outcome::NeedsAction(2),
        Given::Failed => Outcome::Failed,
        Given::Incomplete => Outcome::Incomplete,
        _ => Outcome::Completed,
    };
    granted(&mut server, &Request::CreateThread, outcome);
    if matches!(given, Given::EmptyThread) {
        return server;
    }
    let assistant = AssistantId::at(0);
    granted(&mut server, &Request::CreateRun { thread, assistant }, outcome);
    let mut effects = Vec::new();
    match given {
        Given::EmptyThread | Given::Working | Given::Queued => {}
        Given::RequiresAction | Given::Completed | Given::Failed | Given::Incomplete => {
            server.fire(Due::RunEnds(run), &mut effects);
        }
        Given::Expired => server.fire(Due::RunExpires(run), &mut effects),
        Given::Cancelling => {
            granted(&mut server, &Request::CancelRun { thread, run }, outcome);
        }
        Given::Cancelled => {
            granted(&mut server, &Request::CancelRun { thread, run }, outcome);
            server.fire(Due::RunStops(run), &mut effects);
        }
    }
    server
}

fn granted(server: &mut Server, request: &Request, outcome: Outcome) -> Response {
    let mut effects: Vec<Effect> = Vec::new();
    server.handle(request, &mut || outcome.into(), &mut effects).unwrap()
}

#[test]
fn every_refusal_has_the_exact_words_of_the_real_server() {
    for row in rows() {
        let Row { given, request, source, .. } = &row;
        assert!(!source.is_empty());
        let mut effects = Vec::new();
        let answer =
            server(*given).handle(request, &mut || Outcome::Completed.into(), &mut effects);
        let error = answer.expect_err(&format!("{given:?} {request:?}"));
        let said = (error.status(), error.kind(), error.param(), error.code(), error.to_string());
        let expected =
            (row.status, "invalid_request_error", row.param, row.code, row.message.to_owned());
        assert_eq!(said, expected, "{given:?} {request:?}");
        assert!(effects.is_empty(), "a refusal changes nothing: {given:?} {request:?}");
    }
}

#[test]
fn every_kind_of_refusal_has_a_row() {
    let name = |error: &ApiError| {
        let text = format!("{error:?}");
        text.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()
    };
    let mut seen = std::collections::BTreeSet::new();
    for row in rows() {
        let mut effects = Vec::new();
        let mut server = server(row.given);
        let answer = server.handle(&row.request, &mut || Outcome::Completed.into(), &mut effects);
        seen.insert(name(&answer.unwrap_err()));
    }
    let all = [
        "CannotCancel",
        "InvalidThread",
        "LimitAboveMaximum",
        "LimitBelowMinimum",
        "MessageWhileRunActive",
        "NoAssistant",
        "NoMessage",
        "NoRun",
        "NoThread",
        "OutputsNotAccepted",
        "ThreadHasActiveRun",
        "WrongOutputs",
    ];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), all);
}

/// An answer that the server gives only because of a fault: the exact answer, and its source.
struct Failure {
    error: ApiError,
    status: u16,
    kind: &'static str,
    code: Option<&'static str>,
    message: &'static str,
    source: &'static str,
}

fn failures() -> Vec<Failure> {
    let rate_limited = |retry_after| Failure {
        error: ApiError::RateLimited { retry_after },
        status: 429,
        kind: "invalid_request_error",
        code: Some("rate_limit_exceeded"),
        message: "You've exceeded the rate limit, please slow down and try again later.",
        source: "U: community 1366574; the header `retry-after` is optional (D, spec \
                 `TooManyRequests`)",
    };
    vec![
        rate_limited(None),
        rate_limited(Some(Span::from_secs(7))),
        Failure {
            error: ApiError::Internal,
            status: 500,
            kind: "server_error",
            code: None,
            message: "The server had an error while processing your request. Sorry about that!",
            source: "U: reports",
        },
        Failure {
            error: ApiError::Overloaded,
            status: 503,
            kind: "service_unavailable_error",
            code: Some("server_is_overloaded"),
            message: "The engine is currently overloaded, please try again later.",
            source: "U: type and code from a report; I: the text, by the guide \"Error codes\"",
        },
    ]
}

#[test]
fn what_only_a_fault_makes_the_server_answer_has_its_exact_words() {
    for failure in failures() {
        let Failure { error, status, kind, code, message, source } = failure;
        assert!(!source.is_empty());
        let said = (error.status(), error.kind(), error.param(), error.code(), error.to_string());
        assert_eq!(said, (status, kind, None, code, message.to_owned()), "{error:?}");
        assert_eq!(error.active_run(), None, "{error:?} is not about the active-run rule");
    }
}

#[test]
fn the_server_fails_in_no_way_by_itself() {
    for row in rows() {
        let answer = server(row.given).handle(
            &row.request,
            &mut || Outcome::Completed.into(),
            &mut Vec::new(),
        );
        let error = answer.unwrap_err();
        let is_failure = failures().iter().any(|failure| failure.status == error.status());
        assert!(!is_failure, "{:?} {:?}: {error:?}", row.given, row.request);
    }
}
