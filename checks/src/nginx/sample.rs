//! Configurations in a container of the nginx image, with files that tests provide.

use crate::observation::{Nginx, NginxFile};

/// The relevant part of the image's own main file.
const MAIN: &str = "events { worker_connections 1024; }\nhttp {\n include mime.types;\n include /etc/nginx/conf.d/*.conf;\n}\n";

/// Returns files of `/etc/nginx`, each of which is also in `task6/proxy` of the submission.
pub(crate) fn nginx(files: &[(&str, &str)]) -> Nginx {
    let file = |(name, text): &(&str, &str)| NginxFile {
        path: format!("/etc/nginx/{name}"),
        text: (*text).to_owned(),
        source: Some(format!(
            "task6/proxy/{}",
            name.rsplit('/').next().unwrap_or(name)
        )),
    };
    Nginx {
        service: "proxy".to_owned(),
        main: "/etc/nginx/nginx.conf".to_owned(),
        files: files.iter().map(file).collect(),
        dockerfile: None,
        handed_in: Vec::new(),
    }
}

/// Returns the image's own main file, and the student's `conf.d/default.conf`.
pub(crate) fn site(text: &str) -> Nginx {
    let mut seen = nginx(&[("nginx.conf", MAIN), ("conf.d/default.conf", text)]);
    if let Some(main) = seen.files.first_mut() {
        main.source = None;
    }
    seen
}
