//! Pages, pictures and diagrams: they load nothing, show the figures of the JSON, and turn nobody's
//! input into markup.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::util::{Ran, deadheat, folder, program, ran, root, source};

fn run(folder: &Path, args: &[&str]) -> Ran {
    ran(program().current_dir(folder).args(args))
}

fn with_scenario(test: &str, name: &str, text: &str) -> std::path::PathBuf {
    let folder = folder(test);
    fs::create_dir_all(folder.join("scenarios")).unwrap();
    fs::write(folder.join(format!("scenarios/{name}.toml")), text).unwrap();
    folder
}

/// Reads a document as XML, and returns the texts in it.
fn texts(xml: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut texts = Vec::new();
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error}: {xml}")) {
            quick_xml::events::Event::Eof => return texts,
            quick_xml::events::Event::Text(text) => {
                texts.push(String::from_utf8_lossy(&text).into_owned());
            }
            _ => {}
        }
    }
}

/// Returns the JSON that a page carries.
fn data(page: &str) -> Value {
    let begin = "id=\"deadheat-data\">";
    let at = page.find(begin).unwrap() + begin.len();
    let end = at + page[at..].find("</script>").unwrap();
    serde_json::from_str(&page[at..end]).unwrap()
}

#[test]
fn a_page_is_one_file_that_loads_nothing_and_shows_the_figures_of_its_data() {
    let folder = with_scenario("page", "double-click", &source("double-click"));
    let args = ["explain", "double-click", "--seed", "6", "--trials", "100", "--html", "page.html"];
    assert_eq!(run(&folder, &args).code, 0);
    let page = fs::read_to_string(folder.join("page.html")).unwrap();
    assert!(page.len() < 200_000, "{} bytes", page.len());
    for loads in ["http://", "https://", "src=", "<link", "@import", "url(\"", "fetch("] {
        assert!(!page.contains(loads), "{loads}");
    }
    let data = data(&page);
    let json =
        run(&folder, &["explain", "double-click", "--seed", "6", "--trials", "100", "--json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    for field in ["race", "inevitable", "guards", "trial", "nearest", "orders"] {
        assert_eq!(data[field], json[field], "{field}");
    }
    for row in json["inevitable"]["by_picks_kept"].as_array().unwrap() {
        let (failing, trials) = (&row["failing"], &row["trials"]);
        assert!(page.contains(&format!("{failing} of {trials} trials fail like this")), "{row}");
    }
    // Each event of the race is a disc in the sentence, in the picture and in the table.
    for number in 1..=3 {
        let disc = format!("<span class=\"n\">{number}</span>");
        assert_eq!(page.matches(&disc).count(), 2, "{number}");
        assert!(page.contains(&format!("text-anchor=\"middle\">{number}</text>")), "{number}");
    }
    for event in json["trial"]["events"].as_array().unwrap() {
        if let Some(what) = event["what"].as_str() {
            let escaped = what.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            assert!(page.contains(&escaped), "{what}");
        }
    }
}

#[test]
fn a_picture_is_xml_and_the_readme_has_the_one_of_the_double_click() {
    let folder = with_scenario("svg", "double-click", &source("double-click"));
    let args = ["explain", "double-click", "--seed", "6", "--svg", "it.svg"];
    assert_eq!(run(&folder, &args).code, 0);
    let svg = fs::read_to_string(folder.join("it.svg")).unwrap();
    let texts = texts(&svg);
    for text in ["generate#2.1", "creates run_1", "create_run refused", "run_1 until 12.997 s"] {
        assert!(texts.iter().any(|one| one == text), "{text}: {texts:?}");
    }
    let path = root().join("sim/double-click.svg");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        fs::write(&path, &svg).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), svg, "INSTA_UPDATE=always writes it anew");
}

#[test]
fn nothing_of_a_scenario_becomes_markup() {
    const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\\\"'`|#;";
    const PROCESS: &str = "[[process]]\nname = \"extra\"\ndocument = 7\ndo = [\n  { lock = { \
                           key = \"HOSTILE\", do = [\"load_document\", { add_message = \
                           \"HOSTILE\" }] } },\n]\n\n";
    let text = source("double-click")
        .replace("A user clicks Generate twice", HOSTILE)
        .replace("Write the document", HOSTILE)
        .replace("[expect] ", &format!("{PROCESS}[expect] "))
        .replace("HOSTILE", HOSTILE);
    let folder = with_scenario("hostile", "hostile", &text);
    let args = [
        "explain",
        "hostile",
        "--seed",
        "6",
        "--trials",
        "60",
        "--html",
        "it.html",
        "--svg",
        "it.svg",
        "--mermaid",
        "it.mmd",
        "--perfetto",
        "it.json",
        "--format",
        "markdown",
    ];
    let explained = run(&folder, &args);
    assert_eq!(explained.code, 0, "{}", explained.stderr);
    let args = ["replay", "hostile", "--seed", "6", "--html", "trial.html"];
    run(&folder, &args);
    run(&folder, &["run", "hostile", "--trials", "50", "--html", "pages"]);
    run(&folder, &["compare", "hostile", "--trials", "20", "--html", "compared.html"]);
    for name in ["it.html", "it.svg", "trial.html", "pages/index.html", "compared.html"] {
        let page = fs::read_to_string(folder.join(name)).unwrap();
        assert!(!page.contains("<script>alert"), "{name}");
        assert!(!page.contains("<img"), "{name}");
        let scripts = page.matches("<script").count();
        assert!(scripts <= 2 && scripts == page.matches("</script").count(), "{name}");
    }
    texts(&fs::read_to_string(folder.join("it.svg")).unwrap());
    let mermaid = fs::read_to_string(folder.join("it.mmd")).unwrap();
    assert!(!mermaid.contains('<') && !mermaid.contains("script>"), "{mermaid}");
    let outside = explained.stdout.split("```").step_by(2).collect::<String>();
    assert!(!outside.replace("\\<", "").contains('<'), "{outside}");
    let trace: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("it.json")).unwrap()).unwrap();
    assert!(trace["traceEvents"].as_array().unwrap().len() > 10);
}

#[test]
fn a_trace_has_a_track_for_each_actor_and_a_flow_to_each_refusal() {
    let folder = with_scenario("trace", "double-click", &source("double-click"));
    let args = ["replay", "double-click", "--seed", "6", "--perfetto", "it.json"];
    run(&folder, &args);
    let trace: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("it.json")).unwrap()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let of = |phase: &str| events.iter().filter(|event| event["ph"] == phase).collect::<Vec<_>>();
    let tracks = of("M").into_iter().filter(|event| event["name"] == "thread_name");
    let tracks: Vec<&str> = tracks.map(|event| event["args"]["name"].as_str().unwrap()).collect();
    assert_eq!(tracks, ["browser", "generate#1.1", "generate#2.1", "thread_1"]);
    // Perfetto takes tracks of one number for one track, and drops what overlaps there.
    let numbers: BTreeSet<u64> =
        events.iter().filter_map(|event| event["tid"].as_u64()).filter(|tid| *tid > 0).collect();
    assert_eq!(numbers.len(), tracks.len());
    let (starts, ends) = (of("s"), of("f"));
    assert_eq!((starts.len(), ends.len()), (1, 1));
    assert_eq!(starts[0]["id"], ends[0]["id"]);
    assert!(starts[0]["ts"].as_u64() < ends[0]["ts"].as_u64());
    let run = of("X").into_iter().find(|event| event["name"] == "run_1").unwrap();
    assert_eq!(run["args"]["creator"], "generate#1.1");
}

#[test]
fn a_long_trial_is_folded_and_says_so() {
    let folder = with_scenario("long-page", "stress-test", &source("stress-test"));
    let args = [
        "replay",
        "stress-test",
        "--set",
        "workers=60",
        "--set",
        "iterations=60",
        "--seed",
        "1",
        "--html",
        "it.html",
    ];
    let ran = run(&folder, &args);
    assert!(ran.code <= 1, "{}", ran.stderr);
    let page = fs::read_to_string(folder.join("it.html")).unwrap();
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    for said in ["actors are not drawn", "marks are drawn", "events are folded here", "left out"] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn a_run_writes_its_pages_and_says_what_is_new() {
    let text = source("double-click").replacen("  \"no-rejected-call\",\n", "", 1);
    let folder = with_scenario("run-pages", "double-click", &text);
    let args = ["run", "double-click", "--trials", "100", "--html", "pages"];
    assert_eq!(run(&folder, &args).code, 1);
    let index = || fs::read_to_string(folder.join("pages/index.html")).unwrap();
    let page = index();
    assert!(page.contains("1 setting is not as expected."), "{page}");
    assert!(!page.contains("Since the last run here"));
    let linked: Vec<&str> = page.split("href=\"finding-").skip(1).collect();
    assert!(!linked.is_empty());
    for link in linked {
        let name = format!("finding-{}", link.split('"').next().unwrap());
        assert!(folder.join("pages").join(&name).exists(), "{name}");
    }
    run(&folder, &args);
    assert!(index().contains("the same ways of breaking as in the last run"));
    let later = text.replace("80ms..400ms", "3s..4s");
    fs::write(folder.join("scenarios/double-click.toml"), later).unwrap();
    run(&folder, &args);
    assert!(index().contains("gone from double-click:"), "{}", index());
    assert!(index().contains("ways of breaking in the last 3 runs here"), "{}", index());
    assert!(index().contains("<td class=\"num\">never</td>"), "{}", index());
}

#[test]
fn a_page_that_cannot_be_written_is_told() {
    for option in ["--html", "--svg", "--mermaid", "--perfetto"] {
        let ran = deadheat(&["replay", "double-click", "--seed", "6", option, "/proc/nothing/it"]);
        assert_eq!(ran.code, 74, "{option}");
        assert!(ran.stderr.contains("could not write `/proc/nothing/it`"), "{}", ran.stderr);
    }
}

/// Where there is no browser, the test says so and passes: CI has one.
#[test]
fn the_script_of_a_page_runs_in_a_browser() {
    let found = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    });
    let Some(browser) = found else {
        let said = "there is no Chromium here: the page was not opened\n";
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        return;
    };
    let folder = with_scenario("browser", "double-click", &source("double-click"));
    let args = ["explain", "double-click", "--seed", "6", "--trials", "60", "--html", "page.html"];
    assert_eq!(run(&folder, &args).code, 0);
    // A script of the test moves the slider, unchecks an actor and asks for the violation.
    let path = folder.join("page.html");
    let page = fs::read_to_string(&path).unwrap();
    let drive = "<script>addEventListener('load', () => {
        const slider = document.querySelector('[data-slider]');
        slider.value = 3; slider.dispatchEvent(new Event('input'));
        document.title = document.querySelector('output').textContent;
        const off = document.querySelectorAll('#lanes svg.mark.off').length;
        const box = document.querySelector('[data-actor=\"browser\"]');
        box.checked = false; box.dispatchEvent(new Event('change'));
        const hidden = document.querySelectorAll('.ladder tr[hidden]').length;
        const first = document.querySelector('#lanes svg.mark a[tabindex=\"0\"]');
        first.focus();
        const key = (key) => document.activeElement.dispatchEvent(
            new KeyboardEvent('keydown', { key, bubbles: true }));
        key('v');
        const at = document.activeElement.getAttribute('aria-label');
        document.body.dataset.seen = `${off} off, ${hidden} hidden, at ${at}`;
    })</script></body>";
    fs::write(&path, page.replace("</body>", drive)).unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let title = dom.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
    assert!(title.starts_with("The first 3 picks are kept, up to generate#1.1/starts"), "{title}");
    let seen = dom.split("data-seen=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(seen.contains("at 0.271 s, generate#2.1: adds msg_2"), "{seen}");
    let number = |name: &str| -> u32 {
        let words: Vec<&str> = seen.split([' ', ',']).collect();
        words[words.iter().position(|word| *word == name).unwrap() - 1].parse().unwrap()
    };
    assert!(number("off") > 3 && number("hidden") >= 3, "{seen}");
}

#[test]
fn a_trial_can_be_taken_another_way_by_hand() {
    let at = |more: &[&str]| {
        let args = ["replay", "double-click", "--seed", "6", "--until", "11", "--json"];
        let ran = deadheat(&[&args, more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    // After the second look, everything depends on what comes first: the message, or the run.
    let branch = at(&[]);
    let choices = branch["choices"].as_array().unwrap();
    let found = |name: &str| choices.iter().find(|one| one["name"] == name).unwrap();
    let (run, message) =
        (found("generate#1.1/create_run#1/arrives"), found("generate#2.1/add_message#1/arrives"));
    assert_eq!(branch["property"], "no-rejected-call");
    assert_eq!(message["is_taken"], true);
    // Either of them is refused in the end: the message by the run, or the second run.
    assert_eq!((&message["failing"], &message["trials"]), (&200.into(), &200.into()));
    assert_eq!(run["failing"], run["trials"]);
    let taken = at(&["--pick", "generate#1.1/create_run#1/arrives"]);
    assert_eq!(taken["picks_kept"], 12);
    let refused = ["replay", "double-click", "--seed", "6", "--until", "11", "--pick", "nobody"];
    let ran = deadheat(&refused);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("cannot be next after 11 picks"), "{}", ran.stderr);
    let ran = deadheat(&["replay", "double-click", "--seed", "6", "--until", "99"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("the trial has 17 picks"), "{}", ran.stderr);
}

#[test]
fn a_watched_scenario_runs_again_when_it_is_saved() {
    let folder = with_scenario("watch", "double-click", &source("double-click"));
    let mut child = program()
        .current_dir(&folder)
        .args(["run", "double-click", "--trials", "200", "--watch"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // Whatever goes wrong, the test ends.
    let pid = child.id().to_string();
    std::thread::spawn(move || {
        let (_sender, receiver) = std::sync::mpsc::channel::<()>();
        let _ = receiver.recv_timeout(std::time::Duration::from_mins(1));
        Command::new("kill").args(["-9", &pid]).status()
    });
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let mut until = |said: &str| {
        let mut seen = Vec::new();
        for line in lines.by_ref() {
            seen.push(line.unwrap());
            if seen.last().unwrap().contains(said) {
                return;
            }
        }
        panic!("{said} is not in {seen:?}");
    };
    until("double-click  as expected");
    until("conflict");
    let later = source("double-click").replace("80ms..400ms", "3s..4s");
    fs::write(folder.join("scenarios/double-click.toml"), later).unwrap();
    until("double-click  not as expected");
    until("gone from double-click: ");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_parameter_that_is_varied_is_a_curve_on_the_page() {
    let folder = with_scenario("curve", "stress-test", &source("stress-test"));
    let args =
        ["run", "stress-test", "--vary", "workers=1..4", "--trials", "60", "--html", "pages"];
    run(&folder, &args);
    let page = fs::read_to_string(folder.join("pages/index.html")).unwrap();
    assert!(page.contains("right-answer by <code>workers</code>"), "{page}");
}
