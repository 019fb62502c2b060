//! The index, and what happens to folders that cannot be served.

use super::{
    bind, config, film,
    http::{ask, get},
    start,
};
use crate::{StartError, scan::with_causes};
use dashpot_serve::{LogTo, Shutdown};
use std::{fs, path::Path};

#[tokio::test]
async fn the_index_links_every_manifest_and_the_player() {
    let server = start(config(film())).await;
    let page = get(&server, "/").await;
    for form in ["number", "time", "base", "list"] {
        let link = format!("href=\"/vod/film/{form}.mpd\"");
        assert!(page.text().contains(&link), "{link}");
        let play = format!(
            "href=\"http://player.test/?x=1&#38;mpd=http%3A%2F%2Forigin%2Etest%2Fvod%2Ffilm%2F{form}%2Empd\""
        );
        assert!(page.text().contains(&play), "{play}");
    }
    let json: serde_json::Value =
        serde_json::from_slice(&get(&server, "/assets.json").await.body).unwrap();
    let asset = &json["assets"][0];
    assert_eq!(asset["name"], "film");
    assert_eq!(asset["duration_ms"], 24_000);
    assert_eq!(asset["gop_ms"], 2_000);
    assert_eq!(asset["tracks"].as_array().unwrap().len(), 7);
    assert_eq!(asset["subtitles"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_page_that_builds_urls_has_every_option_and_form() {
    use dashpot_packager::{
        Form,
        grammar::{OF, Service, VERSION},
    };
    let server = start(config(film())).await;
    let page = get(&server, "/urlgen").await;
    assert_eq!((page.status, page.field("content-type")), (200, "text/html; charset=utf-8"));
    let text = page.text();
    assert!(text.contains("data-player=\"http://player.test/?x=1\""));
    assert!(text.contains("<option value=\"film\">"));
    for (name, service) in [("live", Service::Live), ("vod", Service::Vod)] {
        for form in Form::of(service) {
            assert!(text.contains(&format!("<option value=\"{name}/{}\">", form.name())));
        }
        for spec in service.options() {
            let input = text.contains(&format!("<input id=\"{name}-{}\"", spec.name));
            assert_eq!(
                input,
                ![VERSION.name, OF.name].contains(&spec.name),
                "{name} {}",
                spec.name
            );
        }
    }
    assert!(get(&server, "/").await.text().contains("href=\"/urlgen\""));
}

#[tokio::test]
async fn without_a_player_the_index_says_how_to_play_each_manifest() {
    let mut config = config(film());
    config.player = None;
    config.manifests = Some(film().join("../manifests"));
    let server = start(config).await;
    let page = get(&server, "/").await;
    assert!(!page.text().contains("class=\"play\""), "{}", page.text());
    let json: serde_json::Value =
        serde_json::from_slice(&get(&server, "/assets.json").await.body).unwrap();
    let by_form = json["assets"][0]["manifests"].as_object().unwrap().values();
    let live = json["assets"][0]["live"].as_object().unwrap().values();
    let by_hand = json["manifests"].as_array().unwrap();
    for path in by_form.chain(live).chain(by_hand) {
        let command =
            format!("<code>dashpot play http://origin.test{}</code>", path.as_str().unwrap());
        assert!(page.text().contains(&command), "{command}: {}", page.text());
    }
}

#[tokio::test]
async fn hostile_names_stay_text_on_the_page() {
    let folder = tempfile::tempdir().unwrap();
    copy_track(folder.path(), "clip");
    let hostile = "{\"title\": \"<script>alert(1)</script>\"}";
    fs::write(folder.path().join("clip/asset.json"), hostile).unwrap();
    let server = start(config(folder.path().to_owned())).await;
    let page = get(&server, "/").await;
    assert!(page.text().contains("&#60;script&#62;"), "{}", page.text());
    assert!(!page.text().contains("<script"), "{}", page.text());
}

#[tokio::test]
async fn manifests_written_by_hand_are_served_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let text = "<MPD xmlns:x=\"urn:x\" x:kept=\"1\"/>\n";
    fs::write(folder.path().join("odd.mpd"), text).unwrap();
    fs::write(folder.path().join("secret.txt"), "no").unwrap();
    let mut config = config(film());
    config.manifests = Some(folder.path().to_owned());
    let server = start(config).await;
    let reply = get(&server, "/manifests/odd.mpd").await;
    assert_eq!((reply.text(), reply.field("content-type")), (text, "application/dash+xml"));
    assert_eq!(get(&server, "/manifests/secret.txt").await.status, 404);
    assert_eq!(get(&server, "/manifests/").await.status, 404);
    assert!(get(&server, "/").await.text().contains("/manifests/odd.mpd"));
}

fn copy_track(folder: &Path, asset: &str) {
    fs::create_dir(folder.join(asset)).unwrap();
    fs::copy(film().join("film/v1.mp4"), folder.join(asset).join("v1.mp4")).unwrap();
}

#[tokio::test]
async fn a_broken_asset_is_left_out_and_the_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    copy_track(folder.path(), "good");
    for (asset, file, bytes) in [
        ("cut", "v1.mp4", &fs::read(film().join("film/v1.mp4")).unwrap()[..100_000]),
        ("not-mp4", "v1.mp4", b"hello world, this is not a film".as_slice()),
        ("empty-file", "v1.mp4", b""),
        ("no-tracks", "readme.txt", b"hello"),
        ("bad-text", "s-en.vtt", b"1\n00:00 --> 00:01\n"),
        ("bad-json", "asset.json", b"{"),
        ("bad name", "v1.mp4", b""),
    ] {
        fs::create_dir(folder.path().join(asset)).unwrap();
        fs::write(folder.path().join(asset).join(file), bytes).unwrap();
    }
    let server = bind(config(folder.path().to_owned())).await.unwrap();
    let names: Vec<_> = server.catalogue().assets().map(|asset| asset.name.clone()).collect();
    assert_eq!(names, ["good"]);
}

#[cfg(unix)]
#[tokio::test]
async fn links_out_of_the_media_folder_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    copy_track(folder.path(), "good");
    std::os::unix::fs::symlink(film().join("film"), folder.path().join("linked")).unwrap();
    fs::create_dir(folder.path().join("file")).unwrap();
    let (real, link) = (film().join("film/v1.mp4"), folder.path().join("file/v1.mp4"));
    std::os::unix::fs::symlink(real, link).unwrap();
    let server = bind(config(folder.path().to_owned())).await.unwrap();
    let names: Vec<_> = server.catalogue().assets().map(|asset| asset.name.clone()).collect();
    assert_eq!(names, ["good"]);
}

#[tokio::test]
async fn without_anything_to_serve_the_error_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = bind(config(folder.path().to_owned())).await.unwrap_err();
    assert!(matches!(nothing, StartError::Nothing { .. }), "{nothing:?}");
    assert!(nothing.to_string().contains("dashpot ingest"), "{nothing}");
    fs::create_dir(folder.path().join("film")).unwrap();
    let broken = bind(config(folder.path().to_owned())).await.unwrap_err();
    assert!(broken.to_string().contains("film: it has no track"), "{broken}");
    let missing = bind(config(folder.path().join("none"))).await.unwrap_err();
    assert!(matches!(missing, StartError::Media { .. }), "{missing:?}");
    let file = bind(config(film().join("film/v1.mp4"))).await.unwrap_err();
    assert!(matches!(file, StartError::Media { .. }), "{file:?}");
    assert!(with_causes(&file).ends_with("it is a file, not a folder"), "{}", with_causes(&file));
}

#[tokio::test]
async fn the_access_log_tells_whole_responses_from_those_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    let mut config = config(film());
    config.access_log = LogTo::File(path.clone());
    let server = bind(config).await.unwrap();
    let (addr, shutdown) = (server.addr(), Shutdown::new());
    let task = tokio::spawn(server.run(shutdown.clone()));
    for path in ["/vod/film/v1/1.m4s?CMCD=bl%3D2000", "/vod/film/number.mpd", "/"] {
        assert_eq!(ask(addr, "GET", path, "").await.status, 200);
    }
    shutdown.begin();
    task.await.unwrap().unwrap();
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "{text}");
    for line in &lines {
        assert_eq!(line["status"], 200, "{line}");
        assert_ne!(line["aborted"], true, "{line}");
        assert!(0 < line["bytes"].as_u64().unwrap(), "{line}");
    }
    assert!(text.contains("2000"), "{text}");
}

#[tokio::test]
async fn a_file_without_an_index_is_served_like_one_with_it() {
    let folder = tempfile::tempdir().unwrap();
    copy_track(folder.path(), "with");
    let bytes = fs::read(film().join("film/v1.mp4")).unwrap();
    let index = bytes.windows(4).position(|four| four == b"sidx").unwrap() - 4;
    let len = u32::from_be_bytes(bytes[index..index + 4].try_into().unwrap());
    let behind = index + usize::try_from(len).unwrap();
    fs::create_dir(folder.path().join("without")).unwrap();
    let without = [&bytes[..index], &bytes[behind..]].concat();
    fs::write(folder.path().join("without/v1.mp4"), without).unwrap();
    let server = start(config(folder.path().to_owned())).await;
    for path in ["v1.mp4", "v1/init.mp4", "v1/12.m4s"] {
        let (one, other) = (
            get(&server, &format!("/vod/with/{path}")).await,
            get(&server, &format!("/vod/without/{path}")).await,
        );
        assert_eq!((one.status, other.status), (200, 200), "{path}");
        assert!(one.body == other.body, "{path}");
    }
    // What was packed in this form is served byte for byte.
    assert!(get(&server, "/vod/with/v1.mp4").await.body == bytes);
}
