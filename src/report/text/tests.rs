use std::net::IpAddr;

use softy_checks::Status;
use softy_checks::model::{Language, Text};
use softy_checks::observation::{Circumstances, Connection, Volley};
use unicode_width::UnicodeWidthStr;

use super::{Page, render, render_measurement};
use crate::report::Report;
use crate::report::sample::{
    MISTAKE, NOT_ASKED, after, bare, failed, held, hostile, not_graded, note, report, sandbox,
    shown, volley, with_colours, without_colours,
};

fn english(report: &Report, columns: usize) -> String {
    without_colours(|| render(report, &Page::new(Language::English, columns)))
}

fn french(report: &Report, columns: usize) -> String {
    without_colours(|| render(report, &Page::new(Language::French, columns)))
}

/// Returns a report in which only advice failed, with a note and both volleys.
fn passing() -> Report {
    let mut report = report([
        Status::Passed,
        Status::Passed,
        Status::Passed,
        failed(bare()),
    ]);
    report.verdicts[0].notes.push(note());
    let volleys = [volley(&[1, 2], 20, 2), volley(&[2, 5, 1, 4, 3], 20, 5)];
    report.observation.volleys = volleys.map(counted).to_vec();
    report.observation.circumstances = vec![met(2), met(5)];
    report
}

/// Sets the bytes that each replica of the volley received.
fn counted(volley: Volley) -> Volley {
    let each = 1300 * volley.sequence.len() as u64 / u64::from(volley.replicas);
    let received = (1..=volley.replicas).map(|_| each).collect();
    Volley { received, ..volley }
}

/// Returns the circumstances of a proxy with two workers whose DNS answer has all replicas, the last one first.
fn met(replicas: u32) -> Circumstances {
    let addresses = (2..).map(|last| IpAddr::from([172, 19, 0, last]));
    let addresses: Vec<IpAddr> = addresses.take(replicas as usize).collect();
    Circumstances {
        replicas,
        addresses: addresses.iter().map(|address| vec![*address]).collect(),
        resolved: Some(addresses.into_iter().rev().collect()),
        workers: Some(2),
    }
}

/// Returns a report with two failed checks, one with two mistakes, and a volley with a wrong and an unattributed answer.
fn failing() -> Report {
    let twice = Status::Failed {
        finding: Box::new(bare().at(shown().place)),
        others: vec![bare()],
    };
    let mut report = report([twice, Status::Passed, failed(shown()), NOT_ASKED]);
    let mut fresh = volley(&[1, 2, 0, 1], 1, 2);
    fresh.unanswered = vec![2];
    fresh.connection = Connection::Fresh;
    report.observation.volleys = vec![fresh];
    report
}

/// Returns a report in which the first check failed and another is skipped because of it.
fn skipping() -> Report {
    report([
        failed(bare()),
        Status::Passed,
        after("answer-command"),
        Status::Passed,
    ])
}

/// Returns a report of a hostile submission, with a fault of the checker.
fn troubled() -> Report {
    report([
        failed(hostile()),
        Status::Passed,
        not_graded(),
        not_graded(),
    ])
}

#[test]
fn a_pass_shows_the_rotation() {
    let expected = r"
task6 · ./student

✓ 20/20  the file says how to start two servers
         · the file has other lines [other-lines]
✓        nothing is refused
✓ 20/20  requests take turns between the two API servers
✗        the site is served
         `backend` is scaled [other-service]
         → which service does the exercise scale?

which API container answered
  2 replicas  1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2
              (40 requests, one connection; repeats every 2 requests; logs and traffic agree)
  5 replicas  2 5 1 4 3 2 5 1 4 3 2 5 1 4 3 2 5 1 4 3 2 5 1 4 3 2 5 1 4 3 2 5 1 4 3 2 5 1 4 3 2 5 …
              (100 requests, one connection; repeats every 5 requests; logs and traffic agree)
  proxy       2 workers (nginx’s processes), each with its own rotation; a connection stays with one
              its DNS has 2, then 5 addresses for `back-end`: one a replica
  by hand     docker-compose up --scale back-end=2
              curl -s 'http://localhost/api/hello?try=[1-6]'
              docker-compose logs back-end | grep try=

40/40  12.3 s
everything that is worth points passed
";
    assert_eq!(format!("\n{}", english(&passing(), 100)), expected);
}

#[test]
fn an_image_that_was_taken_instead_is_said_above_everything() {
    let mut report = passing();
    report.observation.sandbox = Some(sandbox());
    let lines = |text: String| text.lines().take(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        lines(english(&report, 80)),
        [
            "task6 · ./student",
            "with `ubuntu:22.04` instead of `ubuntu:latest`, as `--base` asks",
            ""
        ]
    );
    assert_eq!(
        lines(french(&report, 80))[1],
        "avec `ubuntu:22.04` à la place de `ubuntu:latest`, comme le demande `--base`"
    );
}

#[test]
fn a_pass_in_french() {
    let expected = r"
task6 · ./student

✓ 20/20  le fichier dit comment lancer deux serveurs
         · le fichier a d’autres lignes [other-lines]
✓        rien n’est refusé
✓ 20/20  les requêtes vont tour à tour aux deux serveurs API
✗        le site est servi
         c’est `backend` qui est multiplié [other-service]
         → quel service l’exercice multiplie-t-il ?

quel conteneur d’API a répondu
  2 répliques  1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 …
               (40 requêtes, une connexion ; se répète toutes les 2 requêtes ;
               journaux et trafic d’accord)
  5 répliques  2 5 1 4 3 2 5 1 4 3 2 5 1 4 3 2 5 1 4 3 2 5 1 4 3 2 5 1 4 3 2 5 …
               (100 requêtes, une connexion ; se répète toutes les 5 requêtes ;
               journaux et trafic d’accord)
  proxy        2 workers (processus de nginx), chacun avec sa rotation ; une
               connexion reste chez un seul
               son DNS a 2, puis 5 adresses pour `back-end` : une par réplique
  à la main    docker-compose up --scale back-end=2
               curl -s 'http://localhost/api/hello?try=[1-6]'
               docker-compose logs back-end | grep try=

40/40  12,3 s
tout ce qui vaut des points est réussi
";
    assert_eq!(format!("\n{}", french(&passing(), 80)), expected);
}

#[test]
fn a_held_replica_is_shown_where_it_tells_something() {
    let mut report = passing();
    report.observation.held = Some(held(1, 15));
    let passed_by = "\n  5 replicas  one of them kept from answering: 1 request waited for it, 15 in a row passed it by\n";
    assert!(english(&report, 100).contains(passed_by));
    let evitee = "\n  5 répliques  l’une d’elles empêchée de répondre : 1 requête l’a attendue, 15 de suite l’ont évitée\n";
    assert!(french(&report, 100).contains(evitee));
    report.observation.held = Some(held(3, 0));
    let waited = "\n  5 replicas  one of them kept from answering: 3 requests waited for it\n";
    assert!(english(&report, 100).contains(waited));
    report.observation.held = Some(held(1, 14));
    assert_eq!(english(&report, 100), english(&passing(), 100));
}

#[test]
fn a_failure_shows_what_differs_and_where() {
    let expected = r"
task6 · ./student

✗  0/20  the file says how to start two servers
         `backend` is scaled [other-service]
         --> task6/2-api-servers.txt:12:12
         12 │ up --scale backend=2
            │            ^^^^^^^
         → which service does the exercise scale?
         also: `backend` is scaled [other-service]
✓        nothing is refused
✗  0/20  requests take turns between the two API servers
         `backend` is scaled [other-service]
         expected  up --scale back-end=2
         found     up --scale backend=2
                              ^^^^^^^
         --> task6/2-api-servers.txt:12:12
         back-end-2 │ Traceback:
         back-end-2 │   KeyError
         proxy      │ start worker process 27
         → which service does the exercise scale?
–        the site is served (not asked for)

which API container answered
  2 replicas  1 ✗ ? 1
              (4 requests, a new connection each; ✗ no right answer; ? received
              by no replica; by the logs)

0/40  12.3 s
fix `answer-command` first – `backend` is scaled
then `round-robin`
";
    assert_eq!(format!("\n{}", english(&failing(), 80)), expected);
}

#[test]
fn a_narrow_french_failure_is_wrapped() {
    let expected = r"
task6 · ./student

✗  0/20  le fichier dit comment lancer
         deux serveurs
         c’est `backend` qui est
         multiplié [other-service]
         --> task6/2-api-servers.txt:12:
             12
         12 │ up --scale backend=2
            │            ^^^^^^^
         → quel service l’exercice
           multiplie-t-il ?
         aussi : c’est `backend` qui est
         multiplié [other-service]
✓        rien n’est refusé
✗  0/20  les requêtes vont tour à tour
         aux deux serveurs API
         c’est `backend` qui est
         multiplié [other-service]
         attendu  up --scale back-end=2
         trouvé   up --scale backend=2
                             ^^^^^^^
         --> task6/2-api-servers.txt:12:
             12
         back-end-2 │ Traceback:
         back-end-2 │   KeyError
         proxy      │ start worker proce
         proxy      │ ss 27
         → quel service l’exercice
           multiplie-t-il ?
–        le site est servi (non demandé)

quel conteneur d’API a répondu
  2 répliques  1 ✗ ? 1
               (4 requêtes, une nouvelle
               connexion chacune ; ✗
               sans bonne réponse ; ?
               reçue par aucune
               réplique ; d’après les
               journaux)

0/40  12,3 s
corrigez d’abord `answer-command` –
c’est `backend` qui est multiplié
ensuite `round-robin`
";
    assert_eq!(format!("\n{}", french(&failing(), 40)), expected);
}

#[test]
fn a_skipped_check_names_the_one_that_failed() {
    let expected = r"
task6 · ./student

✗  0/20  the file says how to start two
         servers
         `backend` is scaled
         [other-service]
         → which service does the
           exercise scale?
✓        nothing is refused
–  0/20  requests take turns between the
         two API servers (skipped
         because `answer-command` did
         not pass)
✓        the site is served

0/40  12.3 s
fix `answer-command` first – `backend`
is scaled
";
    assert_eq!(format!("\n{}", english(&skipping(), 40)), expected);
}

#[test]
fn a_skipped_check_in_french() {
    let expected = r"
task6 · ./student

✗  0/20  le fichier dit comment lancer deux serveurs
         c’est `backend` qui est multiplié [other-service]
         → quel service l’exercice multiplie-t-il ?
✓        rien n’est refusé
–  0/20  les requêtes vont tour à tour aux deux serveurs API (non jugé, car
         `answer-command` n’est pas réussi)
✓        le site est servi

0/40  12,3 s
corrigez d’abord `answer-command` – c’est `backend` qui est multiplié
";
    assert_eq!(format!("\n{}", french(&skipping(), 80)), expected);
}

#[test]
fn trouble_is_told_once_and_hostile_text_is_harmless() {
    let expected = r"
task6 · ./student

✗  0/20  the file says how to start two servers
         \x1b[2J\u{202e}x\ny\u{9b}1m [other-service]
         expected  up
         found     \x1b[2J\u{202e}x\ny\u{9b}1m
                   ^^^^
         --> \x1b[2J\u{202e}x\ny\u{9b}1m:4294967295:0
         \x1b[2J\u{202e}x\ny\u{9b}1m │ \x1b[2J\u{202e}x\ny\u{9b}1m
         → which service does the exercise scale?
✓        nothing is refused
?  ?/20  requests take turns between the two API servers (not graded)
         the Docker engine could not do its part
         │ connection refused\x1b[2J
         → see that `docker version` answers, then run the same command again;
           `--no-stack` grades what needs no engine
?        the site is served (not graded)

? could not be graded  12.3 s
the Docker engine could not do its part; this is not a score of zero
fix `answer-command` first – \x1b[2J\u{202e}x\ny\u{9b}1m
";
    assert_eq!(format!("\n{}", english(&troubled(), 80)), expected);
}

#[test]
fn trouble_in_french() {
    let expected = r"
task6 · ./student

✗  0/20  le fichier dit comment lancer deux serveurs
         \x1b[2J\u{202e}x\ny\u{9b}1m [other-service]
         attendu  up
         trouvé   \x1b[2J\u{202e}x\ny\u{9b}1m
                  ^^^^
         --> \x1b[2J\u{202e}x\ny\u{9b}1m:4294967295:0
         \x1b[2J\u{202e}x\ny\u{9b}1m │ \x1b[2J\u{202e}x\ny\u{9b}1m
         → quel service l’exercice multiplie-t-il ?
✓        rien n’est refusé
?  ?/20  les requêtes vont tour à tour aux deux serveurs API (non noté)
         le moteur Docker n’a pas pu faire sa part
         │ connection refused\x1b[2J
         → vérifiez que `docker version` répond, puis relancez la même
           commande ; `--no-stack` note ce qui n’a pas besoin de moteur
?        le site est servi (non noté)

? impossible à noter  12,3 s
le moteur Docker n’a pas pu faire sa part ; ce n’est pas une note de zéro
corrigez d’abord `answer-command` – \x1b[2J\u{202e}x\ny\u{9b}1m
";
    assert_eq!(format!("\n{}", french(&troubled(), 80)), expected);
}

#[test]
fn nothing_judged_is_no_grade() {
    let expected = r"
task6 · ./student

–  –/40  `answer-command`, `compose-safe`, `round-robin`, `front-page` (not
         asked for)

? could not be graded  12.3 s
nothing was judged
";
    assert_eq!(
        format!("\n{}", english(&troubled().only(&[]), 80)),
        expected
    );
}

#[test]
fn a_consequence_says_so_and_only_causes_are_to_be_mended() {
    let expected = "
✗  0/20  the file says how to start two servers
         `backend` is scaled [other-service]
         → which service does the exercise scale?
         as a consequence: `backend` is scaled [other-service]
✓        nothing is refused
✗  0/20  requests take turns between the two API servers
         `backend` is scaled [other-service]
         → which service does the exercise scale?
✗        the site is served
         as a consequence: `backend` is scaled [other-service]

0/40  12.3 s
fix `answer-command` first – `backend` is scaled
then `round-robin`
";
    let twice = Status::Failed {
        finding: Box::new(bare()),
        others: vec![bare().following()],
    };
    let report = report([
        twice,
        Status::Passed,
        failed(bare()),
        failed(bare().following()),
    ]);
    assert!(english(&report, 80).ends_with(expected));
    let french = french(&report, 80);
    assert!(french.contains("par conséquent : c’est `backend` qui est multiplié"));
    assert!(french.ends_with("\nensuite `round-robin`\n"));
}

#[test]
fn what_the_proxy_does_not_find_is_told() {
    let mut report = passing();
    let address = |last: u8| IpAddr::from([172, 19, 0, last]);
    report.observation.circumstances[0].resolved = Some(vec![address(2), address(9)]);
    report.observation.circumstances[1].resolved = Some(Vec::new());
    let text = english(&report, 80);
    assert!(text.contains(
        "
              with 2 replicas, its DNS has for `back-end`: 172.19.0.2 (replica
              1), 172.19.0.9 (no replica)
              with 5 replicas, its DNS has no address for `back-end`
"
    ));
}

#[test]
fn what_cannot_be_told_is_left_out() {
    let mut report = passing();
    for met in &mut report.observation.circumstances {
        met.resolved = None;
        met.workers = None;
    }
    let text = english(&report, 80);
    assert!(!text.contains("DNS"));
    assert!(text.contains("  proxy       where a proxy has workers, each has its own rotation; a"));
}

#[test]
fn verbose_tells_where_replicas_were_and_what_they_received() {
    let expected = "
measurement: where each replica was, and what it received
· 2 replicas: 1 at 172.19.0.2 (26000 bytes), 2 at 172.19.0.3 (26000 bytes); for
  the proxy, `back-end` is 172.19.0.3 + 172.19.0.2
";
    let mut report = passing();
    report.observation.circumstances.truncate(1);
    let text = render_measurement(&report, &Page::new(Language::English, 80));
    assert_eq!(format!("\n{text}"), expected);
    report.observation.circumstances.clear();
    assert_eq!(
        render_measurement(&report, &Page::new(Language::English, 80)),
        ""
    );
}

#[test]
fn what_was_asked_for_is_all_that_counts() {
    let expected = r"
task6 · ./student

✓ 20/20  the file says how to start two servers
         · the file has other lines [other-lines]
–  –/20  `compose-safe`, `round-robin`, `front-page` (not asked for)

which API container answered
  2 replicas  1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 …
              (40 requests, one connection; repeats every 2 requests; logs and
              traffic agree)
  5 replicas  2 5 1 4 3 2 5 1 4 3 2 5 1 4 3 2 5 1 4 3 2 5 1 4 3 2 5 1 4 3 2 5 …
              (100 requests, one connection; repeats every 5 requests; logs and
              traffic agree)
  proxy       2 workers (nginx’s processes), each with its own rotation; a
              connection stays with one
              its DNS has 2, then 5 addresses for `back-end`: one a replica
  by hand     docker-compose up --scale back-end=2
              curl -s 'http://localhost/api/hello?try=[1-6]'
              docker-compose logs back-end | grep try=

20/20  12.3 s
everything that was asked for passed
";
    assert_eq!(
        format!("\n{}", english(&passing().only(&["answer-command"]), 80)),
        expected
    );
}

#[test]
fn of_a_long_log_the_last_lines_are_shown() {
    let mut finding = shown();
    finding.evidence[0].lines = (1..=25).map(|line| format!("line {line}")).collect();
    let text = english(
        &report([
            failed(finding),
            Status::Passed,
            Status::Passed,
            Status::Passed,
        ]),
        80,
    );
    assert!(text.contains("back-end-2 │ … (17 earlier lines)\n         back-end-2 │ line 18\n"));
    assert!(text.contains("back-end-2 │ line 25\n"));
}

#[test]
fn colours_add_nothing_that_must_be_read() {
    let coloured = with_colours(|| render(&failing(), &Page::new(Language::English, 80)));
    let mut plain = String::new();
    for (index, part) in coloured.split('\x1b').enumerate() {
        let shown = if index == 0 {
            part
        } else {
            part.split_once('m').map_or("", |(_, shown)| shown)
        };
        plain.push_str(shown);
    }
    assert_ne!(coloured, plain);
    assert_eq!(plain, english(&failing(), 80));
}

#[test]
fn no_line_is_wider_than_the_page() {
    for columns in [40, 60, 80, 100] {
        for report in [passing(), failing(), skipping(), troubled()] {
            let measurement = without_colours(|| {
                [Language::English, Language::French]
                    .map(|language| render_measurement(&report, &Page::new(language, columns)))
                    .concat()
            });
            for text in [
                english(&report, columns),
                french(&report, columns),
                measurement,
            ] {
                let widest = text.lines().map(|line| line.width()).max();
                assert!(widest <= Some(columns), "{text}");
            }
        }
    }
}

#[test]
fn mistakes_beyond_the_tenth_are_counted() {
    let mut report = failing();
    report.verdicts[0].status = Status::Failed {
        finding: Box::new(bare()),
        others: vec![MISTAKE.finding(Text::fixed("again", "encore")); 13],
    };
    let text = english(&report, 80);
    assert_eq!(text.matches("also: again").count(), 10);
    assert!(text.contains("         … and 3 more\n"));
}

#[test]
fn what_is_read_aloud_has_words_for_signs_and_a_line_for_each_sentence() {
    let text = without_colours(|| render(&failing(), &Page::plain(Language::English)));
    for sign in ["✓", "✗", "→", "│", "^", "-->", "\u{1b}"] {
        assert!(!text.contains(sign), "{sign}\n{text}");
    }
    let expected = "\
task6 · ./student

failed, 0 of 20 points: the file says how to start two servers
`backend` is scaled [other-service]
at task6/2-api-servers.txt:12:12
line 12: up --scale backend=2
what is meant begins at character 12: backend
hint: which service does the exercise scale?
also: `backend` is scaled [other-service]
passed: nothing is refused
failed, 0 of 20 points: requests take turns between the two API servers
`backend` is scaled [other-service]
expected: up --scale back-end=2
found: up --scale backend=2
what is meant begins at character 12: backend
at task6/2-api-servers.txt:12:12
back-end-2: Traceback:
back-end-2:   KeyError
proxy: start worker process 27
hint: which service does the exercise scale?
not judged: the site is served (not asked for)

which API container answered
2 replicas: 1 wrong unknown 1 (4 requests, a new connection each; wrong: no right answer; unknown: received by no replica; by the logs)

0/40  12.3 s
fix `answer-command` first – `backend` is scaled
then `round-robin`
";
    assert_eq!(text, expected);
}
